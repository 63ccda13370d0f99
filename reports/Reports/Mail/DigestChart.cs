using System.Globalization;
using Reports.Charts;
using Reports.Rendering;

namespace Reports.Mail;

/// <summary>A value through time as columns that mail clients draw: cells of a table, no picture and no script.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">The columns, in time's order.</param>
/// <param name="Highest">The highest value, as people read it.</param>
/// <param name="First">What the first column stands for.</param>
/// <param name="Last">What the last one stands for.</param>
internal sealed record DigestChart(string Title, IReadOnlyList<MailBar> Columns, string Highest, string First, string Last)
{
    // More would be too thin to tell apart on a phone.
    private const int MostColumns = 40;

    /// <summary>How wide a column is, in percent of the chart.</summary>
    public string Width => (100.0 / Columns.Count).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Of a chart with one line that nowhere falls below nothing; null of any other, and of a single value.</summary>
    public static DigestChart? Of(ChartData? data)
    {
        if (data is not { IsLine: true, Lowest: >= 0, Highest: > 0, Series: [var line], SeriesLeftOut: 0 } || line.Values.Count < 2)
        {
            return null;
        }

        var skipped = Math.Max(0, line.Values.Count - MostColumns);
        var values = line.Values.Skip(skipped).ToList();
        var highest = values.Max() ?? 0;
        return highest <= 0 ? null : new DigestChart(
            data.Title + (skipped > 0 ? $", the last {values.Count}" : ""),
            [.. values.Select(v => MailBar.Of(v, highest))],
            CellText.Short(highest, line.Format),
            data.Labels[skipped],
            data.Labels[^1]);
    }

    /// <summary>The columns as one line of text.</summary>
    public string Text => string.Concat(Columns.Select(c => c.Level));
}

/// <summary>A column of a chart.</summary>
/// <param name="Height">Its height in pixels; 0: there is nothing.</param>
/// <param name="Rest">The pixels above it.</param>
/// <param name="Level">It as one sign.</param>
internal sealed record MailBar(int Height, int Rest, char Level)
{
    internal static MailBar Of(double? value, double highest)
    {
        const int full = 56;
        var share = (value ?? 0) / highest;
        // What isn't nothing is seen.
        var height = share > 0 ? Math.Max(2, (int)Math.Round(share * full)) : 0;
        return new MailBar(height, full - height, value is null ? ' ' : share <= 0 ? '_' : "▁▂▃▄▅▆▇█"[Math.Min(7, (int)(share * 8))]);
    }
}
