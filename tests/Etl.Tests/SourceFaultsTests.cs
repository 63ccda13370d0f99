using System.Net.Sockets;
using Etl.Source;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;
using Xunit;

namespace Etl.Tests;

/// <summary>What failures and words of the source mean.</summary>
public sealed class SourceFaultsTests
{
    public static TheoryData<Exception, bool> Failures =>
        new()
        {
            { new NpgsqlException("Exception while reading from stream", new IOException("cut")), true },
            { new IOException("cut"), true },
            { new SocketException((int)SocketError.ConnectionReset), true },
            { new SourceException("the source's", Postgres("40001")), true },
            { new SourceException("outer", new SourceException("inner", Postgres("57P01"))), true },
            { new SourceException("outer", Postgres("42P01")), false },
            { new SourceException("a value that can't be held"), false },
            { new WarehouseException("it failed", new IOException("cut")), false },
            { new InvalidOperationException(), false },
            { new OperationCanceledException(), false },
        };

    [Theory]
    [InlineData("40001", true)]
    [InlineData("40P01", true)]
    [InlineData("57014", true)]
    [InlineData("57P01", true)]
    [InlineData("57P02", true)]
    [InlineData("57P03", true)]
    [InlineData("08000", true)]
    [InlineData("08003", true)]
    [InlineData("08006", true)]
    [InlineData("42P01", false)]
    [InlineData("42501", false)]
    [InlineData("28P01", false)]
    [InlineData("22P02", false)]
    [InlineData("53100", false)]
    public void IsPassing_PostgresFailure_IsForConflictsAndShutdowns(string state, bool passing) =>
        Assert.Equal(passing, SourceFaults.IsPassing(Postgres(state)));

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void IsPassing_OtherFailure_IsForBrokenLinesToTheSource(Exception failure, bool passing) =>
        Assert.Equal(passing, SourceFaults.IsPassing(failure));

    [Theory]
    [InlineData(
        "40001",
        " — the replica cancelled the query because of a conflict with recovery; set hot_standby_feedback = on there, or raise max_standby_streaming_delay"
    )]
    [InlineData(
        "40P01",
        " — the replica cancelled the query because of a conflict with recovery; set hot_standby_feedback = on there, or raise max_standby_streaming_delay"
    )]
    [InlineData(
        "57014",
        " — the query was cancelled: it took longer than the connection string's Command Timeout or the server's statement_timeout, or an operator cancelled it; set a larger Command Timeout (seconds), or a smaller Etl__RowsPerRange"
    )]
    [InlineData("42501", " — grant SELECT on it to the replica's reading account")]
    [InlineData("42P01", " — is the search path of the connection string right?")]
    [InlineData("22P02", "")]
    public void Explain_PostgresFailure_SaysWhatToDo(string state, string remedy)
    {
        var failure = Postgres(state);

        var e = SourceFaults.Explain(failure);

        Assert.Equal($"PostgreSQL {state}: it is so{remedy}", e.Message);
        Assert.Same(failure, e.InnerException);
    }

    [Fact]
    public void IsStarting_OfAFailure_IsForServersThatTakeNoConnectionsYet() =>
        Assert.Equal(
            (true, true, false, false),
            (
                SourceFaults.IsNotReady(Postgres("57P03")),
                SourceFaults.IsNotReady(SourceFaults.Unreachable("Fuel", Postgres("57P03"))),
                SourceFaults.IsNotReady(SourceFaults.Unreachable("Fuel", Postgres("57P01"))),
                SourceFaults.IsNotReady(new IOException("cut"))
            )
        );

    [Fact]
    public void Explain_BrokenLine_NamesTheCause() =>
        Assert.Equal(
            "the line to the source broke off: reset by peer",
            SourceFaults
                .Explain(
                    new NpgsqlException(
                        "Exception while reading from stream",
                        new IOException("Unable to read", new IOException("reset by peer"))
                    )
                )
                .Message
        );

    [Fact]
    public void Unreachable_NobodyListens_NamesTheSetting() =>
        Assert.Equal(
            "no connection to the source Fuel: Connection refused — check ConnectionStrings__Fuel, and that the replica is up (`make up` starts the local one)",
            SourceFaults.Unreachable("Fuel", new NpgsqlException("Failed to connect", new IOException("Connection refused"))).Message
        );

    [Fact]
    public void Unreachable_Refused_NamesThePostgresReason() =>
        Assert.Equal(
            "the source Fuel refused the connection: PostgreSQL 28P01: it is so — check ConnectionStrings__Fuel, and that the replica is up (`make up` starts the local one)",
            SourceFaults.Unreachable("Fuel", Postgres("28P01")).Message
        );

    [Theory]
    [InlineData("10:20:10,14,15", "0", 10, 20)]
    [InlineData("795:795:", "3", 795, 798)]
    [InlineData("4294967296:18446744073709551614:4294967299", "1", 4294967296, ulong.MaxValue)]
    public void ParseSnapshot_PostgresNotation_HasItsBounds(string text, string ahead, ulong xmin, ulong next) =>
        Assert.Equal(new SourceSnapshot(text, xmin, next), SourceSnapshot.Parse(text, ahead));

    [Theory]
    [InlineData(null)]
    [InlineData("  ")]
    public void OfReplica_NoConnectionString_NamesTheSetting(string? text) =>
        Assert.Equal(
            "ConnectionStrings__Fuel: expected the address of the collector's replica; found nothing",
            Assert.Throws<UserException>(() => Replica.Of("Fuel", text)).Message
        );

    [Theory]
    [InlineData("nonsense")]
    [InlineData("Hst=127.0.0.1")]
    [InlineData("Host=127.0.0.1;Port=many")]
    public void OfReplica_BadConnectionString_NamesTheSetting(string text) =>
        Assert.StartsWith(
            "ConnectionStrings__Fuel: ",
            Assert.Throws<UserException>(() => Replica.Of("Fuel", text)).Message,
            StringComparison.Ordinal
        );

    private static PostgresException Postgres(string state) => new("it is so", "ERROR", "ERROR", state);
}
