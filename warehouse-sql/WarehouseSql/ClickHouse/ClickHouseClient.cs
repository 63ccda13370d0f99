using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using WarehouseSql.Definitions;

namespace WarehouseSql.ClickHouse;

/// <summary>One ClickHouse node over HTTP. Safe for many threads.</summary>
/// <remarks>
/// A result is whole or an error: a failure after HTTP 200 was sent surfaces as <see cref="WarehouseException"/>, never as a
/// short result. Cancelling a call kills its statement on the server.
/// </remarks>
public sealed class ClickHouseClient : IDisposable
{
    private readonly HttpClient http;
    private readonly WarehouseOptions options;
    private readonly bool remote;

    /// <summary>A client of the node at <paramref name="url"/>, with the account and database of <paramref name="options"/>.</summary>
    public ClickHouseClient(WarehouseOptions options, Uri? url = null)
    {
        this.options = options;
        Url = url ?? options.Nodes[0];
        // Compression pays over a network and only costs on one machine.
        remote = !Url.IsLoopback;
        http = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            AutomaticDecompression = remote ? DecompressionMethods.GZip : DecompressionMethods.None,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
            UseProxy = remote,
            // An account's name or password may hold any character.
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Add("X-ClickHouse-User", options.User);
        if (options.Password.Length > 0)
        {
            http.DefaultRequestHeaders.Add("X-ClickHouse-Key", options.Password);
        }
    }

    /// <summary>The node's address.</summary>
    public Uri Url { get; }

    /// <summary>The database that unqualified names are looked up in.</summary>
    public string Database => options.Database;

    /// <summary>The same node and account with another database; an empty name: the account's default one.</summary>
    public ClickHouseClient WithDatabase(string database) => new(options with { Database = database }, Url);

    /// <summary>Runs a statement that has no result.</summary>
    /// <exception cref="WarehouseException">It failed, took too long, or the node wasn't reached.</exception>
    public async Task<QuerySummary> ExecuteAsync(string sql, CancellationToken token, QueryOptions? query = null)
    {
        await using var request = new Request(this, query ?? QueryOptions.None, token);
        using var response = await request.SendAsync(sql, null, "").ConfigureAwait(false);
        await request.ReadAllAsync(response).ConfigureAwait(false);
        return Request.Summary(response);
    }

    /// <summary>Runs a SELECT whose result is small, and returns it whole.</summary>
    /// <exception cref="WarehouseException">It failed, took too long, or the node wasn't reached.</exception>
    public async Task<ResultTable> QueryAsync(string sql, CancellationToken token, QueryOptions? query = null)
    {
        await using var request = new Request(this, query ?? QueryOptions.None, token);
        using var response = await request.SendAsync(sql, null, "JSONCompactEachRowWithNamesAndTypes").ConfigureAwait(false);
        var lines = await request.ReadAllAsync(response).ConfigureAwait(false);
        try
        {
            return ParseRows(lines);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WarehouseException($"the answer from {Url.GetLeftPart(UriPartial.Authority)} is not what ClickHouse sends — check that Warehouse__Url is the HTTP address of a ClickHouse server", e);
        }
    }

    /// <summary>Runs a SELECT and copies its result, as the server formats it, to <paramref name="target"/> in flat memory.</summary>
    /// <exception cref="WarehouseException">It failed, also in the middle of the result (then part of it was written).</exception>
    public async Task CopyToAsync(string sql, string format, Stream target, CancellationToken token, QueryOptions? query = null)
    {
        await using var request = new Request(this, query ?? QueryOptions.None, token);
        using var response = await request.SendAsync(sql, null, format).ConfigureAwait(false);
        await request.CopyAsync(response, target).ConfigureAwait(false);
    }

