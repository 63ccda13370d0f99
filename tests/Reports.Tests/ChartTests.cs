using System.Globalization;
using System.Xml.Linq;
using Reports.Charts;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using WarehouseSql.ClickHouse;
using Xunit;

namespace Reports.Tests;

public sealed class ChartTests
{
    private static readonly ReportDefinition Bars = Samples.Report("chart: {type: bar, x: x, y: y}");
    private static readonly ReportDefinition Lines = Samples.Report("chart: {type: line, x: x, y: y}");

    [Fact]
    public void Draw_Bars_AreAsLongAsTheirShareOfTheHighest() =>
        Assert.Equal([(0.0, 100.0), (0.0, 25.0)], BarsOf("[\"a\",400]", "[\"b\",100]"));

    [Fact]
    public void Draw_OneBar_FillsTheWidth() => Assert.Equal([(0.0, 100.0)], BarsOf("[\"a\",7]"));

    [Fact]
    public void Draw_ZeroesOnly_HaveNoLength() => Assert.Equal([(0.0, 0.0), (0.0, 0.0)], BarsOf("[\"a\",0]", "[\"b\",0]"));

    [Fact]
    public void Draw_NegativeValue_LeavesZeroToTheLeft() =>
        Assert.Equal([(25.0, 75.0), (0.0, 25.0)], BarsOf("[\"a\",300]", "[\"b\",-100]"));

