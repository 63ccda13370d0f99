using System.Diagnostics;
using System.Text;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The HTTP client against a real server: a result is whole or an error, and an error says what a person needs.</summary>
public sealed class ClientTests(EnginesFixture fixture)
{
    private const string LateFailure = "SELECT number, throwIf(number = 3000000, 'too late') FROM numbers(5000000)";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string?> Values =>
        [
            "",
            " ",
            "plain",
            "it's \"quoted\" `so`",
            "tab\tnewline\nreturn\r",
            @"back\slash \n \N \\",
            "naïve Ångström 日本語 🚀",
            "percent %41 & + = ; # ?",
            "null\0byte",
            "\b\f\v\u0001",
            (string?)null,
        ];

    [Fact]
    public async Task QueryAsync_Refused_CarriesCodeNameAndMessage()
    {
        using var client = Client();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT nonsense", Token));
        Assert.Equal(47, fault.Code);
        Assert.Equal("UNKNOWN_IDENTIFIER", fault.Name);
        Assert.StartsWith("ClickHouse 47 UNKNOWN_IDENTIFIER: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("nonsense", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public async Task QueryAsync_ExceptionInTheMiddle_IsAnError()
    {
        using var client = Client();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync(LateFailure, Token));
        Assert.Equal((395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"), (fault.Code, fault.Name));
        Assert.Contains("too late", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("JSONCompactEachRowWithNamesAndTypes")]
    [InlineData("JSON")]
    [InlineData("CSV")]
    [InlineData("Native")]
    public async Task CopyToAsync_ExceptionInTheMiddle_IsAnError(string format)
    {
        using var client = Client();
        using var target = new CountingStream();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => client.CopyToAsync(LateFailure, format, target, Token));
        Assert.True(target.Written > 1_000_000, "the failure came before the result began: it isn't in the middle");
        Assert.Equal(395, fault.Code);
        Assert.Contains("too late", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyToAsync_ResultThatLooksLikeAFailure_IsAResult()
    {
        using var client = Client();
        using var target = new MemoryStream();
        await client.CopyToAsync("SELECT '__exception__\r\nabcdefgh\r\nCode: 1. DB::Exception: no (NONE)'", "TSVRaw", target, Token);
        Assert.StartsWith("__exception__", Encoding.UTF8.GetString(target.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryAsync_TakesTooLong_SaysHowLong()
    {
        using var client = Client();
        var id = Guid.NewGuid().ToString();
        var took = Stopwatch.StartNew();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() =>
            client.QueryAsync(Endless, Token, EndlessOptions with { Timeout = TimeSpan.FromSeconds(0.5), QueryId = id })
        );
        Assert.Contains("gave no full answer within 0.5 s", fault.Message, StringComparison.Ordinal);
        Assert.InRange(took.Elapsed.TotalSeconds, 0.4, 10);
        await Wait.UntilAsync(async () => !await IsRunningAsync(id), "the statement has ended on the server");
    }

    // Not a reading statement: those the server ends by itself when their connection closes.
    [Theory]
    [InlineData("INSERT INTO FUNCTION null('a UInt8') " + Endless)]
    [InlineData(Endless)]
    public async Task ExecuteAsync_Cancelled_KillsTheStatement(string sql)
    {
        using var client = Client();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var id = Guid.NewGuid().ToString();
        var running = client.ExecuteAsync(sql, stop.Token, EndlessOptions with { QueryId = id });
        await Wait.UntilAsync(() => IsRunningAsync(id), "the statement has begun");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Wait.UntilAsync(async () => !await IsRunningAsync(id), "the statement has ended on the server", seconds: 15);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task QueryAsync_Parameter_ArrivesAsItIs(string? value)
    {
        using var client = Client();
        var result = await client.QueryAsync(
            "SELECT {v:Nullable(String)}, isNull({v:Nullable(String)})",
            Token,
            QueryOptions.With(("v", value))
        );
        Assert.Equal(value, result.Rows[0][0].GetString());
        Assert.Equal(value is null ? 1 : 0, result.Rows[0][1].GetInt32());
    }

    [Fact]
    public async Task QueryAsync_RandomParameters_ArriveAsTheyAre()
    {
        using var client = Client();
        var random = new Random(20260101);
        const string letters = "a\\'\"`\t\n\r\0\b %&+=;#{}N,[]()é日";
        for (var i = 0; i < 50; i++)
        {
            var value = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => letters[random.Next(letters.Length)]));
            var result = await client.QueryAsync("SELECT {v:String}", Token, QueryOptions.With(("v", value)));
            Assert.Equal(value, result.Scalar.GetString());
            var list = await client.QueryAsync(
                "SELECT {v:Array(String)}",
                Token,
                QueryOptions.With(("v", $"[{SqlText.Quote(value)},{SqlText.Quote("x")}]"))
            );
            Assert.Equal([value, "x"], list.Scalar.EnumerateArray().Select(v => v.GetString()));
        }
    }

    [Fact]
    public async Task QueryAsync_TypedParameters_AreBoundByTheServer()
    {
        using var client = Client();
        var result = await client.QueryAsync(
            "SELECT {n:UInt64} + 1, {d:Date} + 1, {a:Array(String)}",
            Token,
            QueryOptions.With(("n", "18446744073709551614"), ("d", "2026-02-28"), ("a", "['x','it''s']"))
        );
        Assert.Equal(["18446744073709551615", "2026-03-01", """["x","it's"]"""], result.Rows[0].Select(v => v.ToString()));
        var fault = await Assert.ThrowsAsync<WarehouseException>(() =>
            client.QueryAsync("SELECT {n:UInt8}", Token, QueryOptions.With(("n", "1; DROP TABLE t")))
        );
        Assert.Equal("BAD_QUERY_PARAMETER", fault.Name);
    }

    [Fact]
    public async Task QueryAsync_Settings_HoldForTheStatement()
    {
        using var client = Client();
        var options = new QueryOptions { Settings = new Dictionary<string, string> { ["max_block_size"] = "4711" } };
        Assert.Equal(4711, (await client.QueryAsync("SELECT getSetting('max_block_size')", Token, options)).Scalar.GetInt32());
        Assert.NotEqual(4711, (await client.QueryAsync("SELECT getSetting('max_block_size')", Token)).Scalar.GetInt32());
        var unknown = new QueryOptions { Settings = new Dictionary<string, string> { ["no_such_setting"] = "1" } };
        Assert.Equal(
            "UNKNOWN_SETTING",
            (await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token, unknown))).Name
        );
    }

    [Fact]
    public async Task QueryAsync_NoRows_HasColumns()
    {
        using var client = Client();
        var result = await client.QueryAsync("SELECT 1 AS a, 'x' AS b WHERE 0", Token);
        Assert.Equal([new ResultColumn("a", "UInt8"), new ResultColumn("b", "String")], result.Columns);
        Assert.Empty(result.Rows);
    }

    [Fact]
    public async Task InsertAsync_FailsInTheMiddle_GivesTheServersReason()
    {
        using var client = Client(await fixture.CreateWarehouseAsync(Token));
        await client.ExecuteAsync("CREATE TABLE t (a UInt64, CONSTRAINT small CHECK a < 2000000) ENGINE = MergeTree ORDER BY a", Token);
        var fault = await Assert.ThrowsAsync<WarehouseException>(() =>
            client.InsertAsync("INSERT INTO t FORMAT RowBinary", WriteNumbersAsync, Token)
        );
        Assert.Equal("VIOLATED_CONSTRAINT", fault.Name);
        Assert.Contains("small", fault.Message, StringComparison.Ordinal);
        // The client is as good as new.
        Assert.Equal(1, (await client.QueryAsync("SELECT 1", Token)).Scalar.GetInt32());
    }

    [Fact]
    public async Task InsertAsync_RefusedAtOnce_GivesTheServersReason()
    {
        using var client = Client();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() =>
            client.InsertAsync("INSERT INTO no_such_table FORMAT RowBinary", WriteNumbersAsync, Token)
        );
        Assert.Equal("UNKNOWN_TABLE", fault.Name);
    }

    [Fact]
    public async Task InsertAsync_WriterFails_GivesTheWritersFailure()
    {
        using var client = Client(await fixture.CreateWarehouseAsync(Token));
        await client.ExecuteAsync("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a", Token);
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() =>
            client.InsertAsync(
                "INSERT INTO t FORMAT RowBinary",
                async (stream, token) =>
                {
                    await stream.WriteAsync(new byte[8_000], token);
                    throw new InvalidDataException("no more");
                },
                Token
            )
        );
        Assert.Equal("no more", fault.Message);
        Assert.Equal(0, (await client.QueryAsync("SELECT count() FROM t", Token)).Scalar.GetInt32());
    }

    [Fact]
    public async Task QueryAsync_WrongPassword_SaysWhatToCheck()
    {
        using var client = new ClickHouseClient(
            new WarehouseOptions
            {
                Url = fixture.Engines.ClickHouse.Url,
                User = "etl",
                Password = "wrong",
                Database = "",
            }
        );
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));
        Assert.Equal("AUTHENTICATION_FAILED", fault.Name);
        Assert.EndsWith("check Warehouse__User and Warehouse__Password", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryAsync_UnknownDatabase_SaysWhatToDo()
    {
        using var client = Client("no_such_database");
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));
        Assert.Equal("UNKNOWN_DATABASE", fault.Name);
        Assert.EndsWith("run `make migrate`", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryAsync_NoServer_NamesTheAddress()
    {
        using var client = new ClickHouseClient(new WarehouseOptions { Url = "http://127.0.0.1:1" });
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => client.QueryAsync("SELECT 1", Token));
        Assert.StartsWith("no connection to the warehouse at http://127.0.0.1:1: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Warehouse__Url", fault.Message, StringComparison.Ordinal);
    }

    private const string Endless = "SELECT sleepEachRow(0.1) FROM numbers(600)";

    private static readonly QueryOptions EndlessOptions = new()
    {
        Settings = new Dictionary<string, string> { ["max_block_size"] = "1", ["function_sleep_max_microseconds_per_block"] = "0" },
    };

    // More than fits into what lies between two programs, so that the writer is still at it when the server gives up.
    private static async Task WriteNumbersAsync(Stream stream, CancellationToken token)
    {
        var block = new byte[1 << 20];
        for (ulong number = 0; number < 20_000_000; )
        {
            for (var i = 0; i < block.Length; i += sizeof(ulong))
            {
                BitConverter.TryWriteBytes(block.AsSpan(i), number++);
            }

            await stream.WriteAsync(block, token);
        }
    }

    private ClickHouseClient Client(string database = "") =>
        new(new WarehouseOptions { Url = fixture.Engines.ClickHouse.Url, Database = database });

    private async Task<bool> IsRunningAsync(string id)
    {
        using var client = Client();
        var found = await client.QueryAsync(
            "SELECT count() FROM system.processes WHERE query_id = {id:String}",
            Token,
            QueryOptions.With(("id", id))
        );
        return found.Scalar.GetInt32() > 0;
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Written { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