    /// <summary>Runs an INSERT whose data <paramref name="write"/> puts on the wire, in the format that <paramref name="sql"/> names.</summary>
    /// <exception cref="WarehouseException">It failed; nothing tells which of its blocks had been written by then.</exception>
    public async Task<QuerySummary> InsertAsync(string sql, Func<Stream, CancellationToken, Task> write, CancellationToken token, QueryOptions? query = null)
    {
        await using var request = new Request(this, query ?? QueryOptions.None, token);
        using var content = new StreamedContent(write, remote, request.Token);
        using var response = await request.SendAsync(sql, content, "").ConfigureAwait(false);
        await request.ReadAllAsync(response).ConfigureAwait(false);
        return Request.Summary(response);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static ResultTable ParseRows(ReadOnlyMemory<byte> lines)
    {
        var rows = new List<JsonElement[]>();
        while (lines.Length > 0)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            var line = end < 0 ? lines : lines[..end];
            lines = end < 0 ? default : lines[(end + 1)..];
            if (line.Length > 0)
            {
                using var document = JsonDocument.Parse(line);
                rows.Add([.. document.RootElement.EnumerateArray().Select(e => e.Clone())]);
            }
        }

        if (rows.Count < 2)
        {
            return new ResultTable([], []);
        }

        var columns = rows[0].Zip(rows[1], (name, type) => new ResultColumn(name.GetString()!, type.GetString()!));
        return new ResultTable([.. columns], rows[2..]);
    }

    /// <summary>One statement on its way: its id, its time limit, and the killing of it when it is given up.</summary>
    private sealed class Request : IAsyncDisposable
    {
        private static readonly byte[] ExceptionMark = "__exception__"u8.ToArray();
        private readonly ClickHouseClient client;
        private readonly QueryOptions query;
        private readonly string id;
        private readonly CancellationToken callers;
        private readonly CancellationTokenSource limit;
        private bool ended;

        public Request(ClickHouseClient client, QueryOptions query, CancellationToken callers)
        {
            this.client = client;
            this.query = query;
            this.callers = callers;
            id = query.QueryId ?? Guid.CreateVersion7().ToString();
            limit = CancellationTokenSource.CreateLinkedTokenSource(callers);
            limit.CancelAfter(TimeLimit);
        }

        public CancellationToken Token => limit.Token;

        private TimeSpan TimeLimit => query.Timeout ?? TimeSpan.FromSeconds(client.options.TimeoutSeconds);

        public async Task<HttpResponseMessage> SendAsync(string sql, HttpContent? data, string format)
        {
            // With data in the body, the statement goes into the address; else it is the body.
            using var message = new HttpRequestMessage(HttpMethod.Post, Address(sql, data is not null, format));
            message.Content = data ?? new StringContent(sql, Encoding.UTF8);
            try
            {
                var response = await client.http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    var text = await response.Content.ReadAsStringAsync(Token).ConfigureAwait(false);
                    ended = true;
                    throw WarehouseException.FromServer(text.Length > 0 ? text : $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}");
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                throw Translate(e);
            }
        }

        public async Task<ReadOnlyMemory<byte>> ReadAllAsync(HttpResponseMessage response)
        {
            using var memory = new MemoryStream();
            await CopyAsync(response, memory).ConfigureAwait(false);
            return memory.GetBuffer().AsMemory(0, (int)memory.Length);
        }

        // Keeps the last bytes, since a failure in the middle of a result stands at its end, after which the server breaks the line off.
        public async Task CopyAsync(HttpResponseMessage response, Stream target)
        {
            const int tailLength = 32 << 10; // a failure's message has up to 16 KiB, its frame comes on top
            var buffer = new byte[128 << 10];
            var tail = Array.Empty<byte>();
            var writing = false;
            try
            {
                await using var source = await response.Content.ReadAsStreamAsync(Token).ConfigureAwait(false);
                int read;
                while ((read = await source.ReadAsync(buffer, Token).ConfigureAwait(false)) > 0)
                {
                    writing = true;
                    await target.WriteAsync(buffer.AsMemory(0, read), Token).ConfigureAwait(false);
                    writing = false;
                    tail = [.. read >= tailLength ? [] : tail.AsSpan(Math.Max(0, tail.Length + read - tailLength)), .. buffer.AsSpan(Math.Max(0, read - tailLength), Math.Min(read, tailLength))];
                }

                ended = true;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException || (e is IOException && !writing))
            {
                throw FailureIn(tail, response) ?? Translate(e);
            }

            if (FailureIn(tail, response) is { } failure)
            {
                throw failure;
            }
        }

