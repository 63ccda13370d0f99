using Reports.Cli.Commands;
using Reports.Definitions;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class SelectListTests
{
    [Theory]
    [InlineData("SELECT a, t.b, count() AS c FROM t", "a b c")]
    [InlineData("WITH x AS (SELECT q AS z FROM y) SELECT DISTINCT a, f(b, 'AS x, y') AS c FROM x -- , d", "a c")]
    [InlineData("SELECT a AS b\nFROM t UNION ALL SELECT c FROM u", "b")]
    [InlineData("select [1, 2] as a, {p:String} as b", "a b")]
    [InlineData("SELECT a,\n  -- its name, x AS y, stays\n  b\nFROM t", "a b")]
    [InlineData("SELECT CAST(x AS Int64) AS a FROM t", "a")]
    [InlineData("SELECT * FROM t", null)]
    [InlineData("SELECT a, b + 1 FROM t", null)]
    [InlineData("SELECT count() FROM t", null)]
    public void Names_OfASelect_AreThoseThatItsTextTells(string sql, string? expected) =>
        Assert.Equal(expected, SelectList.Names(sql) is { } names ? string.Join(' ', names) : null);

    [Fact]
    public void HouseRules_OfTheProjectsReports_AreKept() =>
        Assert.Empty(Project.Here.Reports().Values.SelectMany(CheckCommand.HouseRules));

    [Fact]
    public void HouseRules_ColumnThatIsNotTold_NamesFileAndColumn()
    {
        var report = Samples.Report("columns:\n  b: {is: the other}", "SELECT a, b FROM fuel_action");
        var fault = Assert.Single(CheckCommand.HouseRules(report));
        Assert.Contains(
            "`columns` doesn't tell what the column 'a' is; expected a, b, in this order",
            fault.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("SELECT 1 -- the end")]
    [InlineData("SELECT 1; -- the end")]
    [InlineData("SELECT 1 /* the end */ ;\n-- more\n;")]
    [InlineData("SELECT 1")]
    public void Parse_WhatFollowsTheStatement_IsLeftOut(string body) =>
        Assert.Equal("SELECT 1", SqlFile.Parse("x.sql", $"/*---\na: b\n---*/\n{body}\n").Body);

    [Theory]
    [InlineData("SELECT ';--' AS a -- ';", "SELECT ';--' AS a")]
    [InlineData("-- first\nSELECT 1 -- last", "-- first\nSELECT 1")]
    public void Parse_QuotesAndComments_AreTold(string body, string expected) =>
        Assert.Equal(expected, SqlFile.Parse("x.sql", $"/*---\na: b\n---*/\n{body}\n").Body);

    [Theory]
    [InlineData("SELECT 1;\nSELECT 2", "x.sql:4: expected one statement; found another one behind the semicolon")]
    [InlineData("-- nothing\n;", "x.sql:3: expected SQL after the header; found nothing")]
    public void Parse_OtherThanOneStatement_IsAFault(string body, string expected) =>
        Assert.EndsWith(
            expected,
            Assert.Throws<DefinitionException>(() => SqlFile.Parse("x.sql", $"/*---\na: b\n---*/\n{body}\n")).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("SELECT 1 AS a FORMAT JSON", "FORMAT")]
    [InlineData("SELECT 1 AS a FORMAT JSON SETTINGS max_threads = 1", "FORMAT")]
    [InlineData("SELECT a FROM fuel_action INTO OUTFILE 'x'", "INTO OUTFILE")]
    public void Report_ClauseOfTheAnswer_IsAFault(string sql, string found) =>
        Assert.Contains(
            $"expected the SELECT alone; found {found}",
            Assert.Throws<DefinitionException>(() => Samples.Report("", sql)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("SELECT format FROM fuel_action")]
    [InlineData("SELECT a FROM fuel_action SETTINGS max_threads = 1")]
    [InlineData("SELECT 1 AS format")]
    [InlineData("SELECT a FROM fuel_action ORDER BY format")]
    [InlineData("SELECT 'FORMAT JSON' AS a -- FORMAT JSON")]
    public void Report_ColumnOfThatName_IsNone(string sql) => Assert.NotNull(Samples.Report("", sql));
}
