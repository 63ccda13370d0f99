using System.Text;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using Xunit;

namespace Reports.Tests;

public sealed class FormulasTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0")]
    [InlineData("-1-2", "'-1-2")]
    [InlineData("-2+3", "'-2+3")]
    [InlineData("--1", "'--1")]
    [InlineData("+1-555-1234", "'+1-555-1234")]
    [InlineData(" =1", "' =1")]
    [InlineData("\u00a0=1", "'\u00a0=1")]
    [InlineData("\u200b=1", "'\u200b=1")]
    [InlineData("\ufeff=1", "'\ufeff=1")]
    [InlineData("＝1", "'＝1")]
    [InlineData("＋1", "'＋1")]
    [InlineData("－1", "'－1")]
    [InlineData("＠x", "'＠x")]
    [InlineData("a;=1", "a;'=1")]
    [InlineData("a; =1", "a;' =1")]
    [InlineData("a\t=1", "a\t'=1")]
    [InlineData("\t=1", "'\t'=1")]
    [InlineData("=1;=2", "'=1;'=2")]
    [InlineData("a;＝1", "a;'＝1")]
    [InlineData("a\n=1", "\"a\n'=1\"")]
    [InlineData("a\r\n@x\r\nb", "\"a\r\n'@x\r\nb\"")]
    [InlineData("\"=1", "\"\"\"=1\"")]
    // Left as they are.
    [InlineData("-12.50", "-12.50")]
    [InlineData("+15551234", "+15551234")]
    [InlineData("-1,234.5", "\"-1,234.5\"")]
    [InlineData("-1e-5", "-1e-5")]
    [InlineData("-5 %", "-5 %")]
    [InlineData("-", "-")]
    [InlineData("a;-1;b", "a;-1;b")]
    [InlineData("a=b", "a=b")]
    [InlineData("x@example.org", "x@example.org")]
    [InlineData("a, -b", "\"a, -b\"")]
    [InlineData("a\r\nb", "\"a\r\nb\"")]
    [InlineData("ï", "ï")]
    public async Task Csv_OfAText_IsRunByNoSpreadsheet(string text, string expected) =>
        Assert.Equal($"t,n\r\n{expected},\r\n", await CsvAsync("t n", $"[{Json(text)},null]"));

    [Fact]
    public async Task Csv_OneColumn_HasARowForEachThatIsEmpty() =>
        Assert.Equal("t\r\n\"\"\r\n\"\"\r\nx\r\n", await CsvAsync("t", "[null]", "[\"\"]", "[\"x\"]"));

    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static async Task<string> CsvAsync(string columns, params string[] rows)
    {
        using var target = new MemoryStream();
        var sink = new CsvSink(target);
        sink.Begin([.. columns.Split(' ').Select(c => new ResultColumn(c, "Nullable(String)"))]);
        foreach (var row in rows)
        {
            sink.Row(Encoding.UTF8.GetBytes(row));
        }

        await sink.EndAsync(null, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(target.ToArray());
    }
}
