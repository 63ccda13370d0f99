using System.Globalization;
using Reports.Charts;
using Reports.Rendering;
using Reports.Values;

namespace Reports.Mail;

/// <summary>Values through time as columns that mail clients draw: cells of a table, no picture and no script.</summary>
/// <param name="Title">What it shows, and how high the highest column is.</param>
/// <param name="Lines">A row of columns for each line of the report's chart, all of one scale.</param>
/// <param name="Width">How wide a column is, in percent.</param>
/// <param name="First">What the first column stands for.</param>
/// <param name="Last">What the last one stands for.</param>
internal sealed record DigestChart(string Title, IReadOnlyList<MailLine> Lines, string Width, string First, string Last)
{
    // More would be too thin to tell apart on a phone.
    private const int MostColumns = 40;
    private const int MostLines = 3;

    /// <summary>Of a chart of lines that nowhere fall below nothing; null of any other, and of a single value.</summary>
    public static DigestChart? Of(ChartData? data)
    {
        if (data is not { IsLine: true, Lowest: >= 0, Labels.Count: > 1 })
        {
            return null;
        }

        var skipped = Math.Max(0, data.Labels.Count - MostColumns);
        var lines = data.Series.Take(MostLines).Select(s => (s.Name, Values: s.Values.Skip(skipped).ToList())).ToList();
        var highest = lines.SelectMany(l => l.Values).Max() ?? 0;
        if (highest <= 0)
        {
            return null;
        }

        var rest = data.Series.Count + data.SeriesLeftOut - lines.Count;
        string?[] notes =
        [
            $"the highest is {CellText.Short(highest, data.Series[0].Format)}",
            skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $"the last {lines[0].Values.Count} of {data.Labels.Count:N0}") : null,
            rest > 0 ? $"{CellText.Count(rest, "smaller one")} not shown" : null,
        ];
        return new DigestChart(
            $"{data.Title}: {string.Join("; ", notes.OfType<string>())}",
            [
                .. lines.Select(l => new MailLine(
                    lines.Count > 1 ? l.Name : null,
                    [.. l.Values.Select(v => MailBar.Of(v, highest, lines.Count > 1 ? 32 : 56))]
                )),
            ],
            (100.0 / (data.Labels.Count - skipped)).ToString("0.##", CultureInfo.InvariantCulture),
            data.Labels[skipped],
            data.Labels[^1]
        );
    }
}

/// <summary>A line of a chart as columns, and its name where there are several.</summary>
internal sealed record MailLine(string? Name, IReadOnlyList<MailBar> Columns)
{
    /// <summary>The columns as one line of text.</summary>
    public string Text => string.Concat(Columns.Select(c => c.Level));
}

/// <summary>A column of a chart.</summary>
/// <param name="Height">Its height in pixels; 0: there is nothing.</param>
/// <param name="Full">The height of the highest.</param>
/// <param name="Level">It as one sign.</param>
internal sealed record MailBar(int Height, int Full, char Level)
{
    internal static MailBar Of(double? value, double highest, int full)
    {
        var share = (value ?? 0) / highest;
        // What isn't nothing is seen.
        return new MailBar(
            share > 0 ? Math.Max(2, (int)Math.Round(share * full)) : 0,
            full,
            value is null ? ' '
                : share <= 0 ? '_'
                : "▁▂▃▄▅▆▇█"[Math.Min(7, (int)(share * 8))]
        );
    }
}
