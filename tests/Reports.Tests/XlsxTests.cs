using System.Text;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using DocumentFormat.OpenXml.Validation;
using Reports.Rendering;
using WarehouseSql.ClickHouse;
using Xunit;

namespace Reports.Tests;

/// <summary>Workbooks, read back with OpenXml, each valid by its rules.</summary>
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
            ["name LowCardinality(Nullable(String))", "n Nullable(Int64)", "share Float64", "ratio Decimal(12, 4)", "took_s Float64", "size_bytes UInt64", "on Date32", "at DateTime64(6, 'UTC')", "is_big Bool", "tags Array(String)"],
            """["Zürich",1234,0.125,1.5000,4320.25,2048,"2026-01-31","2026-01-31T12:00:00.000000Z",true,["a","b"]]""");

        Assert.Equal(
            ["text Zürich", "1234 #,##0", "0.125 0.0%", "1.5000 #,##0.000", "4320.25 [<10]0.0\" s\";#,##0\" s\"", "2048 #,##0\" B\"", "46053 yyyy\\-mm\\-dd", "46053.5 yyyy\\-mm\\-dd\\ hh:mm:ss", "bool 1", "text a, b"],
            book.Row(2));
        Assert.Equal(["Name", "Sites", "Share", "Ratio", "Took", "Size bytes", "On", "At (UTC)", "Big", "Tags"], book.Row(1).Select(t => t[5..]));
    }

    [Fact]
    public async Task Cells_Null_AreNotThere()
    {
        var book = await BookAsync(["a Nullable(String)", "b Nullable(Int32)", "c Nullable(Bool)", "d Nullable(DateTime)", "e String"], """[null,null,null,null,"x"]""");

        var cell = Assert.Single(book.Rows.Skip(1).Single().Elements<Cell>());
        Assert.Equal("E2", cell.CellReference?.Value);
    }

    [Theory]
    [InlineData("Int64", "999999999999999", "999999999999999 #,##0")]
    [InlineData("UInt64", "18446744073709551615", "text 18446744073709551615")]
    [InlineData("Int64", "-9007199254740993", "text -9007199254740993")]
    [InlineData("Int64", "9000000000000000000", "9000000000000000000 #,##0")]
    [InlineData("Int128", "\"170141183460469231731687303715884105727\"", "text 170141183460469231731687303715884105727")]
    [InlineData("Nullable(Int128)", "\"-12\"", "-12 #,##0")]
    [InlineData("Decimal(38, 10)", "12345678901.1234567890", "text 12345678901.1234567890")]
    [InlineData("Decimal(38, 10)", "0.0000000001", "0.0000000001 #,##0.00")]
    [InlineData("Float64", "0.30000000000000004", "0.30000000000000004 #,##0.00")]
    [InlineData("Float64", "1e-7", "1e-7 #,##0.00")]
    public async Task Numbers_ThatExcelWouldRound_AreTextsAndWhole(string type, string json, string expected) =>
        Assert.Equal([expected], (await BookAsync([$"x {type}"], $"[{json}]")).Row(2));

    [Theory]
    [InlineData("=1+1", "=1+1")]
    [InlineData("  two blanks  ", "  two blanks  ")]
    [InlineData("two\\nlines\\tand a tab", "two\nlines\tand a tab")]
    [InlineData("a\\r\\nb", "a_x000D_\nb")]
    [InlineData("bell\\u0007 and \\uFFFE", "bell_x0007_ and _xFFFE_")]
    [InlineData("_x0041_ and _x and x_", "_x005F_x0041_ and _x and x_")]
    [InlineData("<b> & \\\"東京\\\" 🙂", "<b> & \"東京\" 🙂")]
    [InlineData("123", "123")]
    [InlineData("2026-01-31", "2026-01-31")]
    [InlineData("", "")]
    public async Task Texts_OfAnyContent_AreTexts(string json, string expected) =>
        Assert.Equal(["text " + expected], (await BookAsync(["x String"], $"[\"{json}\"]")).Row(2));

    [Theory]
    [InlineData("Date32", "1900-02-28", "text 1900-02-28")]
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

        var pane = book.Sheet.Descendants<Pane>().Single();
        Assert.Equal((PaneStateValues.Frozen, 1d, "A2"), (pane.State!.Value, pane.VerticalSplit!.Value, pane.TopLeftCell!.Value));
        Assert.Equal("A1:B3", book.Sheet.Elements<AutoFilter>().Single().Reference!.Value);
        Assert.All(book.Rows.First().Elements<Cell>(), c => Assert.NotNull(book.FontOf(c).Bold));
        Assert.Equal([33, 9], book.Sheet.Descendants<Column>().Select(c => c.Width!.Value));
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
            book.About);
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
        Assert.Equal("A1:B3", book.Sheet.Elements<AutoFilter>().Single().Reference!.Value);
        Assert.Contains("\nRows|2|\nCut off: only the first 2 rows are here; there are more.\n", book.About, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutOff_TextLongerThanACell_IsSaid()
    {
        // The cut would fall between the two halves of a letter.
        var book = await BookAsync(["name String"], "[\"" + new string('x', XlsxSheet.MostCharacters - 2) + "🙂🙂\"]", "[\"" + new string('y', XlsxSheet.MostCharacters) + "\"]");

        Assert.Equal("text " + new string('x', XlsxSheet.MostCharacters - 2) + "…", book.Row(2).Single());
        Assert.Equal("text " + new string('y', XlsxSheet.MostCharacters), book.Row(3).Single());
        Assert.Contains("\nCut off: 1 text after the 32,767 characters that an Excel cell holds; CSV holds them whole.\n", book.About, StringComparison.Ordinal);
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
        for (var i = 0; i < 1000; i++)
        {
            sink.Row(Encoding.UTF8.GetBytes($"[{i}]"));
        }

        await sink.FlushAsync(CancellationToken.None);

        Assert.True(target.Length > 1000);
        Assert.ThrowsAny<Exception>(() => SpreadsheetDocument.Open(new MemoryStream(target.ToArray()), isEditable: false));
    }

    [Fact]
    public async Task Columns_BeyondZ_HaveTwoLetters()
    {
        var book = await BookAsync([.. Enumerable.Range(0, 703).Select(i => $"c{i} Int32")], $"[{string.Join(',', Enumerable.Range(0, 703))}]");

        string[] letters = [.. book.Rows.Last().Elements<Cell>().Select(c => c.CellReference!.Value!)];
        Assert.Equal(["A2", "Z2", "AA2", "ZZ2", "AAA2"], [letters[0], letters[25], letters[26], letters[701], letters[702]]);
    }

    private static Task<Book> BookAsync(string[] columns, params string[] rows) => BookAsync(columns, cutAfter: null, rows);

    private static async Task<Book> BookAsync(string[] columns, long? cutAfter, string[] rows, string? note = null)
    {
        var target = new OneWayStream();
        var sink = new XlsxSink(target, Samples.Run(Samples.Report(Header, "SELECT {release:String},\n  2")) with { Note = note });
        sink.Begin([.. columns.Select(c => c.Split(' ', 2)).Select(p => new ResultColumn(p[0], p[1]))]);
        foreach (var row in rows)
        {
            sink.Row(Encoding.UTF8.GetBytes(row));
            await sink.FlushAsync(CancellationToken.None);
        }

        await sink.EndAsync(cutAfter, CancellationToken.None);
        var book = new Book(SpreadsheetDocument.Open(new MemoryStream(target.Written.ToArray()), isEditable: false));
        Assert.Empty(new OpenXmlValidator(DocumentFormat.OpenXml.FileFormatVersions.Office2019).Validate(book.Document).Select(e => $"{e.Path?.XPath}: {e.Description}"));
        return book;
    }

    private sealed record Book(SpreadsheetDocument Document)
    {
        public IEnumerable<string> SheetNames => Document.WorkbookPart!.Workbook.Sheets!.Elements<Sheet>().Select(s => s.Name!.Value!);

        public Worksheet Sheet => SheetOf(0);

        public IEnumerable<Row> Rows => Sheet.Descendants<Row>();

        public string About => string.Join('\n', SheetOf(1).Descendants<Row>().Select(r => string.Join('|', r.Elements<Cell>().Select(c => c.InnerText))));

        private Stylesheet Styles => Document.WorkbookPart!.WorkbookStylesPart!.Stylesheet;

        /// <summary>A row's cells: "text …", "bool …", or a number and its format.</summary>
        public IEnumerable<string> Row(int number) => Rows.ElementAt(number - 1).Elements<Cell>().Select(c => c.DataType?.Value switch
        {
            CellValues.InlineString => "text " + c.InlineString!.Text!.Text,
            CellValues.Boolean => "bool " + c.CellValue!.Text,
            _ => $"{c.CellValue!.Text} {Styles.NumberingFormats!.Elements<NumberingFormat>().Single(f => f.NumberFormatId!.Value == Format(c).NumberFormatId!.Value).FormatCode!.Value}",
        });

        public Font FontOf(Cell cell) => Styles.Fonts!.Elements<Font>().ElementAt((int)Format(cell).FontId!.Value);

        private CellFormat Format(Cell cell) => Styles.CellFormats!.Elements<CellFormat>().ElementAt((int)cell.StyleIndex!.Value);

        private Worksheet SheetOf(int number)
        {
            var id = Document.WorkbookPart!.Workbook.Sheets!.Elements<Sheet>().ElementAt(number).Id!.Value!;
            return ((WorksheetPart)Document.WorkbookPart.GetPartById(id)).Worksheet;
        }
    }

    /// <summary>What a web server's response is: it can't seek, and it refuses writes that would block.</summary>
    private sealed class OneWayStream : Stream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Written.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Written.WriteAsync(buffer, offset, count, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException("a write that blocks");

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
