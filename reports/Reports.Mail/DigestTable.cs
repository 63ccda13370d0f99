using System.Globalization;
using Reports.Charts;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;

namespace Reports.Mail;

/// <summary>A result as a mail shows it: few rows and columns, and a bar for the value that the report's chart shows.</summary>
internal sealed class DigestTable
{
    private readonly int columnsLeftOut;
    private readonly bool isLatest;

    public DigestTable(ReportDefinition report, TableModel table, int mostRows, int mostColumns)
    {
        // A line goes through time: what a reader of a mail wants of it is its end.
        isLatest = report.Chart?.IsLine == true;
        var first = isLatest ? Math.Max(0, table.Values.Count - mostRows) : 0;
        int[] shown = [.. Enumerable.Range(first, Math.Min(mostRows, table.Values.Count))];
        Columns = [.. table.Columns.Take(mostColumns).Select(c => new MailColumn(c.Title, c.IsNumber))];
        columnsLeftOut = table.Columns.Count - Columns.Count;
        int? bar = report.Chart is { Series: null } chart ? table.IndexOf(chart.Y[0]) : null;
        BarTitle = bar is { } named ? table.Columns[named].Title : "";
        double?[] values = [.. shown.Select(r => bar is { } b ? table.Number(r, b) : null)];
        // Of all rows, so that a bar's length means the same whichever of them are shown.
        var highest = bar is null ? 0 : table.Points.Highest[0];
        // A bar can't show less than nothing; a mail's table then does without.
        HasBars = highest > 0 && values.OfType<double>().All(v => v >= 0);
        Rows =
        [
            .. table
                .Rows.Skip(first)
                .Take(shown.Length)
                .Select(
                    (cells, i) =>
                        new MailRow(
                            [.. cells.Take(mostColumns).Select((c, j) => new MailCell(c.Text, Columns[j].IsNumber))],
                            HasBars ? values[i] / highest : null
                        )
                ),
        ];
    }

    public IReadOnlyList<MailColumn> Columns { get; }

    public IReadOnlyList<MailRow> Rows { get; }

    public bool HasBars { get; }

    public string BarTitle { get; }

    public string ToText() =>
        TextTable.Of(
            [.. Columns.Select(c => new TextTable.Column(c.Title, c.IsNumber))],
            [.. Rows.Select(r => (IReadOnlyList<string>)[.. r.Cells.Select(c => c.Text)])],
            HasBars ? [.. Rows.Select(r => r.Share)] : null,
            BarTitle
        );

    /// <summary>What there is to know of the rows, and what the mail doesn't show, in words; null: nothing.</summary>
    public string? NoteOf(ReportOutcome outcome, string? ofRows = null)
    {
        string?[] notes =
        [
            ofRows,
            outcome.CutAfter is not null
                ? string.Create(CultureInfo.InvariantCulture, $"the {Which} {Rows.Count:N0} of more than {outcome.Rows:N0} rows")
            : outcome.Rows > Rows.Count
                ? string.Create(CultureInfo.InvariantCulture, $"the {Which} {Rows.Count:N0} of {outcome.Rows:N0} rows")
            : null,
            columnsLeftOut > 0 ? $"{CellText.Count(columnsLeftOut, "further column")} not shown" : null,
        ];
        return notes.Any(n => n is not null) ? string.Join("; ", notes.OfType<string>()) : null;
    }

    private string Which => isLatest ? "last" : "first";
}

/// <summary>A heading.</summary>
internal sealed record MailColumn(string Title, bool IsNumber)
{
    /// <summary>Where it stands.</summary>
    public string Align => IsNumber ? "right" : "left";
}

/// <summary>A cell.</summary>
internal sealed record MailCell(string Text, bool IsNumber)
{
    /// <summary>Where it stands.</summary>
    public string Align => IsNumber ? "right" : "left";
}

/// <summary>A row, and its bar's length from 0 to 1; null: no bar.</summary>
internal sealed record MailRow(IReadOnlyList<MailCell> Cells, double? Share)
{
    /// <summary>The bar's length in percent; what isn't nothing is seen.</summary>
    public int BarPercent => Share is { } s and > 0 ? Math.Max(2, (int)Math.Round(s * 100)) : 0;

    /// <summary>What is left of 100 percent.</summary>
    public int RestPercent => 100 - BarPercent;
}
