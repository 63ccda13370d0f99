using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Reports.Running;
using Reports.Values;
using SpreadCheetah;
using SpreadCheetah.Tables;
using SpreadCheetah.Worksheets;
using WarehouseSql.ClickHouse;

namespace Reports.Rendering;

/// <summary>An Excel workbook with typed cells, in flat memory: a sheet of the rows, and one that says what they are.</summary>
/// <remarks>A file that isn't ended lacks the zip's directory, and no reader takes it for a workbook.</remarks>
#pragma warning disable CA1001 // To dispose of the book is to write that directory: a result that failed in the middle would look whole.
internal sealed class XlsxSink(Stream target, ReportRun run) : IRowSink
#pragma warning restore CA1001
{
    private const string AboutName = "About this report";

    // The zip blocks where it ends a part, which a web response refuses; so the book writes here, and each flush empties it.
    private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));

    // The rows since the last flush; their memory is used again.
    private readonly List<DataCell[]> waiting = [];
    private IReadOnlyList<ResultColumn> types = [];
    private XlsxColumn[] columns = [];
    private Spreadsheet? book;
    private XlsxStyles? styles;
    private int count;
    private long written;

    /// <inheritdoc/>
    /// <remarks>Excel's sheets have 1,048,576 rows; one is the head, and one says that the rest was cut off.</remarks>
    public long MostRows => 1_048_574;

    public void Begin(IReadOnlyList<ResultColumn> columns)
    {
        types = columns;
        this.columns = [.. columns.Select(c => new XlsxColumn(ShownColumn.Of(run.Report, c), c.Type))];
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        if (count == waiting.Count)
        {
            waiting.Add(new DataCell[columns.Length]);
        }

        var cells = waiting[count++];
        var json = new Utf8JsonReader(row);
        json.Read();
        for (var i = 0; i < cells.Length; i++)
        {
            json.Read();
            cells[i] = columns[i].Read(ref json);
        }
    }

    public async ValueTask FlushAsync(CancellationToken token)
    {
        // The columns' widths stand before the rows.
        if (book is not null || count >= XlsxColumn.Sample)
        {
            await WriteAsync(token);
            await SendAsync(token);
        }
    }

    public async ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        var book = await WriteAsync(token);
        if (written > 0)
        {
            await book.FinishTableAsync(token);
        }

        List<string> missing = [];
        if (cutAfter is { } cut)
        {
            var why = cut == MostRows ? ", as many as an Excel sheet holds; CSV holds all of them" : "; there are more";
            missing.Add(string.Create(CultureInfo.InvariantCulture, $"Cut off: only the first {cut:N0} rows are here{why}."));
            await book.AddRowAsync([new StyledCell(missing[0], styles!.Notice)], token);
        }

        if (columns.Sum(c => c.CutTexts) is > 0 and var texts)
        {
            var most = CellText.Count(XlsxText.MostCharacters, "character");
            missing.Add($"Cut off: {CellText.Count(texts, "text")} after the {most} that an Excel cell holds; CSV holds them whole.");
        }

        await book.StartWorksheetAsync(AboutName, Widths(new WorksheetOptions(), [26, 34, 90]), token);
        foreach (var row in XlsxAbout.Rows(styles!, run, types, written, missing))
        {
            await book.AddRowAsync(row, token);
        }

        await book.FinishAsync(token);
        await book.DisposeAsync();
        await SendAsync(token);
        await target.FlushAsync(token);
    }

    private async ValueTask SendAsync(CancellationToken token)
    {
        if (pipe.Reader.TryRead(out var read))
        {
            foreach (var memory in read.Buffer)
            {
                await target.WriteAsync(memory, token);
            }

            pipe.Reader.AdvanceTo(read.Buffer.End);
        }
    }

    private async Task<Spreadsheet> WriteAsync(CancellationToken token)
    {
        book ??= await BeginBookAsync(token);
        for (var i = 0; i < count; i++)
        {
            await book.AddRowAsync(waiting[i], token);
        }

        written += count;
        count = 0;
        return book;
    }

    private async Task<Spreadsheet> BeginBookAsync(CancellationToken token)
    {
        // Some readers count on the cells' references, and on blanks being marked as meant.
        var settings = new SpreadCheetahOptions
        {
            // 64 MB for a million rows of ten columns; Fastest makes 104 MB in 60 % of the time.
            CompressionLevel = SpreadCheetahCompressionLevel.Optimal,
            WriteCellReferenceAttributes = true,
            PreserveStringWhitespace = true,
        };
        var begun = await Spreadsheet.CreateNewAsync(pipe.Writer.AsStream(), settings, token);
        styles = new XlsxStyles(begun);
        var options = Widths(new WorksheetOptions { FrozenRows = 1 }, [.. columns.Select(c => c.Width)]);
        for (var i = 0; i < columns.Length; i++)
        {
            options.Column(i + 1).DefaultStyle = XlsxStyles.Of(columns[i].Format);
        }

        var name = run.Report.Name[(run.Report.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        await begun.StartWorksheetAsync(XlsxText.SheetName(name, AboutName), options, token);
        if (count > 0)
        {
            // A table ends where its rows do, with its filter; a sheet's own filter would have to know that now.
            begun.StartTable(new Table(TableStyle.None));
        }

        await begun.AddHeaderRowAsync(XlsxText.Headings(columns.Select(c => c.Heading)), styles.Head, token);
        return begun;
    }

    private static WorksheetOptions Widths(WorksheetOptions options, ReadOnlySpan<int> widths)
    {
        for (var i = 0; i < widths.Length; i++)
        {
            options.Column(i + 1).Width = widths[i];
        }

        return options;
    }
}
