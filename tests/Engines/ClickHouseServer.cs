using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Engines;

/// <summary>A ClickHouse server.</summary>
public sealed class ClickHouseServer : Engine
{
    /// <summary>The user with every right and no password.</summary>
    public const string Administrator = "default";

    /// <summary>The user that loads: every right on the database `warehouse`; its password is its name.</summary>
    public const string Loader = "etl";

    /// <summary>The user that reads: SELECT only, settings may be changed; its password is its name.</summary>
    public const string Reader = "reports";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(100) };
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);
    private readonly ClickHouseConfig _config;
    private readonly string _library;
    private PortReservation _http = PortReservation.Take();
    private PortReservation _tcp = PortReservation.Take();

    internal ClickHouseServer(string library, string folder, string logPath, ClickHouseConfig config)
        : base("ClickHouse", folder, logPath)
    {
        _library = library;
        _config = config;
    }

    /// <summary>The port of its HTTP interface on 127.0.0.1.</summary>
    public override int Port => _http.Port;

    /// <summary>The port of its native protocol on 127.0.0.1, which other ClickHouse servers use.</summary>
    public int TcpPort => _tcp.Port;

    /// <summary>The folder that its backups of the form <c>File('name')</c> are in.</summary>
    public string Backups => _config.Backups;

    /// <summary>The address of its HTTP interface.</summary>
    public string Url => $"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Runs one statement and returns what the server writes, by default tab-separated rows.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="token">Cancels the request, not the statement.</param>
    /// <param name="user">One of the constants of this class.</param>
    /// <param name="database">The database of unqualified names.</param>
    /// <exception cref="EngineException">The server refused it; the message is the server's.</exception>
    /// <exception cref="HttpRequestException">The server can't be reached.</exception>
    public async Task<string> ExecuteAsync(string sql, CancellationToken token, string user = Administrator, string database = "default")
    {
        var password = user == Administrator ? "" : user;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/?database={Uri.EscapeDataString(database)}");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))
        );
        // A connection that is kept open would delay the server's end.
        request.Headers.ConnectionClose = true;
        request.Content = new StringContent(sql);
        using var response = await Http.SendAsync(request, token);
        var text = await response.Content.ReadAsStringAsync(token);
        return response.IsSuccessStatusCode ? text : throw new EngineException(text.TrimEnd());
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _http.Dispose();
        _tcp.Dispose();
    }

    internal void ChangePorts()
    {
        _http.Dispose();
        _tcp.Dispose();
        _http = PortReservation.Take();
        _tcp = PortReservation.Take();
    }

    // What is wrong with a configuration is said before the log is opened.
    private protected override string Tail => $"it wrote:{LogTail.Of(OutputPath)}{Environment.NewLine}{base.Tail}";

    private string OutputPath => Path.ChangeExtension(LogPath, ".out.log");

    private protected override ServerProcess Launch()
    {
        var file = _config.Write(Port, TcpPort, LogPath);
        var program = typeof(ClickHouseServer).Assembly.Location;
        return ServerProcess.StartDirect([DotnetHost, program, "clickhouse", _library, file, _config.Data], _config.Folder, OutputPath);
    }

    private protected override async Task<bool> IsReadyAsync(CancellationToken token)
    {
        // Another program may have taken the port in the last moment, and be a ClickHouse too.
        var path = await ExecuteAsync("SELECT value FROM system.server_settings WHERE name = 'path'", token).WaitAsync(AnswerLimit, token);
        return path.TrimEnd('\n', '/') == _config.Data;
    }

    private protected override async Task StopAsync(ServerProcess process, CancellationToken token)
    {
        try
        {
            await ExecuteAsync("SYSTEM FLUSH ASYNC INSERT QUEUE", token).WaitAsync(AnswerLimit, token);
        }
        catch (Exception fault) when (fault is EngineException or HttpRequestException or TimeoutException)
        {
            // A server that can't flush is stopped all the same.
        }

        process.CloseInput();
        await process.WaitForExitAsync(StopLimit, token);
    }

    /// <summary>The dotnet of the runtime that runs this; `dotnet` need not be on the path.</summary>
    internal static string DotnetHost =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));
}
