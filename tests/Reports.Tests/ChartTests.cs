using System.Globalization;
using System.Xml.Linq;
using Reports.Charts;
using Reports.Definitions;
using Reports.Rendering;
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
    public void Draw_NegativeValue_LeavesZeroToTheLeft() => Assert.Equal([(25.0, 75.0), (0.0, 25.0)], BarsOf("[\"a\",300]", "[\"b\",-100]"));

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
        var table = new TableModel(report, Samples.Rows([new("x", "String"), new("y", "Float64")], "[\"a\",1.7e308]", "[\"b\",-1.7e308]", "[\"c\",1e-300]"));
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

        Assert.Equal(["R620 · Dell", "R620 · HP"], ChartData.Of(report, new TableModel(report, Samples.Rows(columns, "[\"Dell\",\"R620\",1]", "[\"HP\",\"R620\",2]")))!.Labels);
        Assert.Equal(["R620", "G9"], ChartData.Of(report, new TableModel(report, Samples.Rows(columns, "[\"Dell\",\"R620\",1]", "[\"HP\",\"G9\",2]")))!.Labels);
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

        Assert.Single(svg.Descendants(), e => e.Name.LocalName == "circle" && e.Attribute("class")!.Value.StartsWith("dot", StringComparison.Ordinal));
    }

    [Fact]
    public void Draw_LineOverDays_PlacesThemByTime()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y}");
        var table = new TableModel(report, Samples.Rows([new("x", "Date"), new("y", "Int64")], "[\"2026-01-05\",1]", "[\"2026-01-01\",1]", "[\"2026-01-02\",1]"));
        var data = ChartData.Of(report, table)!;

        Assert.Equal(["2026-01-01", "2026-01-02", "2026-01-05"], data.Labels);
        var x = XElement.Parse(LineChart.Draw(data)).Descendants().Where(e => e.Name.LocalName == "circle").Select(e => Number(e, "cx")).ToList();
        Assert.Equal((x[2] - x[0]) / 4, x[1] - x[0], 3);
    }

    [Fact]
    public void Of_SeriesColumn_MakesALineOfEachAndKeepsTheBiggest()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y, series: s}");
        var rows = Enumerable.Range(1, 9).SelectMany(s => new[] { $"[\"2026-01-01\",{s},\"s{s}\"]", $"[\"2026-01-02\",{s},\"s{s}\"]" });
        var data = ChartData.Of(report, new TableModel(report, Samples.Rows([new("x", "Date"), new("y", "Int64"), new("s", "String")], [.. rows])))!;

        Assert.Equal(["s9", "s8", "s7", "s6", "s5", "s4"], data.Series.Select(s => s.Name));
        Assert.Equal(3, data.SeriesLeftOut);
    }

    [Theory]
    [InlineData(0, 97, "integer", "0 25 50 75 100")]
    [InlineData(0, 2, "integer", "0 1 2")]
    [InlineData(0, 0, "integer", "0 1")]
    [InlineData(-30, 70, "integer", "-50 -25 0 25 50 75")]
    [InlineData(0, 0.31, "percent", "0 0.1 0.2 0.3 0.4")]
    [InlineData(0, 9000, "seconds", "0 3600 7200 10800")]
    [InlineData(0, 3e9, "bytes", "0 1073741824 2147483648 3221225472")]
    public void Of_Range_HasRoundTicks(double lowest, double highest, string format, string expected) => Assert.Equal(
        expected,
        string.Join(' ', Scale.Of(lowest, highest, ColumnFormat.Parse(format)!.Value).Ticks.Select(t => Math.Round(t, 6).ToString(CultureInfo.InvariantCulture))));

    private static List<(double X, double Width)> BarsOf(params string[] rows) =>
        [.. Rects(Svg(Bars, rows)).Select(r => (Number(r, "x"), Number(r, "width")))];

    private static IEnumerable<XElement> Rects(XElement svg) =>
        svg.Descendants().Where(e => e.Name.LocalName == "rect" && e.Attribute("class")!.Value.StartsWith("bar", StringComparison.Ordinal));

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value.TrimEnd('%'), CultureInfo.InvariantCulture);

    private static XElement Svg(ReportDefinition report, params string[] rows)
    {
        var data = ChartData.Of(report, Samples.Table(report, rows))!;
        return XElement.Parse(data.IsLine ? LineChart.Draw(data) : BarChart.Draw(data));
    }
}
