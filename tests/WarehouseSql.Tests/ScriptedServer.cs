using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WarehouseSql.Tests;

/// <summary>A request as <see cref="ScriptedServer"/> got it.</summary>
/// <param name="Head">The request line and headers, each byte a character.</param>
/// <param name="Body">The body.</param>
internal sealed record ScriptedRequest(string Head, string Body)
{
    /// <summary>The value of a name in the address.</summary>
    public string? Query(string name) =>
        Head.Split(' ')[1]
            .Split('?', '&')
            .Where(p => p.StartsWith(name + "=", StringComparison.Ordinal))
            .Select(p => Uri.UnescapeDataString(p[(name.Length + 1)..]))
            .FirstOrDefault();
}

/// <summary>
/// A listener that answers each request as the test says, byte by byte, one request a connection: for failures of the line that no
/// real server makes on demand. How ClickHouse itself behaves is tested on a real one.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<ScriptedRequest, Stream, CancellationToken, Task> answer;
    private readonly Task accepting;

    public ScriptedServer(Func<ScriptedRequest, Stream, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>A server that sends the same text to each request, in these pieces, and then closes the line.</summary>
    public ScriptedServer(params string[] pieces)
        : this((_, stream, token) => SendAsync(stream, pieces, token)) { }

    /// <summary>Its address.</summary>
    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>What was asked so far.</summary>
    public ConcurrentQueue<ScriptedRequest> Requests { get; } = new();

    /// <summary>The head of an answer of unknown length, with the tag that marks a failure in it.</summary>
    public static string Head(string tag = "") =>
        $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{(tag.Length > 0 ? $"X-ClickHouse-Exception-Tag: {tag}\r\n" : "")}Connection: close\r\n\r\n";

    /// <summary>A piece of such an answer; an empty one ends it.</summary>
    public static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        // Before it stops: it would be asked once more for a caller otherwise, and say that it doesn't listen.
        await accepting;
        listener.Stop();
        stop.Dispose();
    }

    private static async Task SendAsync(Stream stream, string[] pieces, CancellationToken token)
    {
        foreach (var piece in pieces)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(piece), token);
            // So that pieces don't reach the client as one.
            await Task.Delay(pieces.Length > 1 ? 2 : 0, token);
        }
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
            }
        }
        catch (OperationCanceledException) { }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                connection.NoDelay = true;
                var stream = connection.GetStream();
                var request = await ReadAsync(stream);
                Requests.Enqueue(request);
                await answer(request, stream, stop.Token);
                // Closing at once could take unread bytes away from the client.
                connection.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(new byte[1024], stop.Token) > 0) { }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException) { }
        }
    }

    private async Task<ScriptedRequest> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, stop.Token);
            head.Append((char)one[0]);
        }

        var length = head.ToString().Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.Ordinal))?[16..];
        var body = new byte[int.Parse(length ?? "0", CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, stop.Token);
        return new ScriptedRequest(head.ToString(), Encoding.UTF8.GetString(body));
    }
}
