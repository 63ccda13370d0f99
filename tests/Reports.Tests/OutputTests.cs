using System.Text;
using System.Text.Json;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Runs;
using Xunit;

namespace Reports.Tests;

public sealed class OutputTests
{
    private static readonly ResultColumn[] Columns =
    [
        new("name", "LowCardinality(Nullable(String))"),
        new("n", "Nullable(Int64)"),
        new("at", "DateTime64(6, 'UTC')"),
    ];

    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"a,b\"", "\"a,b\"")]
    [InlineData("\"say \\\"hi\\\"\"", "\"say \"\"hi\"\"\"")]
    [InlineData("\"two\\nlines\"", "\"two\nlines\"")]
    [InlineData("\"=1+1\"", "'=1+1")]
    [InlineData("\"@sum\"", "'@sum")]
    [InlineData("\"\\tx\"", "'\tx")]
    [InlineData("\"\\rx\"", "\"'\rx\"")]
    [InlineData("\"=\\\"a\\\",b\"", "\"'=\"\"a\"\",b\"")]
    [InlineData("\"Zürich — 東京\"", "Zürich — 東京")]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("[\"a\",\"b\"]", "\"[\"\"a\"\",\"\"b\"\"]\"")]
    public async Task Csv_Text_IsQuotedAndNeutralised(string json, string expected) =>
        Assert.Equal(
            $"name,n,at\r\n{expected},-5,2026-01-01T00:00:00.000000Z\r\n",
            await CsvAsync(null, $"[{json}, -5, \"2026-01-01T00:00:00.000000Z\"]")
        );

    [Fact]
    public async Task Csv_NumbersOfEveryKind_StayAsTheServerWroteThem() =>
        Assert.Equal("name,n,at\r\nx,-9223372036854775808,1.0E-7\r\n", await CsvAsync(null, "[\"x\",-9223372036854775808,1.0E-7]"));

    [Fact]
    public async Task Csv_CutOff_SaysSoInItsLastRecord() =>
        Assert.EndsWith(
            "\r\n\"# cut off: only the first 1,000 rows are here\",,\r\n",
            await CsvAsync(1000, "[\"x\",1,\"2026-01-01T00:00:00Z\"]"),
            StringComparison.Ordinal
        );

    [Fact]
    public async Task Json_Result_SaysWhatWasAskedAndKeepsBigNumbers()
    {
        var target = new MemoryStream();
        var report = Samples.Report("params:\n  from: {type: Date, default: today-7, is: a day}", "SELECT {from:Date}");
        await using var sink = new JsonSink(target, Samples.Run(report));
        await WriteAsync(sink, 5, "[\"ü\",9223372036854775807,null]");

        var json = JsonDocument.Parse(target.ToArray()).RootElement;

        Assert.Equal("fuel/sample", json.GetProperty("report").GetString());
        Assert.Equal("2026-03-08", json.GetProperty("parameters").GetProperty("from").GetString());
        Assert.Equal("Nullable(Int64)", json.GetProperty("columns")[1].GetProperty("type").GetString());
        Assert.Equal(long.MaxValue, json.GetProperty("rows")[0].GetProperty("n").GetInt64());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("rows")[0].GetProperty("at").ValueKind);
        Assert.Equal(new DateTimeOffset(2026, 3, 15, 9, 0, 0, TimeSpan.Zero), json.GetProperty("loadedAt").GetDateTimeOffset());
        Assert.True(json.GetProperty("truncated").GetBoolean());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task RowStream_BlocksOfAnySize_GiveTheSameRows(int block)
    {
        var table = new TableSink(100);
        await using var stream = new RowStream([table], limit: 3, _ => { });
        await FeedAsync(stream, "[\"a\"]\n[\"String\"]\n[\"1\\n\"]\n[\"zwei ü\"]\n[\"3\"]\n", block);

        Assert.Equal(["1\n", "zwei ü", "3"], table.Rows.Select(r => r[0].GetString()));
        Assert.False(stream.IsCut);
        Assert.False(stream.IsBroken);
    }

    [Fact]
    public async Task RowStream_OneRowMoreThanTheLimit_IsCutThere()
    {
        var table = new TableSink(100);
        await using var stream = new RowStream([table], limit: 2, _ => { });
        await FeedAsync(stream, "[\"a\"]\n[\"String\"]\n[\"1\"]\n[\"2\"]\n[\"3\"]\n", 4096);

        Assert.Equal((2, true), (stream.Rows, stream.IsCut));
        Assert.Equal(2, table.Rows.Count);
    }

    [Fact]
    public async Task RowStream_BytesThatAreNoUtf8_AreMarkedInEveryFormat()
    {
        var csv = new MemoryStream();
        var xlsx = new MemoryStream();
        IReadOnlyList<IRowSink> sinks = [new CsvSink(csv), new XlsxSink(xlsx, Samples.Run(Samples.Report("params: {}")))];
        await using var stream = new RowStream(sinks, limit: 3, _ => { });
        await stream.WriteAsync(
            (byte[])[.. "[\"x\"]\n[\"String\"]\n[\"a"u8, 0xFF, .. "b"u8, 0xED, 0xA0, 0x80, .. "\"]\n"u8],
            TestContext.Current.CancellationToken
        );
        foreach (var sink in sinks)
        {
            await sink.EndAsync(cutAfter: null, TestContext.Current.CancellationToken);
        }

        Assert.Equal("x\r\na\uFFFDb\uFFFD\uFFFD\uFFFD\r\n", Encoding.UTF8.GetString(csv.ToArray()));
        Assert.Equal(["text a\uFFFDb\uFFFD\uFFFD\uFFFD"], new XlsxBook(new MemoryStream(xlsx.ToArray())).Row(2));
    }

    [Fact]
    public async Task RowStream_ExceptionInTheMiddle_IsNoRow()
    {
        var table = new TableSink(100);
        await using var stream = new RowStream([table], limit: 100, _ => { });
        await FeedAsync(stream, "[\"a\"]\n[\"String\"]\n[\"1\"]\n[\"2\r\n__exception__\r\nabc\r\nCode: 241\n", 4096);

        Assert.True(stream.IsBroken);
        Assert.Single(table.Rows);
    }

    [Fact]
    public async Task RowStream_DiskFull_IsNotTakenForTheWarehousesFault()
    {
        await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await using var stream = new RowStream([new CsvSink(full)], limit: 3, _ => { });

        var fault = await Assert.ThrowsAsync<ReportException>(() => FeedAsync(stream, "[\"a\"]\n[\"String\"]\n[\"1\"]\n", 4096));

        Assert.StartsWith("can't write the result: No space left on device", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ViewOverView_FindsTheOldestFact()
    {
        var loads = new FactLoads(
            [
                new FactLoad(
                    "fuel/installation_structures",
                    "fuel_node",
                    DateTimeOffset.UnixEpoch.AddDays(2),
                    DateTimeOffset.UnixEpoch.AddDays(2)
                ),
                new FactLoad("fuel/action_logs", "fuel_action", DateTimeOffset.UnixEpoch.AddDays(1), null),
            ],
            [],
            new Dictionary<string, string>
            {
                ["outer"] = "SELECT * FROM db.inner",
                ["inner"] = "SELECT * FROM fuel_node, fuel_plugin, outer",
            },
            new HashSet<string> { "fuel_node", "fuel_action", "fuel_plugin" },
            new HashSet<string>()
        );

        var freshness = loads.Of("SELECT * FROM outer JOIN fuel_action USING (a) WHERE x = 'fuel_health_check'");

        Assert.Equal(["fuel_action", "fuel_node", "fuel_plugin"], freshness.Facts);
        Assert.Equal(["fuel_plugin"], freshness.Never);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(1), freshness.At);
    }

    private static async Task<string> CsvAsync(long? cutAfter, params string[] rows)
    {
        var target = new MemoryStream();
        await WriteAsync(new CsvSink(target), cutAfter, rows);
        return Encoding.UTF8.GetString(target.ToArray());
    }

    private static async Task WriteAsync(IRowSink sink, long? cutAfter, params string[] rows)
    {
        sink.Begin(Columns);
        foreach (var row in rows)
        {
            sink.Row(Encoding.UTF8.GetBytes(row));
        }

        await sink.FlushAsync(CancellationToken.None);
        await sink.EndAsync(cutAfter, CancellationToken.None);
    }

    private static async Task FeedAsync(RowStream stream, string text, int block)
    {
        foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(block))
        {
            await stream.WriteAsync(part, CancellationToken.None);
        }
    }
}
