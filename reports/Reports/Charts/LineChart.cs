using System.Globalization;
using System.Text;
using Reports.Definitions;
using Reports.Values;

namespace Reports.Charts;

/// <summary>Lines over time or over ordered places; a value that is missing is a gap.</summary>
internal static class LineChart
{
    private const double Top = 22;
    private const double Bottom = 26;

    // The values beside the axis stand in this share of the width.
    private const double Left = 0.07;
    private const double Right = 0.985;
    private const int MostDots = 32;

    /// <summary>The picture, <paramref name="height"/> pixels high.</summary>
    public static string Draw(ChartData whole, double height = 290)
    {
        var data = whole.Drawn();
        var format = data.Series[0].Format;
        var scale = Scale.Of(data.Lowest, data.Highest, format);
        var svg = new Svg("chart", height, data.Title, Describe(data));
        var plot = new Plot(scale, Places(data, Left, Right), Top, height - Bottom);
        foreach (var tick in scale.Ticks)
        {
            var y = plot.Y(tick);
            svg.Line(Math.Abs(tick) < scale.Step / 1000 ? "axis" : "grid", 0, y, 1, y).Text("tick", 0, y - 5, CellText.Short(tick, format));
        }

        foreach (var (x, label, anchor) in XLabels(data, plot))
        {
            svg.Text("tick", x, height - 6, label, anchor);
        }

        svg.Stretched(height, Shapes(data, plot));
        Dots(svg, data, plot);
        return svg.End();
    }

    /// <summary>The lines alone, for an index.</summary>
    public static string DrawSmall(ChartData whole, double height = 72)
    {
        var data = whole.Drawn();
        var svg = new Svg("chart compact", height, data.Title, Describe(data));
        var scale = Scale.Of(data.Lowest, data.Highest, data.Series[0].Format);
        var plot = new Plot(scale, Places(data, 0.01, 0.99), 4, height - 2);
        svg.Line("axis", 0, plot.Y(0), 1, plot.Y(0)).Stretched(height, Shapes(data, plot));
        return svg.End();
    }

    private static string Shapes(ChartData data, Plot plot)
    {
        var shapes = new StringBuilder();
        for (var s = 0; s < data.Series.Count; s++)
        {
            foreach (var run in Runs(data.Series[s].Values))
            {
                var points = string.Join(
                    ' ',
                    run.Select(i => $"{Svg.Number6(plot.X[i])},{Svg.Number(plot.Y(data.Series[s].Values[i]!.Value))}")
                );
                if (data.Series.Count == 1)
                {
                    var zero = Svg.Number(plot.Y(0));
                    shapes.Append(
                        CultureInfo.InvariantCulture,
                        $"<polygon class=\"area\" points=\"{Svg.Number6(plot.X[run[0]])},{zero} {points} {Svg.Number6(plot.X[run[^1]])},{zero}\"/>"
                    );
                }

                shapes.Append(CultureInfo.InvariantCulture, $"<polyline class=\"line s{s + 1}\" points=\"{points}\"/>");
            }
        }

        return shapes.ToString();
    }

    // Stretches of values between gaps.
    private static IEnumerable<List<int>> Runs(IReadOnlyList<double?> values)
    {
        var run = new List<int>();
        for (var i = 0; i <= values.Count; i++)
        {
            if (i < values.Count && values[i] is not null)
            {
                run.Add(i);
            }
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }
    }

    private static void Dots(Svg svg, ChartData data, Plot plot)
    {
        for (var s = 0; s < data.Series.Count; s++)
        {
            var series = data.Series[s];
            for (var i = 0; i < series.Values.Count; i++)
            {
                if (series.Values[i] is { } value)
                {
                    // A value between two gaps has no line and would be lost without its dot.
                    var alone = (i == 0 || series.Values[i - 1] is null) && (i == series.Values.Count - 1 || series.Values[i + 1] is null);
                    var shown = alone || series.Values.Count <= MostDots;
                    svg.Dot(
                        shown ? $"dot s{s + 1}" : "hit",
                        plot.X[i],
                        plot.Y(value),
                        shown ? 3 : 6,
                        $"{data.Labels[i]}: {CellText.OfNumber(value, series.Format)} {series.Name}"
                    );
                }
            }
        }
    }

