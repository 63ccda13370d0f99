using Reports.Definitions;
using Reports.Values;
using Xunit;

namespace Reports.Tests;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData("previous", "2026-11-23", "2026-11-30", "2026-11-16", "2026-11-23", "7 days")]
    [InlineData("previous", "2026-11-23", "2026-11-24", "2026-11-22", "2026-11-23", "a day")]
    [InlineData("previous", "2026-03-01", "2026-04-01", "2026-02-01", "2026-03-01", "a month")]
    [InlineData("previous", "2026-01-01", "2026-04-01", "2025-10-01", "2026-01-01", "3 months")]
    [InlineData("previous", "2024-01-01", "2025-01-01", "2023-01-01", "2024-01-01", "a year")]
    [InlineData("year", "2024-02-01", "2024-03-01", "2023-02-01", "2023-03-01", "a year")]
    // Mondays meet Mondays, also over a leap day.
    [InlineData("year", "2024-03-04", "2024-03-11", "2023-03-06", "2023-03-13", "52 weeks")]
    public void Of_Period_IsTheOneBefore(string kind, string from, string to, string first, string end, string distance)
    {
        var earlier = Comparison.Of(kind, Day(from), Day(to));

        Assert.Equal((Day(first), Day(end), distance), (earlier.From, earlier.To, earlier.Distance));
    }

    [Theory]
    [InlineData("previous", "2026-11-23", "2026-11-23", "the period has no day")]
    [InlineData("year", "1970-06-02", "1970-06-09", "would begin before 1970")]
    [InlineData("previous", "1970-01-01", "2026-11-23", "would begin before 1970")]
    [InlineData("previous", "1970-01-01", "2149-06-01", "would begin before 1970")]
    public void Of_NoPeriod_SaysSo(string kind, string from, string to, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<ReportException>(() => Comparison.Of(kind, Day(from), Day(to))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("week", "2026-03-09")]
    [InlineData("week-1", "2026-03-02")]
    [InlineData("week+1", "2026-03-16")]
    [InlineData("month", "2026-03-01")]
    [InlineData("month-1", "2026-02-01")]
    [InlineData("month - 14", "2025-01-01")]
    [InlineData("quarter", "2026-01-01")]
    [InlineData("quarter-1", "2025-10-01")]
    [InlineData("year", "2026-01-01")]
    [InlineData("year+1", "2027-01-01")]
    [InlineData("2024-02-28+1", "2024-02-29")]
    [InlineData("2024-03-01-1", "2024-02-29")]
    [InlineData("today-99999", null)]
    [InlineData("year+99999", null)]
    [InlineData("month-", null)]
    [InlineData("month1", null)]
    [InlineData("months", null)]
    [InlineData("Month", null)]
    [InlineData("٢٠٢٦-٠١-٠١", null)]
    [InlineData("2149-06-06+1", null)]
    [InlineData("", null)]
    public void Resolve_WordOfACalendar_IsItsFirstDay(string given, string? expected) =>
        Assert.Equal(expected, new ReportParameter("p", "Date", "", "").Resolve(given, FixedTime.Noon));

    [Theory]
    [InlineData("fuel/x", "fuel/x", "")]
    [InlineData("fuel/x?a={os}&b={day}+1&c=on", "fuel/x", "a=centos|b=2026-01-31+1|c=on")]
    // A parameter that means all isn't handed on; a cell without a value leads nowhere.
    [InlineData("fuel/x?a={os}&b={release}", "fuel/x", "a=centos")]
    [InlineData("fuel/x?a={none}", "fuel/x", null)]
    [InlineData("fuel/x?a={os}&", null, null)]
    [InlineData("fuel/x?a", null, null)]
    [InlineData("fuel", null, null)]
    [InlineData("https://elsewhere.example/x", null, null)]
    [InlineData("fuel/x?a={os}\n", null, null)]
    public void CellLink_Text_IsReportAndValues(string text, string? report, string? values)
    {
        var link = CellLink.Parse(text);

        Assert.Equal(report, link?.Report);
        var made = link?.Of(
            name =>
                name switch
                {
                    "os" => (true, "centos"),
                    "day" => (true, "2026-01-31"),
                    "none" => (true, null),
                    _ => (false, null),
                },
            name => name == "release" ? "" : null
        );
        Assert.Equal(values, made is null ? null : string.Join('|', made.Select(m => $"{m.Key}={m.Value}")));
    }

    [Theory]
    [InlineData("columns: {x: {link: fuel/sample?from=2026-01-01}}", null)]
    [InlineData(
        "columns:\n  x: {link: fuel/sampl}",
        "sample.sql:5: column 'x' links to nowhere: there is no report 'fuel/sampl'; did you mean fuel/sample?"
    )]
    [InlineData(
        "columns:\n  x: {link: 'fuel/sample?y={x}'}",
        "sample.sql:5: column 'x' links to nowhere: fuel/sample has no parameter 'y'; it has none"
    )]
    public void Links_OfAReport_LeadSomewhere(string header, string? expected)
    {
        var report = Samples.Report(header);
        var reports = new Dictionary<string, ReportDefinition> { [report.Name] = report };
        var faults = Cli.Commands.CheckCommand.Links(report, reports).Select(f => f.Message).ToList();

        if (expected is null)
        {
            // No period, no parameter `from`.
            Assert.Contains("fuel/sample has no parameter 'from'", Assert.Single(faults), StringComparison.Ordinal);
            return;
        }

        Assert.EndsWith(expected, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("columns: {x: {link: 'nowhere'}}", "column 'x': expected `link: system/report?parameter={column}`; found 'nowhere'")]
    [InlineData(
        "params: {a: {type: String, default: '', is: it, suggest: 'DROP TABLE x'}}",
        "parameter 'a': expected as `suggest` a SELECT of one column; found 'DROP TABLE x'"
    )]
    [InlineData(
        "params: {a: {type: String, default: '', is: it, suggest: 'SELECT {b:String}'}}",
        "parameter 'a': `suggest` uses {b:String}, but the header's `params` has no such 'b'"
    )]
    public void Parse_FaultyLinkOrSuggestion_SaysWhatIsExpected(string header, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<WarehouseSql.Definitions.DefinitionException>(() => Samples.Report(header)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(0.1234, "+12.3%")]
    [InlineData(-0.1234, "\u221212.3%")]
    [InlineData(0, "0.0%")]
    [InlineData(0.0001, "0.0%")]
    [InlineData(12.5, "+1,250.0%")]
    public void CellText_Change_HasItsSign(double change, string expected) =>
        Assert.Equal(expected, CellText.OfNumber(change, new ColumnFormat(ColumnFormatKind.Percent, 1) { IsChange = true }));

    private static DateOnly Day(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", null);
}
