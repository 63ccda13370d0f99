using System.Globalization;
using System.Net;
using System.Text;

namespace Reports.Charts;

/// <summary>
/// Writes the few SVG elements that the charts have. Colours are classes, so that the page's style decides them, in dark mode too.
/// </summary>
internal sealed class Svg
{
    // The style has a class for each of them.
    private const int MarginStep = 8;
    private const int MostMargins = 24;
    private readonly StringBuilder text = new();

    /// <summary>
    /// Opens a picture that is as wide as its place less <paramref name="margin"/> pixels (one of <see cref="Margin"/>) at the right, and
    /// <paramref name="height"/>
    /// pixels high, with its name and description for those who don't see it.
    /// </summary>
    public Svg(string style, double height, string title, string description, double margin = 0)
    {
        // Classes m1, m2 …, since a style in the markup itself would be refused where pages forbid such.
        var narrower = margin == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" m{margin / MarginStep}");
        text.Append(
            CultureInfo.InvariantCulture,
            $"<svg class=\"{style}{narrower}\" width=\"100%\" height=\"{Number(height)}\" role=\"img\" aria-label=\"{Escape(title)}. {Escape(description)}\">"
        );
        text.Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title><desc>{Escape(description)}</desc>");
    }

    /// <summary>The margin that pages know and that has room for <paramref name="pixels"/>.</summary>
    public static double Margin(double pixels) => MarginStep * Math.Min(Math.Ceiling(pixels / MarginStep), MostMargins);

    /// <summary>A number as SVG wants it.</summary>
    public static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>As <see cref="Number"/>, where a whole width is 1 and a thousandth of it would be seen.</summary>
    public static string Number6(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A share of the width.</summary>
    public static string Percent(double share) => Number(share * 100) + "%";

    /// <summary>A text whose signs can't become markup.</summary>
    public static string Escape(string value) => WebUtility.HtmlEncode(value);

    /// <summary>Opens a group whose tooltip is <paramref name="tip"/>.</summary>
    public Svg Open(string tip)
    {
        text.Append(CultureInfo.InvariantCulture, $"<g><title>{Escape(tip)}</title>");
        return this;
    }

    /// <summary>Closes it.</summary>
    public Svg Close()
    {
        text.Append("</g>");
        return this;
    }

    /// <summary>A rectangle; <paramref name="x"/> and <paramref name="width"/> are shares of the width.</summary>
    public Svg Rect(string style, double x, double y, double width, double height, double radius = 3)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"<rect class=\"{style}\" x=\"{Percent(x)}\" y=\"{Number(y)}\" width=\"{Percent(width)}\" height=\"{Number(height)}\" rx=\"{Number(radius)}\"/>"
        );
        return this;
    }

    /// <summary>A rectangle of a fixed width that begins at a share of the picture's.</summary>
    public Svg Edge(string style, double x, double y, double height)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"<rect class=\"{style}\" x=\"{Percent(x)}\" y=\"{Number(y)}\" width=\"3\" height=\"{Number(height)}\" rx=\"1.5\"/>"
        );
        return this;
    }

    /// <summary>A line between two points; x are shares of the width.</summary>
    public Svg Line(string style, double x1, double y1, double x2, double y2)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"<line class=\"{style}\" x1=\"{Percent(x1)}\" y1=\"{Number(y1)}\" x2=\"{Percent(x2)}\" y2=\"{Number(y2)}\"/>"
        );
        return this;
    }

    /// <summary>A text that starts, is centred or ends at a share of the width, moved by <paramref name="dx"/> pixels.</summary>
    public Svg Text(string style, double x, double y, string value, string anchor = "start", double dx = 0)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"<text class=\"{style}\" x=\"{Percent(x)}\" y=\"{Number(y)}\" text-anchor=\"{anchor}\"{(dx == 0 ? "" : $" dx=\"{Number(dx)}\"")}>{Escape(value)}</text>"
        );
        return this;
    }

    /// <summary>A dot with a tooltip.</summary>
    public Svg Dot(string style, double x, double y, double radius, string tip)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"<circle class=\"{style}\" cx=\"{Percent(x)}\" cy=\"{Number(y)}\" r=\"{Number(radius)}\"><title>{Escape(tip)}</title></circle>"
        );
        return this;
    }

    /// <summary>
    /// Shapes whose x are shares of the width, in a picture of its own that is stretched to it; strokes keep their thickness.
    /// </summary>
    public Svg Stretched(double height, string shapes)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"<svg width=\"100%\" height=\"{Number(height)}\" viewBox=\"0 0 1 {Number(height)}\" preserveAspectRatio=\"none\">{shapes}</svg>"
        );
        return this;
    }

    /// <summary>The whole picture.</summary>
    public string End() => text.Append("</svg>").ToString();
}
