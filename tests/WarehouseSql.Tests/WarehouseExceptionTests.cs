using WarehouseSql.ClickHouse;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class WarehouseExceptionTests
{
    [Theory]
    [InlineData(
        "Code: 62. DB::Exception: Syntax error: failed at position 1. (SYNTAX_ERROR) (version 26.1.2.1)",
        62,
        "SYNTAX_ERROR",
        "Syntax error: failed at position 1"
    )]
    [InlineData(
        "Code: 62. DB::Exception: Syntax error: failed at position 1. (SYNTAX_ERROR) (version 26.1.2.11 (official build))\n",
        62,
        "SYNTAX_ERROR",
        "Syntax error: failed at position 1"
    )]
    [InlineData(
        "Code: 216. DB::Exception: Query with id = migrate warehouse is already running. (QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)",
        216,
        "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
        "Query with id = migrate warehouse is already running"
    )]
    [InlineData(
        "Code: 210. DB::NetException: Connection refused (10.0.0.1:9000). (NETWORK_ERROR) (version 26.1.2.11)",
        210,
        "NETWORK_ERROR",
        "Connection refused (10.0.0.1:9000)"
    )]
    [InlineData(
        "Code: 6. DB::Exception: Cannot parse string 'x (y)' as Int32 (CANNOT) be. (CANNOT_PARSE_TEXT) (version 26.1)",
        6,
        "CANNOT_PARSE_TEXT",
        "Cannot parse string 'x (y)' as Int32 (CANNOT) be"
    )]
    [InlineData(
        "Code: 47. DB::Exception: Received from b:9000. DB::Exception: Unknown identifier `x`. (UNKNOWN_IDENTIFIER) (version 26.1)",
        47,
        "UNKNOWN_IDENTIFIER",
        "Received from b:9000. DB::Exception: Unknown identifier `x`"
    )]
    public void FromServer_ClickHousesAnswer_HasCodeNameAndMessage(string answer, int code, string name, string message)
    {
        var e = WarehouseException.FromServer(answer);

        Assert.Equal((code, name, $"ClickHouse {code} {name}: {message}"), (e.Code, e.Name, e.Message));
    }

    [Theory]
    [InlineData(60, "UNKNOWN_TABLE", "run `make migrate`")]
    [InlineData(81, "UNKNOWN_DATABASE", "run `make migrate`")]
    [InlineData(241, "MEMORY_LIMIT_EXCEEDED", "a limit on memory; ask for less, or raise it for this user")]
    [InlineData(243, "NOT_ENOUGH_SPACE", "is the warehouse's disk full?")]
    [InlineData(159, "TIMEOUT_EXCEEDED", "it took longer than allowed; ask for less, or raise the limit")]
    [InlineData(160, "TOO_SLOW", "it took longer than allowed; ask for less, or raise the limit")]
    [InlineData(497, "ACCESS_DENIED", "grant it to the user named by Warehouse__User (README: users and grants)")]
    [InlineData(192, "UNKNOWN_USER", "check Warehouse__User and Warehouse__Password")]
    [InlineData(516, "AUTHENTICATION_FAILED", "check Warehouse__User and Warehouse__Password")]
    public void FromServer_KnownCode_SaysWhatToDo(int code, string name, string hint) =>
        Assert.Equal(
            $"ClickHouse {code} {name}: it is so — {hint}",
            WarehouseException.FromServer($"Code: {code}. DB::Exception: it is so. ({name}) (version 26.1)").Message
        );

    // A full disk comes as the operating system's error, which is another class of exception there.
    [Fact]
    public void FromServer_FullDiskBelowIt_SaysWhatToDo()
    {
        var e = WarehouseException.FromServer(
            "Code: 75. DB::ErrnoException: Cannot write to file /data/x, errno: 28, strerror: No space left on device. (CANNOT_WRITE_TO_FILE_DESCRIPTOR) (version 26.1.2.11 (official build))"
        );

        Assert.Equal((75, "CANNOT_WRITE_TO_FILE_DESCRIPTOR"), (e.Code, e.Name));
        Assert.EndsWith("No space left on device — is the warehouse's disk full?", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromServer_ManyLines_IsOneLine()
    {
        var e = WarehouseException.FromServer(
            "Code: 516. DB::Exception: default: Authentication failed.\n\nIf you use ClickHouse Cloud, …\r\nsee the docs.\n\n. (AUTHENTICATION_FAILED) (version 26.1)\n"
        );

        Assert.Equal(516, e.Code);
        Assert.DoesNotContain('\n', e.Message);
        Assert.DoesNotContain('\r', e.Message);
    }

    [Fact]
    public void FromServer_LongText_IsCutShortBeforeTheHint()
    {
        var e = WarehouseException.FromServer($"Code: 60. DB::Exception: {new string('x', 10_000)}. (UNKNOWN_TABLE) (version 26.1)");

        Assert.Equal($"ClickHouse 60 UNKNOWN_TABLE: {new string('x', 600)} … — run `make migrate`", e.Message);
    }

    [Theory]
    [InlineData("<html>\n<h1>Bad gateway</h1>\n</html>", "the warehouse answered: <html> <h1>Bad gateway</h1> </html>")]
    [InlineData("Code: x. DB::Exception: odd", "the warehouse answered: Code: x. DB::Exception: odd")]
    [InlineData(
        "Poco::Exception. Code: 1000, e.code() = 0, Timeout",
        "the warehouse answered: Poco::Exception. Code: 1000, e.code() = 0, Timeout"
    )]
    public void FromServer_AnotherText_IsShownAsItIs(string answer, string message)
    {
        var e = WarehouseException.FromServer(answer);

        Assert.Equal((0, "", message), (e.Code, e.Name, e.Message));
    }

    [Fact]
    public void FromServer_LongUnknownText_IsCutShort() =>
        Assert.Equal($"the warehouse answered: {new string('y', 600)} …", WarehouseException.FromServer(new string('y', 601)).Message);
}
