using System.Text;
using Reports.Rendering;
using WarehouseSql.ClickHouse;
using Xunit;

namespace Reports.Tests;

/// <summary>Workbooks, read back as the XML that they are; what other programs read is in <see cref="XlsxReadersTests"/>.</summary>
public sealed class XlsxTests
{
    private const string Header = """
        params:
          release: {type: String, default: '', is: a release; empty means all}
        columns:
          share: {format: percent, is: of all sites}
          n: {title: Sites, format: integer}
          ratio: {format: decimal(3)}
        """;

    [Fact]
    public async Task Cells_OfEveryType_AreTyped()
    {
        var book = await BookAsync(
            [
                "name LowCardinality(Nullable(String))",
                "n Nullable(Int64)",
                "share Float64",
                "ratio Decimal(12, 4)",
                "took_s Float64",
                "size_bytes UInt64",
                "on Date32",
                "at DateTime64(6, 'UTC')",
                "is_big Bool",
                "tags Array(String)",
            ],
            """["Zürich",1234,0.125,1.5000,4320.25,2048,"2026-01-31","2026-01-31T12:00:00.000000Z",true,["a","b"]]"""
        );

        Assert.Equal(
            [
                "text Zürich",
                "1234 #,##0",
                "0.125 0.0%",
                "1.5 #,##0.000",
                "4320.25 [<10]0.0\" s\";#,##0\" s\"",
                "2048 #,##0\" B\"",
                "46053 yyyy\\-mm\\-dd",
                "46053.5 yyyy\\-mm\\-dd\\ hh:mm:ss",
                "bool 1",
                "text a, b",
            ],
            book.Row(2)
        );
        Assert.Equal(
            ["Name", "Sites", "Share", "Ratio", "Took", "Size bytes", "On", "At (UTC)", "Big", "Tags"],
            book.Row(1).Select(t => t[5..])
        );
    }

    [Fact]
    public async Task Cells_Null_AreNotThere()
    {
        var book = await BookAsync(
            ["a Nullable(String)", "b Nullable(Int32)", "c Nullable(Bool)", "d Nullable(DateTime)", "e String"],
            """[null,null,null,null,"x"]"""
        );

        var cell = Assert.Single(XlsxBook.CellsOf(book.Rows.Skip(1).Single()));
        Assert.Equal("E2", cell.Attribute("r")?.Value);
    }

    [Theory]
    [InlineData("Int64", "999999999999999", "999999999999999 #,##0")]
    [InlineData("UInt64", "18446744073709551615", "text 18446744073709551615")]
    [InlineData("Int64", "-9007199254740993", "text -9007199254740993")]
    [InlineData("Int64", "9000000000000000000", "9E+18 #,##0")]
    [InlineData("Int128", "\"170141183460469231731687303715884105727\"", "text 170141183460469231731687303715884105727")]
    [InlineData("Nullable(Int128)", "\"-12\"", "-12 #,##0")]
    [InlineData("Decimal(38, 10)", "12345678901.1234567890", "text 12345678901.1234567890")]
    [InlineData("Decimal(38, 10)", "0.0000000001", "1E-10 #,##0.00")]
    [InlineData("Float64", "0.30000000000000004", "0.30000000000000004 #,##0.00")]
    [InlineData("Float64", "1e-7", "1E-07 #,##0.00")]
    [InlineData("Float64", "-0", "0 #,##0.00")]
    [InlineData("Float64", "\"nan\"", "text nan")]
    [InlineData("Float64", "\"-inf\"", "text -inf")]
    [InlineData("Float64", "1e999", "text 1e999")]
    [InlineData("Int64", "0", "0 #,##0")]
    [InlineData("Decimal(38, 4)", "0.0100", "0.01 #,##0.00")]
    [InlineData("Decimal(38, 1)", "-123456789012345.0", "-123456789012345 #,##0.00")]
    public async Task Numbers_ThatExcelWouldRound_AreTextsAndWhole(string type, string json, string expected) =>
        Assert.Equal([expected], (await BookAsync([$"x {type}"], $"[{json}]")).Row(2));

    [Theory]
    [InlineData("=1+1", "=1+1")]
    [InlineData("  two blanks  ", "  two blanks  ")]
    [InlineData("two\\nlines\\tand a tab", "two\nlines\tand a tab")]
    [InlineData("a\\r\\nb", "a_x000D_\nb")]
    [InlineData("bell\\u0007 and \\uFFFE", "bell_x0007_ and _xFFFE_")]
    [InlineData("\\u0000\\u000B\\u001F\\uFFFF", "_x0000__x000B__x001F__xFFFF_")]
    [InlineData("+1", "+1")]
    [InlineData("\\n", "\n")]
    [InlineData("_x0041_ and _x and x_", "_x005F_x0041_ and _x and x_")]
    [InlineData("<b> & \\\"東京\\\" 🙂", "<b> & \"東京\" 🙂")]
    [InlineData("123", "123")]
    [InlineData("2026-01-31", "2026-01-31")]
    [InlineData("", "")]
    public async Task Texts_OfAnyContent_AreTexts(string json, string expected) =>
        Assert.Equal(["text " + expected], (await BookAsync(["x String"], $"[\"{json}\"]")).Row(2));