    [Fact]
    public void Draw_Null_HasADashAndNoBar()
    {
        var svg = Svg(Bars, "[\"a\",1]", "[null,null]");

        Assert.Single(Rects(svg));
        Assert.Contains("–", svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value));
        Assert.Contains("(no value)", svg.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_HugeValues_StayFinite()
    {
        var report = Samples.Report("chart: {type: bar, x: x, y: y}");
        var table = new TableModel(
            report,
            Samples.Rows([new("x", "String"), new("y", "Float64")], "[\"a\",1.7e308]", "[\"b\",-1.7e308]", "[\"c\",1e-300]")
        );
        var data = ChartData.Of(report, table)!;

        Assert.DoesNotContain("NaN", BarChart.Draw(data) + LineChart.Draw(data with { IsLine = true }), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", LineChart.Draw(data with { IsLine = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_Markup_IsText()
    {
        var svg = Svg(Bars, "[\"<script>alert(1)</script> & \\\"x\\\"\",1]");

        Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName == "script");
        Assert.Contains("<script>", svg.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_MoreRowsThanFit_KeepsTheFirst() =>
        Assert.Equal(BarChart.MostBars, BarsOf([.. Enumerable.Range(1, 50).Select(i => $"[\"{i}\",{i}]")]).Count);

    [Fact]
    public void Of_BarsOfOneName_AreToldApartByTheOtherTexts()
    {
        var report = Samples.Report("chart: {type: bar, x: x, y: y}");
        ResultColumn[] columns = [new("maker", "String"), new("x", "String"), new("y", "Int64")];

        Assert.Equal(
            ["R620 · Dell", "R620 · HP"],
            ChartData.Of(report, new TableModel(report, Samples.Rows(columns, "[\"Dell\",\"R620\",1]", "[\"HP\",\"R620\",2]")))!.Labels
        );
        Assert.Equal(
            ["R620", "G9"],
            ChartData.Of(report, new TableModel(report, Samples.Rows(columns, "[\"Dell\",\"R620\",1]", "[\"HP\",\"G9\",2]")))!.Labels
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Draw_Picture_HasNameDescriptionAndRole(bool isLine)
    {
        var svg = Svg(isLine ? Lines : Bars, "[\"a\",1]", "[\"b\",2]");

        Assert.Equal("img", svg.Attribute("role")?.Value);
        Assert.Equal("Y by X", svg.Elements().First(e => e.Name.LocalName == "title").Value);
        Assert.NotEmpty(svg.Elements().First(e => e.Name.LocalName == "desc").Value);
    }

    [Fact]
    public void Draw_Line_BreaksAtNull()
    {
        var svg = Svg(Lines, "[\"a\",1]", "[\"b\",2]", "[\"c\",null]", "[\"d\",2]", "[\"e\",1]");

        Assert.Equal(2, svg.Descendants().Count(e => e.Name.LocalName == "polyline"));
    }

    [Fact]
    public void Draw_OnePoint_IsADot()
    {
        var svg = Svg(Lines, "[\"a\",1]");

        Assert.Single(
            svg.Descendants(),
            e => e.Name.LocalName == "circle" && e.Attribute("class")!.Value.StartsWith("dot", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Draw_LineOverDays_PlacesThemByTime()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y}");
        var table = new TableModel(
            report,
            Samples.Rows([new("x", "Date"), new("y", "Int64")], "[\"2026-01-05\",1]", "[\"2026-01-01\",1]", "[\"2026-01-02\",1]")
        );
        var data = ChartData.Of(report, table)!;

        Assert.Equal(["2026-01-01", "2026-01-02", "2026-01-05"], data.Labels);
        var x = XElement
            .Parse(LineChart.Draw(data))
            .Descendants()
            .Where(e => e.Name.LocalName == "circle")
            .Select(e => Number(e, "cx"))
            .ToList();
        Assert.Equal((x[2] - x[0]) / 4, x[1] - x[0], 3);
    }

    [Fact]
    public void Of_SeriesColumn_MakesALineOfEachAndKeepsTheBiggest()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y, series: s}");
        var rows = Enumerable.Range(1, 9).SelectMany(s => new[] { $"[\"2026-01-01\",{s},\"s{s}\"]", $"[\"2026-01-02\",{s},\"s{s}\"]" });
        var data = ChartData.Of(
            report,
            new TableModel(report, Samples.Rows([new("x", "Date"), new("y", "Int64"), new("s", "String")], [.. rows]))
        )!;

        Assert.Equal(["s9", "s8", "s7", "s6", "s5", "s4"], data.Series.Select(s => s.Name));
        Assert.Equal(3, data.SeriesLeftOut);
    }

    [Fact]
    public async Task Of_MoreRowsThanAreShown_IsOfAllOfThem()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y, series: s}");
        // What is small among the first rows is the largest of all; what is highest comes last.
        var rows = Enumerable
            .Range(0, 1500)
            .SelectMany(i =>
                Enumerable.Range(0, 8).Select(s => $"[\"{Day(i)}\",{(i < 1000 ? 8 - s : s * 1000) + (i == 1499 ? 7 : 0)},\"s{s}\"]")
            );
        var data = ChartData.Of(report, new TableModel(report, await SinkAsync(report, 1_000, false, rows)))!;

        Assert.Equal(["s7", "s6", "s5", "s4", "s3", "s2"], data.Series.Select(s => s.Name));
        Assert.Equal((2, 12_000, 7_007), (data.SeriesLeftOut, data.Rows, data.Highest));
        Assert.Equal((1500, Day(1499)), (data.Labels.Count, data.Labels[^1]));
    }

    [Fact]
    public async Task Of_BarsBeyondTheTable_CountForTheScale()
    {
        var data = ChartData.Of(
            Bars,
            new TableModel(Bars, await SinkAsync(Bars, 10, false, Enumerable.Range(0, 1500).Select(i => $"[\"b{i}\",{i - 100}]")))
        )!;

        Assert.Equal((10, 1500, -100, 1399), (data.Labels.Count, data.Rows, data.Lowest, data.Highest));
    }

    [Fact]
    public async Task Digest_LastRowsOfMany_AreTheLast()
    {
        var sink = await SinkAsync(Lines, 100, true, Enumerable.Range(0, 1500).Select(i => $"[\"{Day(i)}\",{i}]"));
        var table = new DigestTable(Lines, new TableModel(Lines, sink), 5, 5);

        Assert.Equal(["1,495", "1,496", "1,497", "1,498", "1,499"], table.Rows.Select(r => r.Cells[1].Text));
        Assert.Equal("the last 5 of 1,500 rows", table.NoteOf(new ReportOutcome(1500, null, default)));
        var chart = DigestChart.Of(ChartData.Of(Lines, new TableModel(Lines, sink)))!;
        Assert.Equal(("Y by X: the highest is 1,499; the last 40 of 1,500", Day(1460), Day(1499)), (chart.Title, chart.First, chart.Last));
    }

    [Fact]
    public async Task Draw_ManyPlaces_KeepsEachStretchsHighestAndLowest()
    {
        var sink = await SinkAsync(
            Lines,
            100,
            false,
            Enumerable
                .Range(0, 100_000)
                .Select(i =>
                    $"[\"{new DateTime(2020, 1, 1).AddMinutes(i):yyyy-MM-dd'T'HH:mm:ss'Z'}\",{(i == 77_777 ? 1_000 : i == 33_333 ? -1_000 : i % 10)}]"
                ),
            "DateTime('UTC')"
        );
        var data = ChartData.Of(Lines, new TableModel(Lines, sink))!;
        var drawn = data.Drawn();

        Assert.Equal(100_000, data.Labels.Count);
        Assert.InRange(drawn.Labels.Count, 500, 1_100);
        Assert.Equal((-1_000, 1_000), (drawn.Series[0].Values.Min(), drawn.Series[0].Values.Max()));
        Assert.Equal((data.Labels[0], data.Labels[^1]), (drawn.Labels[0], drawn.Labels[^1]));
        Assert.True(drawn.Times!.SequenceEqual(drawn.Times!.Order()));
    }

    [Fact]
    public void Of_PlacesThatLookAlike_StayApart()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y}");
        var times = ChartData.Of(
            report,
            new TableModel(
                report,
                Samples.Rows(
                    [new("x", "DateTime64(6, 'UTC')"), new("y", "Int64")],
                    "[\"2026-01-01T00:00:00.000002Z\",2]",
                    "[\"2026-01-01T00:00:00.000001Z\",1]",
                    "[\"2026-01-01T00:00:01Z\",3]"
                )
            )
        )!;
        Assert.Equal([1, 2, 3], times.Series[0].Values);
        Assert.Equal(["2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000002Z"], times.Labels.Take(2));

        var numbers = ChartData.Of(
            report,
            new TableModel(report, Samples.Rows([new("x", "Float64"), new("y", "Int64")], "[0.10001,1]", "[0.10002,2]", "[0.10003,3]"))
        )!;
        Assert.Equal((3, 3), (numbers.Labels.Distinct().Count(), numbers.Series[0].Values.Count));

        // Two rows of one place are two values, not the last one.
        var twice = ChartData.Of(
            report,
            new TableModel(
                report,
                Samples.Rows([new("x", "Date"), new("y", "Int64")], "[\"2026-01-02\",3]", "[\"2026-01-01\",1]", "[\"2026-01-01\",2]")
            )
        )!;
        Assert.Equal([1, 2, 3], twice.Series[0].Values);
    }

    [Theory]
    [InlineData(70, 1, "Jan 2026 Feb 2026 Mar 2026")]
    [InlineData(400, 1, "Jan 2026 Apr 2026 Jul 2026 Oct 2026 Jan 2027")]
    [InlineData(1000, 1, "Jan 2026 Jul 2026 Jan 2027 Jul 2027 Jan 2028 Jul 2028")]
    [InlineData(200, 30, "Jan 2030 Jan 2035 Jan 2040")]
    public void Draw_LongLine_NamesMonths(int days, int every, string expected)
    {
        var svg = Svg(
            Samples.Report("chart: {type: line, x: x, y: y}"),
            [new("x", "Date"), new("y", "Int64")],
            [.. Enumerable.Range(0, days).Select(i => $"[\"{Day(i * every)}\",{i}]")]
        );

        Assert.Equal(
            expected,
            string.Join(
                ' ',
                svg.Descendants()
                    .Where(e => e.Name.LocalName == "text" && e.Value.Contains(" 20", StringComparison.Ordinal))
                    .Select(e => e.Value)
            )
        );
    }

    [Theory]
    [InlineData(0, 97, "integer", "0 25 50 75 100")]
    [InlineData(0, 2, "integer", "0 1 2")]
    [InlineData(0, 0, "integer", "0 1")]
    [InlineData(-30, 70, "integer", "-50 -25 0 25 50 75")]
    [InlineData(0, 0.31, "percent", "0 0.1 0.2 0.3 0.4")]
    [InlineData(0, 9000, "seconds", "0 3600 7200 10800")]
    [InlineData(0, 3e9, "bytes", "0 1073741824 2147483648 3221225472")]
    public void Of_Range_HasRoundTicks(double lowest, double highest, string format, string expected) =>
        Assert.Equal(
            expected,
            string.Join(
                ' ',
                Scale
                    .Of(lowest, highest, ColumnFormat.Parse(format)!.Value)
                    .Ticks.Select(t => Math.Round(t, 6).ToString(CultureInfo.InvariantCulture))
            )
        );

    private static string Day(int number) => new DateOnly(2026, 1, 1).AddDays(number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static async Task<TableSink> SinkAsync(
        ReportDefinition report,
        int keep,
        bool fromEnd,
        IEnumerable<string> rows,
        string type = "Date"
    )
    {
        var sink = new TableSink(keep, report, fromEnd);
        sink.Begin([new("x", report.Chart!.IsLine ? type : "String"), new("y", "Int64"), new("s", "String")]);
        foreach (var row in rows)
        {
            sink.Row(System.Text.Encoding.UTF8.GetBytes(row.Contains(",\"s", StringComparison.Ordinal) ? row : row[..^1] + ",null]"));
        }

        await sink.EndAsync(null, TestContext.Current.CancellationToken);
        return sink;
    }

    private static List<(double X, double Width)> BarsOf(params string[] rows) =>
        [.. Rects(Svg(Bars, rows)).Select(r => (Number(r, "x"), Number(r, "width")))];

    private static IEnumerable<XElement> Rects(XElement svg) =>
        svg.Descendants().Where(e => e.Name.LocalName == "rect" && e.Attribute("class")!.Value.StartsWith("bar", StringComparison.Ordinal));

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value.TrimEnd('%'), CultureInfo.InvariantCulture);

    private static XElement Svg(ReportDefinition report, params string[] rows) =>
        Svg(report, [new("x", "String"), new("y", "Nullable(Int64)")], rows);

    private static XElement Svg(ReportDefinition report, IReadOnlyList<ResultColumn> columns, IReadOnlyList<string> rows)
    {
        var data = ChartData.Of(report, new TableModel(report, Samples.Rows(columns, [.. rows])))!;
        return XElement.Parse(data.IsLine ? LineChart.Draw(data) : BarChart.Draw(data));
    }
}
