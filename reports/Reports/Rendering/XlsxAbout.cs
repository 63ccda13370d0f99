using System.Globalization;
using Reports.Running;
using Reports.Values;
using SpreadCheetah;
using SpreadCheetah.Styling;
using WarehouseSql.ClickHouse;

namespace Reports.Rendering;

/// <summary>A workbook's second sheet: what was asked, of which data, what the columns mean, and whether anything is missing.</summary>
internal static class XlsxAbout
{
    /// <summary>Its rows.</summary>
    /// <param name="missing">What limits cut off, in sentences; empty: nothing.</param>
    public static IEnumerable<StyledCell[]> Rows(
        XlsxStyles styles,
        ReportRun run,
        IReadOnlyList<ResultColumn> columns,
        long rows,
        IReadOnlyList<string> missing
    )
    {
        StyledCell[] Row(StyleId? style, params IEnumerable<string> texts) =>
            [.. texts.Select(t => new StyledCell(XlsxText.OfCell(t), style))];
        StyledCell[] Term(string term, params IEnumerable<string> texts) => [.. Row(styles.Term, term), .. Row(styles.Wrapped, texts)];

        yield return Row(styles.Title, run.Report.Title);
        yield return Row(null, run.Report.Asks);
        yield return [];
        yield return Term("Report", run.Report.Name);
        foreach (var (parameter, value) in run.Parameters)
        {
            yield return Term(parameter.Name, value.Length == 0 ? "all" : value, parameter.Is);
        }

        var age = Sentences.AgeOf(run.Freshness, run.AskedAt);
        yield return Term("Data loaded", age.Long.Length > 0 ? age.Long : age.Short);
        yield return Term("Asked", CellText.Instant(run.AskedAt));
        yield return Term("Times", "UTC");
        IReadOnlyList<string> notices = run.Note is null ? missing : [.. missing, run.Note];
        yield return Term("Rows", rows.ToString("N0", CultureInfo.InvariantCulture), notices.Count == 0 ? "all of them" : "");
        foreach (var sentence in notices)
        {
            yield return Row(styles.Notice, sentence);
        }

        yield return [];
        yield return Row(styles.Head, "Column", "Name and type in SQL", "Meaning");
        foreach (var column in columns)
        {
            var shown = ShownColumn.Of(run.Report, column);
            yield return Term(shown.Title, $"{column.Name} {column.Type}", shown.Is ?? "");
        }

        yield return [];
        yield return Row(styles.Term, "The SQL that was asked");
        foreach (var line in run.Report.Sql.Trim().Split('\n'))
        {
            yield return Row(styles.Code, line.TrimEnd('\r'));
        }
    }
}
