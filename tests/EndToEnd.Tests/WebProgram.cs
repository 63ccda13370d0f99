using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engines;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// A warehouse with a few rows, some reports of the tests' own beside the project's, and <c>reports serve</c> as people start it.
/// </summary>
public sealed class WebProgram(EnginesFixture engines) : IAsyncLifetime
{
    private readonly ReportsProgram _reports = new(engines);
    private WebSite? _site;

    /// <summary>A server with the defaults: everyone on this machine is an analyst.</summary>
    internal WebSite Site => _site ?? throw new InvalidOperationException("The fixture isn't started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await _reports.InitializeAsync();
        MakeRoot();
        _site = await ServeAsync(("Web__PatienceSeconds", "0.5"));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_site?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _reports.DisposeAsync();
    }

    /// <summary>Another server, with these settings besides.</summary>
    internal async Task<WebSite> ServeAsync(params (string Name, string Value)[] settings) =>
        await WebSite.StartAsync(_reports.Start(["serve", "--port", "0"], [("WAREHOUSE_ROOT", Root), .. settings]));

    /// <summary>Runs the server where it ends by itself; fails where it doesn't.</summary>
    internal async Task<(int Code, string Output, string Errors)> RunAsync(int port, params (string Name, string Value)[] settings)
    {
        using var process = _reports.Start(
            ["serve", "--port", port.ToString(CultureInfo.InvariantCulture)],
            [("WAREHOUSE_ROOT", Root), .. settings]
        );
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var stop = patience.Token.Register(process.Kill);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, await output, errors);
    }

    /// <summary>The settings of a token.</summary>
    internal static (string, string)[] Token(int number, string name, string role, string text) =>
        [
            ($"Web__Tokens__{number}__Name", name),
            ($"Web__Tokens__{number}__Role", role),
            ($"Web__Tokens__{number}__Sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))),
        ];

    /// <summary>The warehouse, to be written to and looked into.</summary>
    internal ClickHouseClient Client() => _reports.Client();

    /// <summary>How many queries whose text holds <paramref name="mark"/> the warehouse has run, and runs.</summary>
    internal async Task<int> QueriesAsync(string mark)
    {
        using var client = Client();
        await client.ExecuteAsync("SYSTEM FLUSH LOGS", TestContext.Current.CancellationToken);
        var answer = await client.QueryAsync(
            "SELECT toInt32(count()) FROM system.query_log WHERE type = 'QueryStart' AND query_kind = 'Select' AND current_database = {database:String} AND position(query, {mark:String}) > 0 AND position(query, 'query_log') = 0",
            TestContext.Current.CancellationToken,
            QueryOptions.With(("database", client.Database), ("mark", mark))
        );
        return answer.Scalar.GetInt32();
    }

    /// <summary>Whether the warehouse runs a query whose text holds <paramref name="mark"/> now.</summary>
    internal async Task<bool> IsRunningAsync(string mark)
    {
        using var client = Client();
        var answer = await client.QueryAsync(
            "SELECT toInt32(count()) FROM system.processes WHERE current_database = {database:String} AND position(query, {mark:String}) > 0 AND position(query, 'system.processes') = 0",
            TestContext.Current.CancellationToken,
            QueryOptions.With(("database", client.Database), ("mark", mark))
        );
        return answer.Scalar.GetInt32() > 0;
    }

    private string Root => Path.Combine(_reports.Folder, "root");

    // The project, with a folder of reports more.
    private void MakeRoot()
    {
        var own = Directory.CreateDirectory(Path.Combine(Root, "reports", "definitions", "web")).FullName;
        ProjectCopy.Link(Root, "reports/definitions/fuel");
        // Digests of the tests' own, in place of the project's.
        Directory.Delete(Path.Combine(Root, "reports", "digests"));

        File.WriteAllText(
            Path.Combine(own, "slow.sql"),
            """
            /*---
            title: A slow one
            asks: How long does it take?
            params:
              tenths: {type: Int32, default: 300, is: tenths of a second}
              mark: {type: String, default: '', is: what tells one run from another}
            ---*/
            SELECT number AS n, sleepEachRow(0.1) AS s, {mark:String} AS mark
            FROM numbers(1000)
            WHERE number < {tenths:Int32}
            SETTINGS max_block_size = 1
            """
        );
        File.WriteAllText(
            Path.Combine(own, "many.sql"),
            """
            /*---
            title: Many rows
            asks: Which numbers are there?
            params:
              n: {type: Int32, default: 10, is: how many}
            ---*/
            SELECT number AS n
            FROM numbers(100000)
            WHERE number < {n:Int32}
            ORDER BY n
            """
        );
        File.WriteAllText(
            Path.Combine(own, "fails.sql"),
            """
            /*---
            title: A failing one
            asks: What happens?
            ---*/
            SELECT throwIf(number = 3, 'the fault of this report') AS n
            FROM numbers(10)
            """
        );
        File.WriteAllText(
            Path.Combine(own, "installations.sql"),
            """
            /*---
            title: How many there are
            asks: How many installations are there?
            ---*/
            SELECT count() AS installations
            FROM fuel_installation
            """
        );
        var digests = Directory.CreateDirectory(Path.Combine(Root, "reports", "digests")).FullName;
        File.WriteAllText(
            Path.Combine(digests, "board.yaml"),
            """
            title: Of the tests
            reports:
              - {report: fuel/os-distribution, rows: 1}
              - {report: web/installations}
              - {report: web/fails}
              - {report: fuel/deployment-time, params: {from: month-1, to: month}}
              - {report: fuel/failures-before-success}
            """
        );
        File.WriteAllText(Path.Combine(digests, "faulty.yaml"), "title: Of a report that there isn't\nreports: [{report: fuel/none}]\n");
        File.WriteAllText(
            Path.Combine(digests, "slow.yaml"),
            "title: Slow\nreports: [{report: web/slow, params: {tenths: '20'}}, {report: web/installations}]\n"
        );
        foreach (var (name, minGroup) in new[] { ("groups", 5), ("tiny", 1000) })
        {
            File.WriteAllText(
                Path.Combine(own, name + ".sql"),
                $$"""
                /*---
                title: Groups ({{name}})
                asks: How large are groups?
                params:
                  more: {type: Int32, default: 0, is: more sites in each}
                public: {group: name, sites: sites, min_group: {{minGroup}}, add: [nodes]}
                chart: {type: bar, x: name, y: nodes}
                ---*/
                SELECT arrayElement(['big', 'middle', 'small', 'rare'], number + 1) AS name, arrayElement([20, 7, 4, 1], number + 1) + {more:Int32} AS sites, arrayElement([100, 50, 9, 3], number + 1) AS nodes, 1.5 AS average
                FROM numbers(4)
                ORDER BY sites DESC
                """
            );
        }
    }
}