        public static QuerySummary Summary(HttpResponseMessage response)
        {
            if (!response.Headers.TryGetValues("X-ClickHouse-Summary", out var values))
            {
                return default;
            }

            using var document = JsonDocument.Parse(values.First());
            long Number(string name) => long.Parse(document.RootElement.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
            return new QuerySummary(Number("written_rows"), Number("read_rows"));
        }

        public async ValueTask DisposeAsync()
        {
            if (!ended && limit.IsCancellationRequested)
            {
                await KillAsync().ConfigureAwait(false);
            }

            limit.Dispose();
        }

        // The tag is a random word of this answer, so that no value in a result can be taken for a failure.
        private static WarehouseException? FailureIn(byte[] tail, HttpResponseMessage response)
        {
            if (!response.Headers.TryGetValues("X-ClickHouse-Exception-Tag", out var tags))
            {
                return null;
            }

            var opening = Encoding.ASCII.GetBytes($"__exception__\r\n{tags.First()}\r\n");
            var start = tail.AsSpan().IndexOf(opening);
            if (start < 0)
            {
                // A message longer than the tail: its end alone still tells that the result isn't whole.
                return tail.AsSpan().EndsWith(Encoding.ASCII.GetBytes($" {tags.First()}\r\n__exception__\r\n"))
                    ? new WarehouseException("the statement failed in the middle of its result, with a message too long to show; the server's log has it")
                    : null;
            }

            var text = tail.AsSpan(start + opening.Length);
            var end = text.LastIndexOf(ExceptionMark);
            var message = Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
            var lastLine = message.TrimEnd().LastIndexOf('\n');
            return WarehouseException.FromServer(lastLine > 0 ? message[..lastLine] : message);
        }

        private Exception Translate(Exception e)
        {
            if (callers.IsCancellationRequested)
            {
                return new OperationCanceledException("the statement was cancelled", e, callers);
            }

            if (limit.IsCancellationRequested)
            {
                return new WarehouseException($"the warehouse at {client.Url.GetLeftPart(UriPartial.Authority)} gave no full answer within {TimeLimit.TotalSeconds:0.#} s", e);
            }

            // Nobody cancelled it, so it is the limit on connecting that did.
            return e is OperationCanceledException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }
                ? WarehouseException.Unreachable(client.Url, e)
                : new WarehouseException($"the line to the warehouse at {client.Url.GetLeftPart(UriPartial.Authority)} broke off: {e.GetBaseException().Message}", e);
        }

        private async Task KillAsync()
        {
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                using var content = new StringContent($"KILL QUERY WHERE query_id = '{id}' ASYNC");
                using var response = await client.http.PostAsync(client.Url, content, patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // The server also drops a reading statement whose connection has closed.
            }
        }

        private Uri Address(string sql, bool hasData, string format)
        {
            var address = new StringBuilder("?");
            void Add(string name, string value) =>
                address.Append(address.Length > 1 ? "&" : "").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));

            Add("query_id", id);
            Add("cancel_http_readonly_queries_on_client_close", "1");
            if (client.options.Database.Length > 0)
            {
                Add("database", client.options.Database);
            }

            if (format.Length > 0)
            {
                Add("default_format", format);
            }

            if (client.remote)
            {
                Add("enable_http_compression", "1");
            }

            foreach (var (name, value) in query.Settings)
            {
                Add(name, value);
            }

            var arrays = query.Parameters.Count == 0 ? [] : SqlParameters.Find(sql).Where(p => p.Type.StartsWith("Array(", StringComparison.Ordinal)).Select(p => p.Name).ToHashSet();
            foreach (var (name, value) in query.Parameters)
            {
                Add("param_" + name, value is null ? @"\N" : arrays.Contains(name) ? value : Escape(value));
            }

            if (hasData)
            {
                Add("query", sql);
            }

            return new Uri(client.Url, address.ToString());
        }

        // Parameters travel in ClickHouse's Escaped format, but for arrays, whose texts are quoted already.
        private static string Escape(string value) =>
            value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
    }
}
