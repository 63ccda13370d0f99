using System.Globalization;
using System.Text;

namespace Benchmarks;

/// <summary>What something takes against how many rows there are, both on scales of powers of ten.</summary>
internal static class GrowthPlot
{
    private const int Width = 480;
    private const int Height = 300;
    private const int Left = 70;
    private const int Bottom = 40;
    private const int Top = 30;
    private static readonly string[] s_colors = ["#0b6e99", "#b5542d", "#3d7a3a", "#7a4b94", "#8a6d1a", "#a33b5c", "#4a4a4a"];

    /// <summary>The power of the rows with which the seconds grow: 0 where they stay, 1 where they follow. Least squares of the logarithms.</summary>
    public static double Exponent(IReadOnlyList<(long Rows, double Seconds)> points)
    {
        var x = points.Select(p => Math.Log(p.Rows)).ToList();
        var y = points.Select(p => Math.Log(Math.Max(p.Seconds, 1e-4))).ToList();
        var (meanX, meanY) = (x.Average(), y.Average());
        return x.Zip(y).Sum(p => (p.First - meanX) * (p.Second - meanY)) / x.Sum(v => (v - meanX) * (v - meanX));
    }

    /// <summary>The picture, as SVG.</summary>
    public static string Draw(string title, IReadOnlyList<(string Name, IReadOnlyList<(long Rows, double Seconds)> Points)> series)
    {
        var all = series.SelectMany(s => s.Points).ToList();
        var (left, right) = (Math.Floor(Math.Log10(all.Min(p => p.Rows))), Math.Ceiling(Math.Log10(all.Max(p => p.Rows))));
        var (low, high) = (
            Math.Floor(Math.Log10(all.Min(p => Math.Max(p.Seconds, 1e-4)))),
            Math.Ceiling(Math.Log10(all.Max(p => p.Seconds)) + 1e-9)
        );
        double X(double rows) => Left + ((Math.Log10(rows) - left) / Math.Max(1, right - left) * (Width - Left - 20));
        double Y(double seconds) =>
            Height - Bottom - ((Math.Log10(Math.Max(seconds, 1e-4)) - low) / Math.Max(1, high - low) * (Height - Bottom - Top));
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height + (16 * series.Count)}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{Left}\" y=\"18\" font-size=\"14\">{title}</text>\n"
        );
        for (var power = low; power <= high; power++)
        {
            Line(svg, Left, Y(Math.Pow(10, power)), Width - 20, Y(Math.Pow(10, power)));
            Text(svg, Left - 6, Y(Math.Pow(10, power)) + 4, "end", Number(Math.Pow(10, power)) + " s");
        }

        for (var power = left; power <= right; power++)
        {
            Line(svg, X(Math.Pow(10, power)), Top, X(Math.Pow(10, power)), Height - Bottom);
            Text(svg, X(Math.Pow(10, power)), Height - Bottom + 16, "middle", Number(Math.Pow(10, power)));
        }

        Text(svg, Width - 20, Height - 8, "end", "actions");
        foreach (var (number, (name, points)) in series.Index())
        {
            var color = s_colors[number % s_colors.Length];
            var path = string.Join(
                ' ',
                points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Rows):0.0},{Y(p.Seconds):0.0}"))
            );
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n"
            );
            foreach (var (rows, seconds) in points)
            {
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<circle cx=\"{X(rows):0.0}\" cy=\"{Y(seconds):0.0}\" r=\"3.5\" fill=\"{color}\"><title>{name}: {rows:N0} rows, {seconds:0.###} s</title></circle>\n"
                );
            }

            svg.Append(
                CultureInfo.InvariantCulture,
                $"<rect x=\"{Left}\" y=\"{Height + (16 * number)}\" width=\"10\" height=\"10\" fill=\"{color}\"/>\n"
            );
            Text(
                svg,
                Left + 16,
                Height + 10 + (16 * number),
                "start",
                string.Create(CultureInfo.InvariantCulture, $"{name}: rows to the power of {Exponent(points):0.00}")
            );
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Number(double value) =>
        value >= 1e6
            ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0} M")
            : value.ToString("#,0.####", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2) =>
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<line x1=\"{x1:0.0}\" y1=\"{y1:0.0}\" x2=\"{x2:0.0}\" y2=\"{y2:0.0}\" stroke=\"#ddd\"/>\n"
        );

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text) =>
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" fill=\"#333\">{text}</text>\n"
        );
}
