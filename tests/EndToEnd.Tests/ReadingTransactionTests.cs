using System.Diagnostics;
using Etl.Source;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>How long a transaction's statements may take.</summary>
public sealed class ReadingTransactionTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Command Timeout=90", "90s")]
    [InlineData("Command Timeout=0", "0")]
    [InlineData("Command Timeout=2147483647", "2147483647ms")]
    [InlineData("Command Timeout=90;Options='-c statement_timeout=3s'", "3s")]
    [InlineData("Command Timeout=90;Options='-c statement_timeout=120s'", "90s")]
    [InlineData("Command Timeout=0;Options='-c statement_timeout=120s'", "2min")]
    public async Task BeginAsync_CommandTimeout_LimitsStatementsUnlessTheServersLimitIsLower(string settings, string expected)
    {
        using var transaction = await BeginAsync(settings);
        Assert.Equal(expected, await transaction.TextAsync("SHOW statement_timeout", Token));
    }

    [Fact]
    public async Task TextAsync_StatementThatTakesTooLong_IsEndedByTheServerWithItsWord()
    {
        using var transaction = await BeginAsync("Command Timeout=1");
        var watch = Stopwatch.StartNew();

        var fault = await Assert.ThrowsAsync<PostgresException>(() => transaction.TextAsync("SELECT pg_sleep(30)", Token));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"after {watch.Elapsed}");
        Assert.Equal("57014", fault.SqlState);
        Assert.Equal(
            "PostgreSQL 57014: canceling statement due to statement timeout — the query was cancelled: it took longer than the connection string's Command Timeout or the server's statement_timeout, or an operator cancelled it; set a larger Command Timeout (seconds), or a smaller Etl__RowsPerRange",
            SourceFaults.Explain(fault).Message
        );
    }

    [Fact]
    public async Task TryUse_OpenConnection_KnowsNpgsqlsSocket()
    {
        await using var connection = await SourceConnection.OpenAsync(
            new NpgsqlConnectionStringBuilder(fixture.Engines.Replica.ConnectionString("postgres")),
            Token
        );

        Assert.True(BlockingSocket.TryUse(connection), "loads are slower: this Npgsql keeps its socket elsewhere; look at BlockingSocket");
        await Task.Run(
            () =>
            {
                using var command = new NpgsqlCommand("SELECT pg_sleep(0.3)::text || 'ok'", connection);
                Assert.Equal("ok", command.ExecuteScalar());
            },
            Token
        );
    }

    [Fact]
    public async Task TextAsync_Cancelled_EndsTheStatementOnTheServer()
    {
        using var transaction = await BeginAsync("Application Name=cancelled_reader");
        using var cancel = new CancellationTokenSource(300);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transaction.TextAsync("SELECT pg_sleep(60)", cancel.Token));

        Assert.Equal(
            0L,
            await fixture.Engines.Replica.ExecuteAsync(
                "postgres",
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cancelled_reader' AND state = 'active'",
                Token
            )
        );
    }

    [Fact]
    public async Task CancelWhen_StatementThatBeginsAfterwards_IsEndedToo()
    {
        using var transaction = await BeginAsync("Application Name=late_reader");
        using var cancel = new CancellationTokenSource();
        using var cancelling = transaction.CancelWhen(cancel.Token);
        await cancel.CancelAsync();
        await Task.Delay(300, Token);
        var watch = Stopwatch.StartNew();

        var ended = await Assert.ThrowsAsync<PostgresException>(() => transaction.TextAsync("SELECT pg_sleep(60)", Token));

        Assert.Equal("57014", ended.SqlState);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task Dispose_InTheMiddleOfALongCopy_ReturnsAtOnce()
    {
        var transaction = await BeginAsync("Application Name=disposed_reader");
        var reader = transaction.Copy("SELECT repeat('x', 1000), generate_series(1, 100000000)", 2);
        Assert.NotNull(await Task.Run(reader.Read, Token));
        var watch = Stopwatch.StartNew();

        await Task.Run(transaction.Dispose, Token);

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        await Wait.UntilAsync(
            async () =>
                await fixture.Engines.Replica.ExecuteAsync(
                    "postgres",
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'disposed_reader'",
                    Token
                )
                    is 0L,
            "the session has ended on the server"
        );
    }

    [Fact]
    public async Task Cancel_WhileCopyWaitsForALock_EndsIt()
    {
        await using var holder = new NpgsqlConnection(fixture.Engines.Primary.ConnectionString("postgres") + ";Pooling=false");
        await holder.OpenAsync(Token);
        await fixture.Engines.Primary.ExecuteAsync("postgres", "CREATE TABLE IF NOT EXISTS waited_for (i int)", Token);
        await using var locking = new NpgsqlCommand("BEGIN; LOCK TABLE waited_for IN ACCESS EXCLUSIVE MODE", holder);
        await locking.ExecuteNonQueryAsync(Token);
        using var transaction = await ReadingTransaction.BeginAsync(
            new NpgsqlConnectionStringBuilder(fixture.Engines.Primary.ConnectionString("postgres")),
            null,
            Token
        );
        var reading = Task.Run(() => transaction.Copy("SELECT i FROM waited_for", 1).Read(), Token);
        await Task.Delay(300, Token);
        Assert.False(reading.IsCompleted, reading.Exception?.ToString() ?? "it ended");

        transaction.Cancel();

        var ended = await Assert.ThrowsAnyAsync<Exception>(() => reading.WaitAsync(TimeSpan.FromSeconds(10), Token));
        Assert.True(ended is OperationCanceledException or PostgresException { SqlState: "57014" }, ended.ToString());
    }

    private Task<ReadingTransaction> BeginAsync(string settings) =>
        ReadingTransaction.BeginAsync(
            new NpgsqlConnectionStringBuilder(fixture.Engines.Replica.ConnectionString("postgres") + ";" + settings),
            null,
            Token
        );
}
