using Reports.Cli.Commands;
using Reports.Definitions;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class ParameterTests
{
    [Theory]
    [InlineData("Date", "today", "2026-03-15")]
    [InlineData("Date", "today-90", "2025-12-15")]
    [InlineData("Date", "today+1", "2026-03-16")]
    [InlineData("Date", "2024-02-29", "2024-02-29")]
    [InlineData("Date", "2026-02-29", null)]
    [InlineData("Date", "yesterday", null)]
    [InlineData("Date", "today-x", null)]
    [InlineData("Date", "1969-12-31", null)]
    [InlineData("Int32", "-2147483648", "-2147483648")]
    [InlineData("Int32", "2147483648", null)]
    [InlineData("UInt32", "-1", null)]
    [InlineData("Int64", "9223372036854775807", "9223372036854775807")]
    [InlineData("Float64", "1.50", "1.5")]
    [InlineData("Float64", "NaN", null)]
    [InlineData("Bool", "yes", "true")]
    [InlineData("Bool", "maybe", null)]
    [InlineData("Array(Int32)", "1, 2,3", "[1,2,3]")]
    [InlineData("Array(Int32)", "1,x", null)]
    [InlineData("Array(String)", @"it's,a\b", @"['it\'s','a\\b']")]
    [InlineData("Array(String)", "", "[]")]
    [InlineData("String", "'; DROP", "'; DROP")]
    public void Resolve_Value_IsWhatClickHouseReadsOrNull(string type, string given, string? expected)
    {
        var parameter = new ReportParameter("p", type, "", "");

        var resolved = parameter.Resolve(given, FixedTime.Noon);

        Assert.Equal(expected, resolved is null ? null : parameter.ToClickHouse(resolved));
    }

    [Theory]
    [InlineData("UTC", "today-7", "2026-03-08", "2026-03-08 00:00:00")]
    [InlineData("Asia/Tokyo", "2026-11-23", "2026-11-23", "2026-11-22 15:00:00")]
    [InlineData("Asia/Kolkata", "2026-11-23", "2026-11-23", "2026-11-22 18:30:00")]
    [InlineData("America/Los_Angeles", "2026-11-23", "2026-11-23", "2026-11-23 08:00:00")]
    [InlineData("America/Los_Angeles", "today", "2026-03-15", "2026-03-15 07:00:00")]
    [InlineData("Pacific/Kiritimati", "today", "2026-03-16", "2026-03-15 10:00:00")]
    [InlineData("Europe/Berlin", "2026-03-30", "2026-03-30", "2026-03-29 22:00:00")]
    [InlineData("America/Havana", "2026-11-01", "2026-11-01", "2026-11-01 04:00:00")]
    [InlineData("America/Havana", "2026-03-08", "2026-03-08", "2026-03-08 05:00:00")]
    [InlineData("Asia/Tokyo", "1970-01-01", "1970-01-01", "1970-01-01 00:00:00")]
    [InlineData("UTC", "2149-06-06", "2149-06-06", "2106-02-07 06:28:15")]
    public void Resolve_DayOfAZone_BeginsThere(string zone, string given, string shown, string bound)
    {
        var parameter = new ReportParameter("p", "Date", "", "") { IsInstant = true };

        Assert.Equal(shown, parameter.Resolve(given, FixedTime.Noon, Schedule.ZoneOf(zone)));
        Assert.Equal(bound, parameter.ToClickHouse(shown, Schedule.ZoneOf(zone)));
    }

    [Fact]
    public void Bind_DayThatIsAnInstant_IsOfTheZoneThatIsGiven()
    {
        var report = Samples.Report(
            "params:\n  from: {type: Date, default: today, is: a day}",
            "SELECT {from:DateTime('UTC')}, {zone:String}"
        );
        Assert.Equal(("2026-03-15 00:00:00", "UTC"), Bound());
        Assert.Equal(("2026-03-14 15:00:00", "Asia/Tokyo"), Bound(("zone", "Asia/Tokyo")));
        Assert.Equal(("2026-03-07 15:00:00", "Asia/Tokyo"), Bound(("from", "2026-03-08"), ("zone", "Asia/Tokyo")));
        var fault = Assert.Throws<ReportException>(() => Bound(("zone", "Tokyo Standard Time")));
        Assert.Equal(
            "fuel/sample: parameter 'zone': expected a time zone such as UTC or Europe/Berlin; found 'Tokyo Standard Time'",
            fault.Message
        );

        (string? From, string? Zone) Bound(params (string, string)[] given)
        {
            var values = report.Bind(given.ToDictionary(g => g.Item1, g => g.Item2), FixedTime.Noon);
            return (values["from"], values["zone"]);
        }
    }

    [Theory]
    [InlineData("SELECT {from:DateTime('UTC')}, {from:Date}")]
    [InlineData("SELECT {from:DateTime('UTC')}, {zone:String}", "\n  zone: {type: String, default: x, is: theirs}")]
    [InlineData("SELECT {from:DateTime64(3)}")]
    [InlineData("SELECT {from:Date}, {zone:Int32}")]
    public void Check_DayUsedAsOtherThanIsMeant_IsAFault(string sql, string more = "") =>
        Assert.Throws<DefinitionException>(() => Samples.Report("params:\n  from: {type: Date, default: today, is: a day}" + more, sql));

    [Fact]
    public void Bind_UnknownName_NamesTheKnownOnes()
    {
        var report = Samples.Report("params:\n  from: {type: Date, default: today-7, is: a day}", "SELECT {from:Date}");

        var fault = Assert.Throws<ReportException>(() =>
            report.Bind(new Dictionary<string, string> { ["form"] = "today" }, FixedTime.Noon)
        );

        Assert.Equal("fuel/sample has no parameter 'form'; it has from (Date)", fault.Message);
    }

    [Fact]
    public void Bind_WrongType_NamesTheExpectedOne()
    {
        var report = Samples.Report("params:\n  from: {type: Date, default: today-7, is: a day}", "SELECT {from:Date}");

        var fault = Assert.Throws<ReportException>(() => report.Bind(new Dictionary<string, string> { ["from"] = "5" }, FixedTime.Noon));

        Assert.Equal(
            "fuel/sample: parameter 'from': expected a day such as 2026-01-31, today-90 or month-1 (last month's first); found '5'",
            fault.Message
        );
        Assert.Equal("2026-03-08", report.Bind(new Dictionary<string, string>(), FixedTime.Noon)["from"]);
    }

    [Theory]
    [InlineData("s=O'Brien", "s=O'Brien")]
    [InlineData("s=O'Brien t=b'c", "s=O'Brien", "t=b'c")]
    [InlineData("  from=2026-01-01   release=9.0 ", "from=2026-01-01", "release=9.0")]
    [InlineData("institution=Boston University project=a b/c", "institution=Boston University", "project=a b/c")]
    [InlineData("s='a b=c' t=\"d  e=f\"", "s=a b=c", "t=d  e=f")]
    [InlineData("s='O''Brien x=1'", "s=O'Brien x=1")]
    [InlineData("s=' kept ' t=''", "s= kept ", "t=")]
    [InlineData("s='tis t=it's", "s='tis", "t=it's")]
    [InlineData("s=\"a\" and 'b' t=1", "s=\"a\" and 'b'", "t=1")]
    [InlineData("s=line 1\nline 2\nt=$HOME", "s=line 1\nline 2", "t=$HOME")]
    [InlineData("s=a=b", "s=a=b")]
    [InlineData("s= t=1", "s=", "t=1")]
    [InlineData("novalue s=1", "novalue", "s=1")]
    [InlineData("", new string[0])]
    public void Split_SeveralInOneText_AreWhatTheySay(string given, params string[] expected) =>
        Assert.Equal(expected, RunCommand.Split(given));

    [Fact]
    public void Given_ValueWithEquals_KeepsIt() => Assert.Equal("b=c", RunCommand.Given(["a=b=c"])["a"]);

    [Theory]
    [InlineData("novalue")]
    [InlineData("=x")]
    public void Given_NotNameAndValue_Throws(string text) => Assert.Throws<ReportException>(() => RunCommand.Given([text]));

    [Fact]
    public void Find_PlacesInTextsAndComments_AreNone()
    {
        const string sql = """
            SELECT '{a:String}', 'it''s {b:String}', '\'{c:String}', "{d:String}", `{e:String}` -- {f:String}
            /* {g:String}
               {h:String} */ , { i : Array(String) }
            """;

        var place = Assert.Single(SqlParameters.Find(sql));

        Assert.Equal(("i", "Array(String)"), (place.Name, place.Type));
        Assert.Equal("{ i : Array(String) }", sql.Substring(place.Start, place.Length));
        Assert.EndsWith(", ?", SqlParameters.Replace(sql, _ => "?"), StringComparison.Ordinal);
    }

    [Fact]
    public void Identifiers_OfStatement_LeaveOutTextsCommentsAndParameters() =>
        Assert.Equal(
            ["SELECT", "a", "FROM", "fuel_node", "WHERE", "b"],
            SqlParameters
                .Identifiers("SELECT a FROM `fuel_node` WHERE b = 'fuel_action' -- fuel_plugin\n AND {x:String} = ''")
                .Except(["AND"])
        );
}
