using System.Globalization;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Rendering;

/// <summary>The second sheet of a workbook: what was asked, of which data, what the columns mean, and whether anything is missing.</summary>
internal static class XlsxAbout
{
    /// <summary>Writes it.</summary>
    /// <param name="missing">What limits cut off, in sentences; empty: nothing.</param>
    public static void Write(Stream part, ReportRun run, IReadOnlyList<ResultColumn> columns, long rows, IReadOnlyList<string> missing)
    {
        var sheet = new XlsxSheet(part, [26, 34, 90], hasHead: false);
        Row(sheet, XlsxStyles.Title, run.Report.Title);
        Row(sheet, XlsxStyles.Plain, run.Report.Asks);
        Row(sheet, XlsxStyles.Plain);
        var age = Words.AgeOf(run.Freshness, run.AskedAt);
        Term(sheet, "Report", run.Report.Name);
        foreach (var (parameter, value) in run.Parameters)
        {
            Term(sheet, parameter.Name, value.Length == 0 ? "all" : value, parameter.Is);
        }

        Term(sheet, "Data loaded", age.Long.Length > 0 ? age.Long : age.Short);
        Term(sheet, "Asked", CellText.Instant(run.AskedAt));
        Term(sheet, "Times", "UTC");
        Term(sheet, "Rows", rows.ToString("N0", CultureInfo.InvariantCulture), missing.Count == 0 && run.Note is null ? "all of them" : "");
        foreach (var sentence in run.Note is null ? missing : [.. missing, run.Note])
        {
            Row(sheet, XlsxStyles.Notice, sentence);
        }

        Columns(sheet, run.Report, columns);
        Row(sheet, XlsxStyles.Plain);
        Row(sheet, XlsxStyles.Term, "The SQL that was asked");
        foreach (var line in run.Report.Sql.Trim().Split('\n'))
        {
            Row(sheet, XlsxStyles.Code, line.TrimEnd('\r'));
        }

        sheet.End(filter: null);
    }

    private static void Columns(XlsxSheet sheet, ReportDefinition report, IReadOnlyList<ResultColumn> columns)
    {
        Row(sheet, XlsxStyles.Plain);
        Row(sheet, XlsxStyles.Head, "Column", "Name and type in SQL", "Meaning");
        foreach (var column in columns)
        {
            var shown = ShownColumn.Of(report, column);
            Term(sheet, shown.Title, $"{column.Name} {column.Type}", shown.Is ?? "");
        }
    }

    private static void Term(XlsxSheet sheet, string term, params ReadOnlySpan<string> texts)
    {
        sheet.BeginRow();
        sheet.Text(0, term, XlsxStyles.Term);
        for (var i = 0; i < texts.Length; i++)
        {
            sheet.Text(i + 1, texts[i], XlsxStyles.Wrapped);
        }

        sheet.EndRow();
    }

    private static void Row(XlsxSheet sheet, uint style, params ReadOnlySpan<string> texts)
    {
        sheet.BeginRow();
        for (var i = 0; i < texts.Length; i++)
        {
            sheet.Text(i, texts[i], style);
        }

        sheet.EndRow();
    }
}
