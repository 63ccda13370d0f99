using System.Text.Json;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using Xunit;

namespace Reports.Tests;

public sealed class CellTextTests
{
    [Theory]
    [InlineData("1234567", "integer", "1,234,567")]
    [InlineData("-5", "integer", "−5")]
    [InlineData("-9223372036854775808", "integer", "−9,223,372,036,854,775,808")]
    [InlineData("18446744073709551615", "integer", "18,446,744,073,709,551,615")]
    [InlineData("1.005", "decimal(1)", "1.0")]
    [InlineData("-0.001", "decimal(1)", "0.0")]
    [InlineData("0.25", "percent", "25.0%")]
    [InlineData("0.3333", "percent(0)", "33%")]
    [InlineData("0", "seconds", "0.0 s")]
    [InlineData("0.04", "seconds", "0.04 s")]
    [InlineData("9.97", "seconds", "10 s")]
    [InlineData("59.6", "seconds", "1 min")]
    [InlineData("754", "seconds", "12 min 34 s")]
    [InlineData("3599.7", "seconds", "1 h")]
    [InlineData("5025", "seconds", "1 h 24 min")]
    [InlineData("200000", "seconds", "2 d 8 h")]
    [InlineData("1.5", "hours", "1 h 30 min")]
    [InlineData("1023", "bytes", "1,023 B")]
    [InlineData("1048575", "bytes", "1.0 MiB")]
    [InlineData("1610612736", "bytes", "1.5 GiB")]
    [InlineData("\"2026-01-05T14:03:22.123456Z\"", "datetime", "2026-01-05 14:03:22")]
    [InlineData("\"2026-01-05\"", "date", "2026-01-05")]
    [InlineData("true", "text", "yes")]
    [InlineData("[1,null,3]", "integer", "1, –, 3")]
    [InlineData("null", "integer", null)]
    public void Of_Value_IsWhatPeopleRead(string json, string format, string? expected) =>
        Assert.Equal(
            expected,
            CellText.Of(JsonDocument.Parse(json).RootElement, ColumnFormat.Parse(format)!.Value)?.Replace('\u00a0', ' ')
        );

    [Theory]
    [InlineData("money")]
    [InlineData("integer(2)")]
    [InlineData("decimal(9)")]
    [InlineData("decimal(")]
    public void Parse_UnknownFormat_IsNull(string format) => Assert.Null(ColumnFormat.Parse(format));

    [Theory]
    [InlineData("x", "LowCardinality(Nullable(String))", ColumnFormatKind.Text)]
    [InlineData("x", "Nullable(UInt64)", ColumnFormatKind.Whole)]
    [InlineData("avg_s", "Nullable(Float64)", ColumnFormatKind.Seconds)]
    [InlineData("memory_bytes", "Int64", ColumnFormatKind.Bytes)]
    [InlineData("x", "Decimal(18, 2)", ColumnFormatKind.Fixed)]
    [InlineData("x", "Nullable(DateTime64(6, 'UTC'))", ColumnFormatKind.DateTime)]
    [InlineData("x", "Date", ColumnFormatKind.Date)]
    [InlineData("x", "Array(Int32)", ColumnFormatKind.Text)]
    [InlineData("x", "Bool", ColumnFormatKind.Text)]
    public void Infer_ByNameAndType_IsTheNaturalFormat(string column, string type, ColumnFormatKind expected) =>
        Assert.Equal(expected, ColumnFormat.Infer(column, type).Kind);

    [Theory]
    [InlineData(10, "just now")]
    [InlineData(120, "2 minutes ago")]
    [InlineData(3 * 3600, "3 hours ago")]
    [InlineData(40 * 3600, "2 days ago")]
    public void Ago_Age_IsSaidInItsUnit(int seconds, string expected) =>
        Assert.Equal(expected, CellText.Ago(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("2026-01-01", "2026-02-01", "1 January 2026 – 31 January 2026")]
    [InlineData("2026-01-01", "2026-01-02", "1 January 2026")]
    [InlineData("2026-01-02", "2026-01-02", "no day: `to` isn't after `from`")]
    public void PeriodOf_FromAndTo_IsHalfOpen(string from, string to, string expected)
    {
        var report = Samples.Report(
            $"params:\n  from: {{type: Date, default: '{from}', is: a day}}\n  to: {{type: Date, default: '{to}', is: a day}}",
            "SELECT {from:Date}, {to:Date}"
        );

        Assert.Equal(expected, Sentences.PeriodOf(Samples.Run(report)));
    }

    [Fact]
    public void AgeOf_NeverLoadedFact_SaysSo()
    {
        var now = FixedTime.Noon.GetUtcNow();

        Assert.Equal(
            new Age("never loaded", "fuel_plugin", false),
            Sentences.AgeOf(new Freshness(null, ["fuel_plugin"], ["fuel_plugin"]), now)
        );
        Assert.Equal(
            "2026-03-15 11:00 UTC; never loaded: fuel_plugin",
            Sentences.AgeOf(new Freshness(now.AddHours(-1), ["fuel_node", "fuel_plugin"], ["fuel_plugin"]), now).Long
        );
    }
}