    private static double[] Places(ChartData data, double left, double right)
    {
        var count = data.Labels.Count;
        var (first, last) = data.Times is { } t ? (t[0], t[^1]) : default;
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    var share =
                        count == 1 ? 0.5
                        : data.Times is { } times ? (times[i] - first) / (last - first)
                        : i / (double)(count - 1);
                    return left + (share * (right - left));
                }),
        ];
    }

    private static IEnumerable<(double X, string Label, string Anchor)> XLabels(ChartData data, Plot plot)
    {
        var count = data.Labels.Count;
        if (data.Times is { } all && count > MostDots && Months(all[0], all[^1]) is { Count: > 1 } months)
        {
            foreach (var month in months)
            {
                var share = (month - all[0]) / (all[^1] - all[0]);
                yield return (
                    Left + (share * (Right - Left)),
                    month.ToString("MMM yyyy", CultureInfo.InvariantCulture),
                    share < 0.04 ? "start"
                    : share > 0.96 ? "end"
                    : "middle"
                );
            }

            yield break;
        }

        var wanted = Math.Min(count, 5);
        for (var k = 0; k < wanted; k++)
        {
            var i = wanted == 1 ? 0 : (int)Math.Round(k * (count - 1) / (double)(wanted - 1));
            var anchor =
                count == 1 ? "middle"
                : k == wanted - 1 ? "end"
                : k == 0 ? "start"
                : "middle";
            yield return (plot.X[i], data.Times is { } times ? TimeLabel(times, i) : ShortLabel(data.Labels[i]), anchor);
        }
    }

    // Of a long time, the beginnings of months, of as many as have room.
    private static List<DateTime> Months(DateTime first, DateTime last)
    {
        static int Number(DateTime at) => (at.Year * 12) + at.Month - 1;
        return ((int[])[1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 12_000])
            .Select(step =>
                Enumerable
                    .Range(Number(first), Number(last) - Number(first) + 1)
                    .Where(m => m % step == 0)
                    .Select(m => new DateTime(m / 12, (m % 12) + 1, 1, 0, 0, 0, DateTimeKind.Utc))
                    .Where(m => m >= first)
                    .ToList()
            )
            .First(months => months.Count <= 6);
    }

    private static string TimeLabel(IReadOnlyList<DateTime> times, int i)
    {
        var form =
            times.All(t => t.Day == 1 && t.TimeOfDay == default) && times.Count > 1 ? "MMM yyyy"
            : times[^1] - times[0] <= TimeSpan.FromDays(2) && times.Any(t => t.TimeOfDay != default) ? "HH:mm"
            : times[^1].Year == times[0].Year ? "d MMM"
            : "d MMM yy";
        return times[i].ToString(form, CultureInfo.InvariantCulture);
    }

    private static string ShortLabel(string label) => label.Length <= 12 ? label : string.Concat(label.AsSpan(0, 11), "…");

    private static string Describe(ChartData data) =>
        $"{CellText.Count(data.Series.Count, "line")} from {data.Labels[0]} to {data.Labels[^1]}; values from "
        + $"{Extreme(data, Enumerable.Min)} to {Extreme(data, Enumerable.Max)}";

    private static string Extreme(ChartData data, Func<IEnumerable<double>, double> of)
    {
        var values = data.Series.SelectMany(s => s.Values).OfType<double>().ToList();
        return values.Count == 0 ? "none" : CellText.OfNumber(of(values), data.Series[0].Format);
    }

    private sealed record Plot(Scale Scale, double[] X, double Top, double Bottom)
    {
        public double Y(double value) => Bottom - (Scale.At(value) * (Bottom - Top));
    }
}
