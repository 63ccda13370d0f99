using System.Net;
using System.Net.Sockets;
using System.Text;
using WarehouseSql.ClickHouse;
using Xunit;

namespace WarehouseSql.Tests;

/// <summary>What the client makes of lines and answers that fail.</summary>
public sealed class ClickHouseClientTests
{
    private const string Tag = "abcdefghijklmnop";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_NobodyListens_SaysWhereAndWhatToDo()
    {
        Uri url;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            url = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}");
        }

        using var client = Client(url);
        var e = await Assert.ThrowsAsync<WarehouseException>(() => client.ExecuteAsync("SELECT 1", Token));

        Assert.Equal(
            $"no connection to the warehouse at {url.Scheme}://{url.Authority}: Connection refused — start it (`make up`), or set Warehouse__Url",
            e.Message
        );
    }

    [Fact]
    public async Task Execute_UnknownHost_SaysWhereAndWhatToDo()
    {
        using var client = Client(new Uri("http://warehouse.invalid:8123"));
        var e = await Assert.ThrowsAsync<WarehouseException>(() => client.ExecuteAsync("SELECT 1", Token));

        Assert.StartsWith("no connection to the warehouse at http://warehouse.invalid:8123: ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    public async Task Query_NoFullAnswer_EndsAtItsTimeLimitAndKillsTheStatement(string beginning)
    {
        await using var server = new ScriptedServer(
            async (request, stream, token) =>
            {
                var kill = request.Body.StartsWith("KILL", StringComparison.Ordinal);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(kill ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" : beginning), token);
                await Task.Delay(kill ? 0 : Timeout.Infinite, token);
            }
        );
        using var client = Client(server.Url);

        var e = await Assert.ThrowsAsync<WarehouseException>(() =>
            client.QueryAsync("SELECT 1", Token, new QueryOptions { Timeout = TimeSpan.FromSeconds(1.5) })
        );

        Assert.Equal($"the warehouse at {server.Url.Scheme}://{server.Url.Authority} gave no full answer within 1.5 s", e.Message);
        var requests = server.Requests.ToArray();
        Assert.Equal($"KILL QUERY WHERE query_id = '{requests[0].Query("query_id")}' ASYNC", requests[1].Body);
    }

    [Fact]
    public async Task Query_CallerGivesUp_IsCancelledAndKillsTheStatement()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var server = new ScriptedServer(
            async (request, stream, token) =>
            {
                if (request.Body.StartsWith("KILL", StringComparison.Ordinal))
                {
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), token);
                    return;
                }

                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }
        );
        using var client = Client(server.Url);

        await Assert.ThrowsAsync<OperationCanceledException>(() =>
            client.QueryAsync("SELECT 1", stop.Token, new QueryOptions { QueryId = "mine" })
        );

        Assert.Equal("KILL QUERY WHERE query_id = 'mine' ASYNC", server.Requests.Last().Body);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n[\"a\"]\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n[\"a\"]\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[\"a\"]\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    public async Task Query_LineCutInTheMiddle_IsAnErrorAndNeverAShortResult(string answer)
    {
        await using var server = new ScriptedServer(answer);
        using var client = Client(server.Url);

        var e = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));

        Assert.StartsWith(
            $"the line to the warehouse at {server.Url.Scheme}://{server.Url.Authority} broke off: ",
            e.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(0, e.Code);
    }

    [Theory]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "the warehouse answered: HTTP 502 Bad Gateway")]
    [InlineData(
        "HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\n\r\n<html>\nnothing</html>",
        "the warehouse answered: <html> nothing</html>"
    )]
    [InlineData(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 67\r\n\r\nCode: 60. DB::Exception: Table t is gone. (UNKNOWN_TABLE) (version)",
        "the warehouse answered: Code: 60. DB::Exception: Table t is gone. (UNKNOWN_TABLE) (version)"
    )]
    public async Task Query_RefusedByAnotherProgram_ShowsItsAnswer(string answer, string message)
    {
        await using var server = new ScriptedServer(answer);
        using var client = Client(server.Url);

        Assert.Equal(message, (await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token))).Message);
    }

    [Theory]
    [InlineData("Ok.\n")]
    [InlineData("{\"status\": \"up\"}\n[1]\n")]
    [InlineData("[\"a\"]\n[1]\n")]
    public async Task Query_AnswerOfAnotherProgram_IsAnErrorThatSaysSo(string body)
    {
        await using var server = new ScriptedServer(ScriptedServer.Head(), ScriptedServer.Chunk(body), ScriptedServer.Chunk(""));
        using var client = Client(server.Url);

        var e = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));

        Assert.Equal(
            $"the answer from {server.Url.Scheme}://{server.Url.Authority} is not what ClickHouse sends — check that Warehouse__Url is the HTTP address of a ClickHouse server",
            e.Message
        );
    }

    [Fact]
    public async Task Query_FailureAfterTheFirstRows_IsFoundWhereverTheNetworkCutsIt()
    {
        var block = Failure(
            "Code: 395. DB::Exception: Value passed to 'throwIf' is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.1)"
        );
        var cut = 1;
        await using var server = new ScriptedServer(
            async (_, stream, token) =>
            {
                foreach (
                    var piece in new[]
                    {
                        ScriptedServer.Head(Tag) + ScriptedServer.Chunk("[\"n\"]\n[\"UInt8\"]\n[1]\n" + block[..cut]),
                        ScriptedServer.Chunk(block[cut..]),
                        ScriptedServer.Chunk(""),
                    }
                )
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(piece), token);
                    await Task.Yield();
                }
            }
        );
        using var client = Client(server.Url);
        for (; cut < 40; cut++)
        {
            var e = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));

            Assert.Equal(
                (395, "ClickHouse 395 FUNCTION_THROW_IF_VALUE_IS_NON_ZERO: Value passed to 'throwIf' is non-zero"),
                (e.Code, e.Message)
            );
        }
    }

    // The server breaks the line off after a failure; the failure is the cause, and the line only its consequence.
    [Fact]
    public async Task CopyTo_FailureAndThenABrokenLine_NamesTheFailure()
    {
        var block = Failure("Code: 241. DB::Exception: too much. (MEMORY_LIMIT_EXCEEDED) (version 26.1)");
        await using var server = new ScriptedServer(
            ScriptedServer.Head(Tag),
            ScriptedServer.Chunk("1\n2\n" + block[..20]),
            ScriptedServer.Chunk(block[20..])
        );
        using var client = Client(server.Url);
        using var target = new MemoryStream();

        var e = await Assert.ThrowsAsync<WarehouseException>(() => client.CopyToAsync("SELECT 1", "TSV", target, Token));

        Assert.Equal(241, e.Code);
    }

    // ClickHouse sends up to 16 KiB of a message. One that is longer is no reason to take the rows for all of them.
    [Theory]
    [InlineData(16 << 10, "ClickHouse 1 A: xxx")]
    [InlineData(40 << 10, "the statement failed in the middle of its result, ")]
    public async Task Query_LongFailure_IsFound(int length, string message)
    {
        var answer = $"Code: 1. DB::Exception: {new string('x', length - 29)}. (A)";
        Assert.Equal(length, answer.Length);
        await using var server = new ScriptedServer(
            ScriptedServer.Head(Tag),
            ScriptedServer.Chunk("[\"a\"]\n[\"String\"]\n" + new string('\n', 50_000)),
            ScriptedServer.Chunk(Failure(answer)),
            ScriptedServer.Chunk("")
        );
        using var client = Client(server.Url);

        var e = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));

        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyTo_RowsThatLookLikeAFailure_AreRows()
    {
        var rows = "__exception__\r\nponmlkjihgfedcba\r\nCode: 1. DB::Exception: x. (Y)\r\n30 ponmlkjihgfedcba\r\n__exception__\r\n";
        await using var server = new ScriptedServer(ScriptedServer.Head(Tag), ScriptedServer.Chunk(rows), ScriptedServer.Chunk(""));
        using var client = Client(server.Url);
        using var target = new MemoryStream();

        await client.CopyToAsync("SELECT 1", "TSV", target, Token);

        Assert.Equal(rows, Encoding.UTF8.GetString(target.ToArray()));
    }

    // Where a report's file can't be written, the network is not to blame.
    [Fact]
    public async Task CopyTo_TargetThatCannotBeWritten_IsTheTargetsError()
    {
        await using var server = new ScriptedServer(ScriptedServer.Head(), ScriptedServer.Chunk("1\n"), ScriptedServer.Chunk(""));
        using var client = Client(server.Url);
        using var target = new FullDisk();

        var e = await Assert.ThrowsAsync<IOException>(() => client.CopyToAsync("SELECT 1", "TSV", target, Token));

        Assert.Equal("No space left on device", e.Message);
    }

    [Fact]
    public async Task Query_PasswordOutsideOfAscii_IsSentAsUtf8()
    {
        await using var server = new ScriptedServer(
            ScriptedServer.Head(),
            ScriptedServer.Chunk("[\"a\"]\n[\"String\"]\n[\"b\"]\n"),
            ScriptedServer.Chunk("")
        );
        using var client = new ClickHouseClient(
            new WarehouseOptions
            {
                Url = server.Url.ToString(),
                User = "jörg",
                Password = "pässwörd €",
            }
        );

        var table = await client.QueryAsync("SELECT 1", Token);

        Assert.Equal("b", table.Scalar.GetString());
        var head = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(server.Requests.Single().Head));
        Assert.Contains("X-ClickHouse-User: jörg\r\n", head, StringComparison.Ordinal);
        Assert.Contains("X-ClickHouse-Key: pässwörd €\r\n", head, StringComparison.Ordinal);
    }

    private static string Failure(string message) =>
        $"\r\n__exception__\r\n{Tag}\r\n{message}\r\n{message.Length} {Tag}\r\n__exception__\r\n";

    private static ClickHouseClient Client(Uri url) => new(new WarehouseOptions { Url = url.ToString() });

    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("No space left on device", 28);
    }
}