/// <summary>A running server.</summary>
internal sealed class WebSite : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private WebSite(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient(
            new HttpClientHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
            }
        )
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>A client of it.</summary>
    public HttpClient Http { get; }

    /// <summary>What it wrote to stderr.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Waits until the process says where it listens.</summary>
    public static async Task<WebSite> StartAsync(Process process)
    {
        var said = new StringBuilder();
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            said.AppendLine(line);
            if (line.StartsWith("serving at ", StringComparison.Ordinal))
            {
                var site = new WebSite(process, new Uri(line.Split(' ')[2].TrimEnd(',')));
                _ = site.ReadLogAsync();
                return site;
            }
        }

        throw new InvalidOperationException($"the server didn't start: {said}");
    }

    /// <summary>Asks it.</summary>
    public Task<HttpResponseMessage> GetAsync(string address, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, address, headers);

    /// <summary>Asks it.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string address,
        (string Name, string Value)[] headers,
        HttpContent? content = null
    )
    {
        using var request = new HttpRequestMessage(method, address) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Its answer's status and JSON.</summary>
    public async Task<(int Status, JsonElement Json)> JsonAsync(string address, params (string Name, string Value)[] headers)
    {
        using var response = await GetAsync(address, headers);
        return (
            (int)response.StatusCode,
            JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement
        );
    }

    /// <summary>Its answer's text, where it is 200.</summary>
    public async Task<string> TextAsync(string address, params (string Name, string Value)[] headers)
    {
        using var response = await GetAsync(address, headers);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)response.StatusCode == 200, $"{(int)response.StatusCode} {text}");
        return text;
    }

    /// <summary>Asks it to stop, as an operator does; returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        Http.Dispose();
        _process.Dispose();
    }

    private async Task ReadLogAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_log)
            {
                _log.AppendLine(line);
            }
        }
    }
}
