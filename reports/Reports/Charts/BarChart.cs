using Reports.Values;

namespace Reports.Charts;

/// <summary>Horizontal bars with each one's name and value on it, readable at any width.</summary>
internal static class BarChart
{
    /// <summary>Bars of a page; further rows stay in the table.</summary>
    public const int MostBars = 20;
    private const int LabelLetters = 44;

    /// <summary>The picture of at most <paramref name="most"/> rows; compact: as small as an index needs it.</summary>
    public static string Draw(ChartData data, int most = MostBars, bool compact = false)
    {
        var rows = Math.Min(most, data.Labels.Count);
        var drawn = compact ? data with { Series = [.. data.Series.Take(1)] } : data;
        var bar =
            compact ? 22.0
            : drawn.Series.Count > 1 ? 20
            : 30;
        var gap =
            compact ? 3.0
            : drawn.Series.Count > 1 ? 3
            : 5;
        var head = drawn.Series.Count > 1 ? 24.0 : 0;
        var rowHeight = head + (drawn.Series.Count * (bar + gap)) + (head > 0 ? 10 : 0);
        // The values stand in a column of their own at the right, as wide as the longest one.
        var margin = Svg.Margin(16 + (7.6 * drawn.Series.Max(s => s.Values.Take(rows).Max(v => ValueText(v, s).Length))));
        var svg = new Svg(
            compact ? "chart compact" : "chart",
            Math.Max(1, (rows * rowHeight) - gap - (head > 0 ? 10 : 0)),
            data.Title,
            Describe(drawn, rows),
            margin
        );
        // Every row counts for the scale, those that aren't drawn too, so that a bar's length means the same in all pictures of a report.
        var lowest = drawn.Lowest;
        var highest = drawn.Highest == lowest ? lowest + 1 : drawn.Highest;
        for (var row = 0; row < rows; row++)
        {
            var top = row * rowHeight;
            if (head > 0)
            {
                svg.Text("label", 0, top + 17, Short(data.Labels[row], LabelLetters));
            }

            for (var s = 0; s < drawn.Series.Count; s++)
            {
                var y = top + head + (s * (bar + gap));
                Bar(svg, drawn, row, s, new Place(y, bar, lowest, highest, margin, IsNamed: head == 0, compact));
            }
        }

        if (lowest < 0)
        {
            var zero = Share(0, lowest, highest);
            svg.Line("axis", zero, 0, zero, rows * rowHeight);
        }

        return svg.End();
    }

    private static void Bar(Svg svg, ChartData data, int row, int s, Place place)
    {
        var series = data.Series[s];
        var value = series.Values[row];
        var text = ValueText(value, series);
        svg.Open($"{data.Labels[row]}: {text} {series.Name}");
        if (value is { } shown)
        {
            var zero = Share(0, place.Lowest, place.Highest);
            var at = Share(shown, place.Lowest, place.Highest);
            // Little is not nothing.
            var width = shown == 0 ? 0 : Math.Max(Math.Abs(at - zero), 0.004);
            svg.Rect($"bar s{s + 1}", shown < 0 ? zero - width : zero, place.Y, width, place.Height)
                .Edge($"edge s{s + 1}", zero, place.Y, place.Height);
        }

        var baseline = place.Y + (place.Height / 2) + (place.IsCompact ? 4 : 4.5);
        if (place.IsNamed)
        {
            svg.Text("label", 0, baseline, Short(data.Labels[row], place.IsCompact ? 36 : LabelLetters), dx: place.IsCompact ? 8 : 12);
        }

        svg.Text(value is null ? "value none" : "value", 1, baseline, text, "end", place.Margin).Close();
    }

    private static string ValueText(double? value, ChartSeries series) =>
        value is { } number ? CellText.OfNumber(number, series.Format) : "–";

    // Halved first: the distance of two huge numbers may be too big for a number.
    private static double Share(double value, double lowest, double highest) =>
        ((value / 2) - (lowest / 2)) / ((highest / 2) - (lowest / 2));

    private static string Describe(ChartData data, int rows)
    {
        var first = data.Series[0];
        var top = Enumerable
            .Range(0, rows)
            .Where(r => first.Values[r] is not null)
            .OrderByDescending(r => first.Values[r])
            .Cast<int?>()
            .FirstOrDefault();
        return $"{CellText.Count(rows, "bar")}"
            + (
                top is { } row
                    ? $"; the highest is {data.Labels[row]} with {CellText.OfNumber(first.Values[row]!.Value, first.Format)}"
                    : ""
            );
    }

    private static string Short(string label, int letters) =>
        label.Length <= letters ? label : string.Concat(label.AsSpan(0, letters - 1).TrimEnd(), "…");

    private readonly record struct Place(
        double Y,
        double Height,
        double Lowest,
        double Highest,
        double Margin,
        bool IsNamed,
        bool IsCompact
    );
}
