using System.Globalization;
using System.Text;
using Reports.Charts;
using Reports.Definitions;
using Reports.Running;
using Reports.Values;

namespace Reports.Rendering;

/// <summary>Makes the page of a report and the index of all.</summary>
internal sealed class ReportPages(Templates templates, TimeProvider time)
{
    /// <summary>The rows that a page shows; files hold more.</summary>
    public const int ShownRows = 1_000;

    /// <summary>The rows that the files beside a page hold.</summary>
    public const int FileRows = 1_000_000;

    /// <summary>A report's page, one self-contained file.</summary>
    /// <param name="run">What was asked.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="rows">The rows that are shown.</param>
    /// <param name="files">Where the whole result is, in other forms; none: nowhere.</param>
    /// <param name="web">What a page that is served has besides: its form, the addresses of scripts; null: it is a file.</param>
    public byte[] Report(ReportRun run, ReportOutcome outcome, TableSink rows, IReadOnlyList<ReportLink> files, FormPart? web = null)
    {
        var table = new TableModel(run.Report, rows);
        var links = new CellLinks(run, table, isWeb: web is not null);
        // A single file has no other reports beside it.
        var hasLinks = links.Any && (web is not null || files.Count > 0);
        return Encoding.UTF8.GetBytes(
            templates.Render(
                "page",
                new PageModel(
                    run.Report.Title,
                    run.Report.Asks,
                    run.Report.Name,
                    run.Report.System,
                    web,
                    Index: web is not null ? "/"
                        : files.Count > 0 ? "../index.html"
                        : null,
                    files,
                    run.Note,
                    Parameters: [.. run.Parameters.Select(p => new GivenParameter(p.Parameter.Name, p.Parameter.Is, Shown(p.Value)))],
                    Period: Sentences.PeriodOf(run),
                    Data: Sentences.AgeOf(run.Freshness, time.GetUtcNow()),
                    Chart: Chart(run.Report, table, outcome, isInteractive: web is not null),
                    table.Figures,
                    table.Columns,
                    Explained: [.. table.Columns.Where(c => c.Is is not null)],
                    Rows: [.. table.Rows.Select((r, i) => new ShownRow(r, hasLinks ? links.Of(table.Values[i]) : null))],
                    // So many don't fit on upright paper.
                    IsWide: table.Columns.Count > 6,
                    IsEmpty: table.Values.Count == 0,
                    Count: CountOf(outcome, table.Values.Count),
                    Cut: CutOf(outcome, table.Values.Count, files.Count > 0),
                    run.Report.Sql,
                    MadeAt: CellText.Instant(run.AskedAt),
                    Took: CellText.OfNumber(outcome.Took.TotalSeconds, new ColumnFormat(ColumnFormatKind.Seconds))
                )
            )
        );
    }

    /// <summary>The page of a report that wasn't run, since a value of its form can't be taken.</summary>
    public byte[] Form(ReportDefinition report, FormPart web) =>
        Encoding.UTF8.GetBytes(templates.Render("form", new FormModel(report.Title, report.Asks, report.Name, report.System, web)));

    /// <summary>A dashboard, for its template.</summary>
    /// <param name="query">What it was asked with, beginning with a question mark.</param>
    public DashboardModel Dashboard(
        DigestDefinition digest,
        IReadOnlyList<DashboardSection> parts,
        FormPart web,
        bool isWall,
        string? query
    ) =>
        new(
            digest.Title,
            digest.Name,
            digest.Intro.Trim(),
            web,
            isWall,
            WallLink: $"{web.Action}{(string.IsNullOrEmpty(query) ? "?" : query + "&")}wall",
            Schedule: digest.To.Count == 0 ? "" : $"Sent to {CellText.Count(digest.To.Count, "reader")} on its schedule.",
            parts,
            MadeAt: CellText.Instant(time.GetUtcNow())
        );

    /// <summary>A report on a dashboard, with its first rows.</summary>
    public DashboardSection Section(ReportRun run, ReportOutcome outcome, TableSink rows, int most, string link)
    {
        var table = new TableModel(run.Report, rows);
        var links = new CellLinks(run, table, isWeb: true);
        var more = outcome.Rows - Math.Min(most, table.Values.Count);
        return new DashboardSection(run.Report.Title, run.Report.Asks, link)
        {
            Period = Sentences.PeriodOf(run),
            Data = Sentences.AgeOf(run.Freshness, time.GetUtcNow()),
            Note = run.Note,
            Charts = Chart(run.Report, table, outcome, isInteractive: true) is { } chart ? [chart] : [],
            Figures = table.Figures,
            Columns = table.Columns,
            Rows = [.. table.Rows.Take(most).Select((r, i) => new ShownRow(r, links.Any ? links.Of(table.Values[i]) : null))],
            More =
                more > 0 || outcome.CutAfter is not null
                    ? $"{CellText.Count(more, "more row")}{(outcome.CutAfter is null ? "" : " and others")}"
                    : null,
        };
    }

    /// <summary>A report on a dashboard that has no figures.</summary>
    /// <param name="failure">Why; null: they are on their way.</param>
    public static DashboardSection Section(ReportDefinition report, string? failure) =>
        new(report.Title, report.Asks, "/reports/" + report.Name) { Failure = failure, IsWaiting = failure is null };

