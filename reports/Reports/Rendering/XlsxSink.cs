using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Spreadsheet;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Rendering;

/// <summary>An Excel workbook with typed cells, in flat memory: a sheet of the rows, and one that says what they are.</summary>
internal sealed class XlsxSink(Stream target, ReportRun run) : IRowSink
{
    // Excel shows 15 digits of a number, and loses the rest when someone edits it.
    private const int MostDigits = 15;
    // The rows by which the columns' widths are chosen, and the widest that they become.
    private const int Sample = 100;
    private const int MostWidth = 60;
    // Days are counted from here, as if 1900 had been a leap year; so they are right from its March on.
    private static readonly DateTime Epoch = new(1899, 12, 30);
    private static readonly DateTime FirstDay = new(1900, 3, 1);

    private readonly XlsxPackage package = new();
    private readonly List<byte[]> first = [];
    private IReadOnlyList<ResultColumn> columns = [];
    private ShownColumn[] shown = [];
    private ColumnFormatKind[] types = [];
    private bool[] isFloat = [];
    private XlsxSheet? sheet;
    private long rows;

    /// <inheritdoc/>
    /// <remarks>Excel's sheets have 1,048,576 rows; one is the head, and one says that the rest was cut off.</remarks>
    public long MostRows => 1_048_574;

    public void Begin(IReadOnlyList<ResultColumn> columns)
    {
        this.columns = columns;
        shown = [.. columns.Select(c => ShownColumn.Of(run.Report, c))];
        types = [.. columns.Select(c => ColumnFormat.Infer("", c.Type).Kind)];
        isFloat = [.. columns.Select(c => c.Type.Contains("Float", StringComparison.Ordinal))];
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        rows++;
        if (sheet is null)
        {
            first.Add(row.ToArray());
        }
        else
        {
            Write(sheet, row);
        }
    }

    public ValueTask FlushAsync(CancellationToken token)
    {
        if (first.Count >= Sample)
        {
            sheet ??= BeginSheet();
        }

        return package.FlushAsync(target, token);
    }

    public async ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        sheet ??= BeginSheet();
        var range = sheet.Range;
        List<string> missing = [];
        if (cutAfter is { } cut)
        {
            missing.Add(string.Create(CultureInfo.InvariantCulture, $"Cut off: only the first {cut:N0} rows are here{(cut == MostRows ? ", as many as an Excel sheet holds; CSV holds all of them" : "; there are more")}."));
            sheet.BeginRow();
            sheet.Text(0, missing[0], XlsxStyles.Notice);
            sheet.EndRow();
        }

        if (sheet.CutTexts > 0)
        {
            missing.Add(string.Create(CultureInfo.InvariantCulture, $"Cut off: {CellText.Count(sheet.CutTexts, "text")} after the {XlsxSheet.MostCharacters:N0} characters that an Excel cell holds; CSV holds them whole."));
        }

