using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ClickHouse.Driver.ADO;
using WarehouseSql.Definitions;
using Driver = ClickHouse.Driver.ClickHouseClient;
using DriverOptions = ClickHouse.Driver.QueryOptions;

namespace WarehouseSql.ClickHouse;

/// <summary>One ClickHouse node over HTTP: ClickHouse.Driver, and what it lacks. Safe for many threads.</summary>
/// <remarks>
/// A result is whole or an error: a failure after HTTP 200 was sent surfaces as <see cref="WarehouseException"/>, never as a
/// short result. Cancelling a call kills its statement on the server.
/// </remarks>
public sealed class ClickHouseClient : IDisposable
{
    private readonly HttpClient http;
    private readonly Driver driver;
    private readonly WarehouseOptions options;
    private readonly bool remote;

    /// <summary>A client of the node at <paramref name="url"/>, with the account and database of <paramref name="options"/>.</summary>
    public ClickHouseClient(WarehouseOptions options, Uri? url = null)
    {
        this.options = options;
        Url = url ?? options.Nodes[0];
        // Compression pays over a network and only costs on one machine.
        remote = !Url.IsLoopback;
        http = new HttpClient(
            new WholeAnswers(
                new SocketsHttpHandler
                {
                    ConnectTimeout = TimeSpan.FromSeconds(10),
                    AutomaticDecompression = remote ? DecompressionMethods.GZip : DecompressionMethods.None,
                    PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
                    UseProxy = remote,
                    // An account's name or password may hold any character.
                    RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
                }
            )
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        driver = new Driver(
            new ClickHouseClientSettings
            {
                Protocol = Url.Scheme,
                Host = Url.Host,
                Port = (ushort)Url.Port,
                Path = Url.AbsolutePath,
                Database = options.Database,
                UseCompression = remote,
                JsonReadMode = global::ClickHouse.Driver.JsonReadMode.None,
                JsonWriteMode = global::ClickHouse.Driver.JsonWriteMode.None,
                CustomHeaders = WholeAnswers.Account(options),
                CustomSettings = new Dictionary<string, object> { ["cancel_http_readonly_queries_on_client_close"] = "1" },
                HttpClient = http,
            }
        );
    }

    /// <summary>A client of each node, in the warehouse's order.</summary>
    public static IReadOnlyList<ClickHouseClient> OfNodes(WarehouseOptions options) =>
        [.. options.Nodes.Select(url => new ClickHouseClient(options, url))];

    /// <summary>The node's address.</summary>
    public Uri Url { get; }

    /// <summary>The database that unqualified names are looked up in.</summary>
    public string Database => options.Database;

    /// <summary>How many nodes the warehouse has.</summary>
    public int Nodes => options.Nodes.Count;

    /// <summary>Their addresses, in the warehouse's order.</summary>
    public IReadOnlyList<Uri> NodeUrls => options.Nodes;

    /// <summary>The same node and account with another database; an empty name: the account's default one.</summary>
    public ClickHouseClient WithDatabase(string database) => new(options with { Database = database }, Url);

    /// <summary>Runs a statement that has no result.</summary>
    /// <exception cref="WarehouseException">It failed, took too long, or the node wasn't reached.</exception>
    public Task ExecuteAsync(string sql, CancellationToken token, QueryOptions? query = null) =>
        CopyToAsync(sql, "TabSeparated", Stream.Null, token, query);

    /// <summary>Whether the account has a right, such as <c>INSERT ON warehouse.etl_run</c>.</summary>
    /// <exception cref="WarehouseException">The node failed or wasn't reached.</exception>
    public async Task<bool> MayAsync(string right, CancellationToken token) =>
        (await QueryAsync($"CHECK GRANT {right}", token)).Scalar.ToString() is "1" or "true";

    /// <summary>Runs a SELECT whose result is small, and returns it whole.</summary>
    /// <exception cref="WarehouseException">It failed, took too long, or the node wasn't reached.</exception>
    public async Task<ResultTable> QueryAsync(string sql, CancellationToken token, QueryOptions? query = null)
    {
        using var lines = new MemoryStream();
        await CopyToAsync(sql, ResultTable.Format, lines, token, query);
        try
        {
            return ResultTable.Parse(lines.GetBuffer().AsMemory(0, (int)lines.Length));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WarehouseException(
                $"the answer from {Url.Scheme}://{Url.Authority} is not what ClickHouse sends — check that Warehouse__Url is the HTTP address of a ClickHouse server",
                e
            );
        }
    }

    /// <summary>Runs a SELECT and copies its result, as the server formats it, to <paramref name="target"/> in flat memory.</summary>
    /// <exception cref="WarehouseException">It failed, also in the middle of the result (then part of it was written).</exception>
    public Task CopyToAsync(string sql, string format, Stream target, CancellationToken token, QueryOptions? query = null) =>
        RunAsync(
            sql,
            format,
            query,
            async (statement, limit) =>
            {
                using var result = await driver.ExecuteRawResultAsync(sql, statement, limit);
                await CopyAsync(await result.ReadAsStreamAsync(), target, limit);
            },
            token
        );

    /// <summary>
    /// Runs an INSERT whose data <paramref name="write"/> puts on the wire, in the format that <paramref name="sql"/> names.
    /// </summary>
    /// <exception cref="WarehouseException">It failed; nothing tells which of its blocks had been written by then.</exception>
    public Task InsertAsync(string sql, Func<Stream, CancellationToken, Task> write, CancellationToken token, QueryOptions? query = null)
    {
        return RunAsync(
            sql,
            "TabSeparated",
            query,
            async (statement, limit) =>
                (await driver.PostStreamAsync(sql, remote ? WriteCompressedAsync : write, remote, limit, statement)).Dispose(),
            token
        );

        async Task WriteCompressedAsync(Stream wire, CancellationToken limit)
        {
            await using var gzip = new GZipStream(wire, CompressionLevel.Fastest, leaveOpen: true);
            await write(gzip, limit);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        driver.Dispose();
        http.Dispose();
    }

    private static async Task CopyAsync(Stream answer, Stream target, CancellationToken token)
    {
        var buffer = new byte[128 << 10];
        int read;
        while ((read = await answer.ReadAsync(buffer, token)) > 0)
        {
            try
            {
                await target.WriteAsync(buffer.AsMemory(0, read), token);
            }
            catch (IOException e)
            {
                // Where a report's file can't be written, the network is not to blame.
                throw new TargetException(e);
            }
        }
    }

    // Runs one statement within its time limit, and kills it where it is given up.
    private async Task RunAsync(
        string sql,
        string format,
        QueryOptions? query,
        Func<DriverOptions, CancellationToken, Task> run,
        CancellationToken callers
    )
    {
        query ??= QueryOptions.None;
        var time = query.Timeout ?? TimeSpan.FromSeconds(options.TimeoutSeconds);
        var statement = new DriverOptions
        {
            QueryId = query.QueryId ?? Guid.CreateVersion7().ToString(),
            CustomSettings = Settings(sql, format, query),
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(callers);
        limit.CancelAfter(time);
        try
        {
            await run(statement, limit.Token);
        }
        catch (TargetException e)
        {
            throw e.InnerException!;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or SocketException)
        {
            if (limit.IsCancellationRequested)
            {
                await KillAsync(statement.QueryId);
            }

            throw Translate(e, limit.IsCancellationRequested ? time : null, callers);
        }
    }

    private Exception Translate(Exception e, TimeSpan? passed, CancellationToken callers)
    {
        if (callers.IsCancellationRequested)
        {
            return new OperationCanceledException("the statement was cancelled", e, callers);
        }

        var server = $"{Url.Scheme}://{Url.Authority}";
        if (passed is { } time)
        {
            return new WarehouseException($"the warehouse at {server} gave no full answer within {time.TotalSeconds:0.#} s", e);
        }

        // Nobody cancelled it, so it is the limit on connecting that did.
        return
            e
                is OperationCanceledException
                    or HttpRequestException
                    {
                        HttpRequestError: HttpRequestError.ConnectionError
                            or HttpRequestError.NameResolutionError
                            or HttpRequestError.SecureConnectionError
                    }
            ? WarehouseException.Unreachable(Url, e)
            : new WarehouseException($"the line to the warehouse at {server} broke off: {e.GetBaseException().Message}", e);
    }

    private async Task KillAsync(string id)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            using var killed = await driver.ExecuteRawResultAsync($"KILL QUERY WHERE query_id = '{id}' ASYNC", null, patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or WarehouseException or SocketException)
        {
            // The server also drops a reading statement whose connection has closed.
        }
    }

    // Settings and parameters travel in the address; the server binds parameters.
    private static Dictionary<string, object> Settings(string sql, string format, QueryOptions query)
    {
        var settings = query.Settings.ToDictionary(s => s.Key, object (s) => s.Value);
        settings["default_format"] = format;
        var arrays =
            query.Parameters.Count == 0
                ? []
                : SqlParameters.Find(sql).Where(p => p.Type.StartsWith("Array(", StringComparison.Ordinal)).Select(p => p.Name).ToHashSet();
        foreach (var (name, value) in query.Parameters)
        {
            settings["param_" + name] =
                value is null ? @"\N"
                : arrays.Contains(name) ? value
                : Escape(value);
        }

        return settings;
    }

    // Parameters travel in ClickHouse's Escaped format, but for arrays, whose texts are quoted already.
    private static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\t", "\\t", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\r", "\\r", StringComparison.Ordinal);

    /// <summary>A failure of whom the answer is written to.</summary>
    private sealed class TargetException(IOException cause) : Exception(cause.Message, cause);
}