    /// <summary>The index of all reports, by system; failed ones say so.</summary>
    /// <param name="entries">The reports.</param>
    /// <param name="web">What an index that is served has besides; null: it is a file.</param>
    public byte[] Index(IReadOnlyList<IndexEntry> entries, IndexPart? web = null)
    {
        var now = time.GetUtcNow();
        return Encoding.UTF8.GetBytes(
            templates.Render(
                "index",
                new IndexModel(
                    CellText.Count(entries.Count, "report"),
                    entries.Count(e => e.Failure is not null) is > 0 and var failed ? CellText.Count(failed, "report") : null,
                    CellText.Instant(now),
                    web,
                    [
                        .. entries
                            .GroupBy(e => e.Report.System)
                            .OrderBy(g => g.Key, StringComparer.Ordinal)
                            .Select(g => new IndexSystem(
                                g.Key,
                                CellText.Count(g.Count(), "report"),
                                [
                                    .. g.OrderBy(e => e.Report.Title, StringComparer.Ordinal)
                                        .Select(e => Card(e, isWeb: web is not null, now)),
                                ]
                            )),
                    ]
                )
            )
        );
    }

    /// <summary>A report's small picture for the index; null where its header asks for no chart or there is no row.</summary>
    public static Html? SmallChart(ReportDefinition report, TableSink rows) =>
        ChartData.Of(report, new TableModel(report, rows)) switch
        {
            null => null,
            { IsLine: true } data => new Html(LineChart.DrawSmall(data)),
            var data => new Html(BarChart.Draw(data, most: 4, compact: true)),
        };

    private static IndexReport Card(IndexEntry entry, bool isWeb, DateTimeOffset now) =>
        new(
            isWeb ? "/reports/" + entry.Report.Name : entry.Report.Name + ".html",
            entry.Report.Title,
            entry.Report.Asks,
            entry.Chart,
            [.. entry.Figures.Take(4)],
            entry.Failure,
            entry.Failure is not null ? null
                : !isWeb ? CellText.Count(entry.Rows, "row")
                : entry.Report.Parameters.Count == 0 ? "no parameters"
                : CellText.Count(entry.Report.Parameters.Count, "parameter"),
            Sentences.AgeOf(entry.Freshness, now)
        );

    private static ChartModel? Chart(ReportDefinition report, TableModel table, ReportOutcome outcome, bool isInteractive)
    {
        if (ChartData.Of(report, table) is not { } data)
        {
            return null;
        }

        var rest = data.IsLine ? 0 : Math.Max(0, data.Rows - BarChart.MostBars);
        string?[] notes =
        [
            outcome.CutAfter is not null && data.IsLine
                ? string.Create(CultureInfo.InvariantCulture, $"drawn of the first {data.Rows:N0} rows; there are more")
                : null,
            rest > 0
                ? (outcome.CutAfter is not null ? "more than " : "")
                    + CellText.Count(rest, "more row")
                    + (data.Rows == table.Values.Count ? " in the table" : "")
                : null,
            data.SeriesLeftOut > 0 ? $"{CellText.Count(data.SeriesLeftOut, "smaller line")} in the table only" : null,
        ];
        return new ChartModel(
            data.Title,
            data.IsLine,
            Data: isInteractive ? ChartJson.Of(data) : null,
            Picture: new Html(data.IsLine ? LineChart.Draw(data) : BarChart.Draw(data)),
            Legend: data.Series.Count > 1 || (data.IsLine && report.Chart!.Series is not null)
                ? [.. data.Series.Select((s, i) => new LegendEntry(s.Name, i + 1))]
                : [],
            Note: notes.Any(n => n is not null) ? string.Join("; ", notes.OfType<string>()) : null
        );
    }

    private static string Shown(string value) => value.Length == 0 ? "all" : value;

    private static string CountOf(ReportOutcome outcome, int shown) =>
        outcome.CutAfter is not null ? string.Create(CultureInfo.InvariantCulture, $"more than {outcome.Rows:N0} rows")
        : shown < outcome.Rows ? string.Create(CultureInfo.InvariantCulture, $"{shown:N0} of {outcome.Rows:N0} rows")
        : CellText.Count(outcome.Rows, "row");

    private static string? CutOf(ReportOutcome outcome, int shown, bool hasFiles)
    {
        if (outcome.CutAfter is null && shown == outcome.Rows)
        {
            return null;
        }

        var here = string.Create(CultureInfo.InvariantCulture, $"Only the first {shown:N0} rows are shown here");
        return outcome.CutAfter is { } cut
            ? here
                + (
                    hasFiles
                        ? string.Create(
                            CultureInfo.InvariantCulture,
                            $"; the CSV, JSON and Excel files hold the first {cut:N0}. There are more."
                        )
                        : ". There are more; CSV holds all of them."
                )
            : here
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $" of {outcome.Rows:N0}; {(hasFiles ? "the CSV, JSON and Excel files hold" : "CSV holds")} all of them."
                );
    }
}

/// <summary>A form of a report's result that can be fetched.</summary>
internal sealed record ReportLink(string Href, string Name);

/// <summary>A report as the index lists it.</summary>
internal sealed record IndexEntry(
    ReportDefinition Report,
    long Rows,
    Html? Chart,
    IReadOnlyList<Figure> Figures,
    Freshness Freshness,
    string? Failure,
    TimeSpan Took
);
