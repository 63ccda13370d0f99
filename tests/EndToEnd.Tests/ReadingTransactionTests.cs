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
            SourceFaults.Explain(fault).Message);
    }

    private Task<ReadingTransaction> BeginAsync(string settings) =>
        ReadingTransaction.BeginAsync(new NpgsqlConnectionStringBuilder(fixture.Engines.Replica.ConnectionString("postgres") + ";" + settings), null, Token);
}