        sheet.End(filter: range);
        XlsxAbout.Write(package.BeginSheet(2), run, columns, rows, missing);
        package.End(Workbook(range));
        await package.FlushAsync(target, token).ConfigureAwait(false);
        await target.FlushAsync(token).ConfigureAwait(false);
    }

    private XlsxSheet BeginSheet()
    {
        string[] heads = [.. shown.Select(c => c.Format.Kind == ColumnFormatKind.DateTime && !c.Title.Contains("UTC", StringComparison.Ordinal) ? c.Title + " (UTC)" : c.Title)];
        // Beside a heading stands the button of its filter.
        int[] widths = [.. heads.Select(h => h.Length + 4)];
        foreach (var row in first.Take(Sample))
        {
            var values = JsonSerializer.Deserialize<JsonElement[]>(row)!;
            for (var i = 0; i < widths.Length; i++)
            {
                widths[i] = Math.Max(widths[i], 2 + (CellText.Of(values[i], shown[i].Format)?.Length ?? 0));
            }
        }

        package.Begin(XlsxStyles.Sheet([.. shown.Select((c, i) => StyleOf(c.Format, types[i]))]));
        var sheet = new XlsxSheet(package.BeginSheet(1), [.. widths.Select(w => Math.Min(w, MostWidth))], hasHead: true);
        sheet.BeginRow();
        for (var i = 0; i < heads.Length; i++)
        {
            sheet.Text(i, heads[i], shown[i].IsNumber ? XlsxStyles.HeadOfNumbers : XlsxStyles.Head);
        }

        sheet.EndRow();
        foreach (var row in first)
        {
            Write(sheet, row);
        }

        first.Clear();
        return sheet;
    }

    private void Write(XlsxSheet sheet, ReadOnlySpan<byte> row)
    {
        var json = new Utf8JsonReader(row);
        json.Read();
        sheet.BeginRow();
        for (var i = 0; i < types.Length; i++)
        {
            json.Read();
            Write(sheet, i, ref json, row);
        }

        sheet.EndRow();
    }

    // NULL is no cell at all.
    private void Write(XlsxSheet sheet, int column, ref Utf8JsonReader json, ReadOnlySpan<byte> row)
    {
        var style = XlsxStyles.OfColumn(column);
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                break;
            case JsonTokenType.True or JsonTokenType.False:
                sheet.Truth(column, json.GetBoolean(), style);
                break;
            case JsonTokenType.Number:
                Number(sheet, column, Encoding.ASCII.GetString(json.ValueSpan), style);
                break;
            case JsonTokenType.String when types[column] is ColumnFormatKind.Date or ColumnFormatKind.DateTime && json.TryGetDateTime(out var at) && at >= FirstDay:
                sheet.Number(column, (at - Epoch).TotalDays.ToString("R", CultureInfo.InvariantCulture), style);
                break;
            // Big numbers (Int128 …) come as texts.
            case JsonTokenType.String when types[column] is ColumnFormatKind.Whole or ColumnFormatKind.Fixed:
                Number(sheet, column, json.GetString()!, style);
                break;
            case JsonTokenType.String:
                sheet.Text(column, json.GetString()!, style);
                break;
            default:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                sheet.Text(column, CellText.Of(JsonElement.Parse(row[start..(int)json.BytesConsumed]), shown[column].Format)!, style);
                break;
        }
    }

    // A number of more digits than Excel keeps is a text, whole, rather than a number that isn't the one.
    private void Number(XlsxSheet sheet, int column, string number, uint style)
    {
        if (isFloat[column] || Digits(number) <= MostDigits)
        {
            sheet.Number(column, number, style);
        }
        else
        {
            sheet.Text(column, number, style);
        }
    }

    // The digits from the first to the last that isn't 0.
    private static int Digits(string number) => number.Replace(".", "", StringComparison.Ordinal).Trim('-', '0').Length;

    // What the header says counts where it fits the type.
    private static ColumnFormat StyleOf(ColumnFormat format, ColumnFormatKind type) => type switch
    {
        ColumnFormatKind.Date or ColumnFormatKind.DateTime => format.Kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime ? format : new ColumnFormat(type),
        ColumnFormatKind.Text => new ColumnFormat(type),
        _ => format.IsNumber ? format : new ColumnFormat(ColumnFormatKind.Text),
    };

    private Workbook Workbook(string range)
    {
        var name = run.Report.Name[(run.Report.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        // Excel allows 31 characters; the names of reports have none of those that it forbids, and no blank.
        name = name.Length <= 31 ? name : name[..31];
        var absolute = Regex.Replace(range, "[A-Z]+", "$$$0$$");
        return new Workbook(
            new Sheets(
                new Sheet { Name = name, SheetId = 1, Id = "rId1" },
                new Sheet { Name = "About this report", SheetId = 2, Id = "rId2" }),
            // Excel keeps a filter's range a second time, under this name.
            new DefinedNames(new DefinedName($"'{name}'!{absolute}") { Name = "_xlnm._FilterDatabase", LocalSheetId = 0, Hidden = true }));
    }
}