    [Fact]
    public async Task Texts_EveryControlCharacter_IsSpeltAndNoneIsLost()
    {
        var all = string.Concat(Enumerable.Range(0, 32).Select(c => $"\\u{c:X4}"));

        var expected = string.Concat(Enumerable.Range(0, 32).Select(c => c is '\t' or '\n' ? ((char)c).ToString() : $"_x{c:X4}_"));
        Assert.Equal(["text " + expected], (await BookAsync(["x String"], $"[\"{all}\"]")).Row(2));
    }

    [Fact]
    public async Task Texts_HalfAPair_BecomesTheMarkForIt()
    {
        var book = await BookAsync(["name String"], cutAfter: null, [], note: "a \uD83D and \uDE42 b");

        Assert.Contains("a \uFFFD and \uFFFD b", book.About, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_LongOnesOfPairs_AreNotTornApart()
    {
        // Longer than the writer's buffer, from both kinds of places in it.
        var pairs = string.Concat(Enumerable.Repeat("🙂", 16_000));

        Assert.Equal(
            ["text " + pairs, "text x" + pairs],
            (await BookAsync(["a String", "b String"], $"[\"{pairs}\",\"x{pairs}\"]")).Row(2)
        );
    }

    [Fact]
    public async Task Durations_BelowZero_AreNumbers()
    {
        var book = await BookAsync(["took_s Float64"], "[-4320.25]");

        Assert.Equal(["-4320.25 [<10]0.0\" s\";#,##0\" s\""], book.Row(2));
    }

    [Theory]
    [InlineData("Date32", "1900-02-28", "text 1900-02-28")]
    [InlineData("Date32", "1899-12-31", "text 1899-12-31")]
    [InlineData("DateTime64(3, 'UTC')", "1900-02-28T23:59:59.000Z", "text 1900-02-28T23:59:59.000Z")]
    [InlineData("Date32", "1900-03-01", "61 yyyy\\-mm\\-dd")]
    [InlineData("Date", "1970-01-01", "25569 yyyy\\-mm\\-dd")]
    [InlineData("DateTime64(3, 'Europe/Zurich')", "2026-06-30T22:00:00.250Z", "46203.91666956018 yyyy\\-mm\\-dd\\ hh:mm:ss")]
    [InlineData("DateTime64(9, 'UTC')", "2026-06-30T00:00:00.000000000Z", "46203 yyyy\\-mm\\-dd\\ hh:mm:ss")]
    public async Task Days_AsExcelCountsThem_AreNumbers(string type, string text, string expected) =>
        Assert.Equal([expected], (await BookAsync([$"x {type}"], $"[\"{text}\"]")).Row(2));

    [Fact]
    public async Task Head_OfTheRows_IsBoldFrozenAndFilters()
    {
        var book = await BookAsync(["name String", "n Int32"], """["a rather long name of something",1]""", """["b",2]""");

        Assert.Equal(["frozen", "1", "A2"], ((string[])["state", "ySplit", "topLeftCell"]).Select(a => book.Pane.Attribute(a)!.Value));
        Assert.Equal("A1:B3", book.Filter);
        Assert.All(XlsxBook.CellsOf(book.Rows.First()), c => Assert.True(book.IsBold(c)));
        Assert.Equal([33, 9], book.Widths);
    }

    [Fact]
    public async Task Head_NamesThatExcelRefusesInATable_AreMended()
    {
        var book = await BookAsync(
            ["name String", "NAME String", "a\u0007b\nc String", "d_x0041_\uFFFE String", "n String", "share_n String"],
            """["1","2","3","4","5","6"]"""
        );

        string[] heads = ["Name", "NAME (2)", "A b c", "D x0041 _xFFFE_", "Sites", "Share n"];
        Assert.Equal(heads, book.Row(1).Select(t => t[5..]));
        Assert.Equal(heads, book.FilterHeadings);
    }

    [Fact]
    public async Task About_Result_SaysWhatWasAskedOfWhichData()
    {
        var book = await BookAsync(["name String", "n Int64", "share Float64"], """["=x",1,0.5]""");

        Assert.Equal(["sample", "About this report"], book.SheetNames);
        Assert.Equal(
            """
            A sample
            What is it?

            Report|fuel/sample
            release|all|a release; empty means all
            Data loaded|2026-03-15 09:00 UTC
            Asked|2026-03-15 12:00 UTC
            Times|UTC
            Rows|1|all of them

            Column|Name and type in SQL|Meaning
            Name|name String|
            Sites|n Int64|
            Share|share Float64|of all sites

            The SQL that was asked
            SELECT {release:String},
              2
            """.ReplaceLineEndings("\n"),
            book.About
        );
    }

    [Fact]
    public async Task About_Note_IsSaidInPlaceOfAllOfThem()
    {
        var book = await BookAsync(["name String", "n Int64"], cutAfter: null, ["[\"a\",1]"], note: "Small groups are shown together.");

        Assert.Contains("\nRows|1|\nSmall groups are shown together.\n", book.About, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutOff_ByALimit_IsSaidInBothSheets()
    {
        var book = await BookAsync(["name String", "n Int64"], cutAfter: 2, ["""["a",1]""", """["b",2]"""]);

        Assert.Equal(["text Cut off: only the first 2 rows are here; there are more."], book.Row(4));
        Assert.Equal("A1:B3", book.Filter);
        Assert.Contains("\nRows|2|\nCut off: only the first 2 rows are here; there are more.\n", book.About, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutOff_TextLongerThanACell_IsSaid()
    {
        // The cut would fall between the two halves of a letter.
        var book = await BookAsync(
            ["name String"],
            "[\"" + new string('x', XlsxText.MostCharacters - 2) + "🙂🙂\"]",
            "[\"" + new string('y', XlsxText.MostCharacters) + "\"]"
        );

        Assert.Equal("text " + new string('x', XlsxText.MostCharacters - 2) + "…", book.Row(2).Single());
        Assert.Equal("text " + new string('y', XlsxText.MostCharacters), book.Row(3).Single());
        Assert.Contains(
            "\nCut off: 1 text after the 32,767 characters that an Excel cell holds; CSV holds them whole.\n",
            book.About,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Rows_NoneAtAll_AreAHeadAlone()
    {
        var book = await BookAsync(["name String"]);

        Assert.Single(book.Rows);
        Assert.Contains("\nRows|0|all of them\n", book.About, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_ThatFailInTheMiddle_LeaveNoWorkbook()
    {
        var target = new MemoryStream();
        var sink = new XlsxSink(target, Samples.Run(Samples.Report(Header, "SELECT {release:String}")));
        sink.Begin([new("n", "Int32")]);
        for (var i = 0; i < 100_000; i++)
        {
            sink.Row(Encoding.UTF8.GetBytes($"[{i}]"));
        }

        await sink.FlushAsync(CancellationToken.None);

        Assert.True(target.Length > 1000);
        Assert.Throws<InvalidDataException>(() => new XlsxBook(new MemoryStream(target.ToArray())));
    }

    [Fact]
    public async Task Columns_BeyondZ_HaveTwoLetters()
    {
        var book = await BookAsync(
            [.. Enumerable.Range(0, 703).Select(i => $"c{i} Int32")],
            $"[{string.Join(',', Enumerable.Range(0, 703))}]"
        );

        string[] letters = [.. XlsxBook.CellsOf(book.Rows.Last()).Select(c => c.Attribute("r")!.Value)];
        Assert.Equal(["A2", "Z2", "AA2", "ZZ2", "AAA2"], [letters[0], letters[25], letters[26], letters[701], letters[702]]);
    }

    private static Task<XlsxBook> BookAsync(string[] columns, params string[] rows) => BookAsync(columns, cutAfter: null, rows);

    private static async Task<XlsxBook> BookAsync(string[] columns, long? cutAfter, string[] rows, string? note = null)
    {
        var target = new OneWayStream();
        var sink = new XlsxSink(target, Samples.Run(Samples.Report(Header, "SELECT {release:String},\n  2")) with { PublicNote = note });
        sink.Begin([.. columns.Select(c => c.Split(' ', 2)).Select(p => new ResultColumn(p[0], p[1]))]);
        foreach (var row in rows)
        {
            sink.Row(Encoding.UTF8.GetBytes(row));
            await sink.FlushAsync(CancellationToken.None);
        }

        await sink.EndAsync(cutAfter, CancellationToken.None);
        return new XlsxBook(new MemoryStream(target.Written.ToArray()));
    }

    /// <summary>What a web server's response is: it can't seek, and it refuses writes that would block.</summary>
    private sealed class OneWayStream : Stream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Written.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Written.WriteAsync(buffer, offset, count, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("a write that blocks");

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
