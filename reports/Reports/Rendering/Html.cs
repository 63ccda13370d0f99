using System.Buffers;
using System.Text;

namespace Reports.Rendering;

/// <summary>Text that is HTML already. Of all that a template prints, only this is not escaped.</summary>
/// <param name="Text">The HTML; whoever makes it has escaped what isn't his own.</param>
internal sealed record Html(string Text)
{
    private static readonly SearchValues<char> Special = SearchValues.Create("&<>\"'`=");

    /// <summary>Text that can stand between tags and in an attribute, with quotes or without.</summary>
    public static string Escape(string text) =>
        text.AsSpan().ContainsAny(Special) ? Escape(text, new StringBuilder(text.Length + 16)).ToString() : text;

    /// <summary>Appends text so that it can stand there.</summary>
    public static StringBuilder Escape(string text, StringBuilder to)
    {
        var rest = text.AsSpan();
        while (rest.IndexOfAny(Special) is >= 0 and var at)
        {
            to.Append(rest[..at]).Append(EntityOf(rest[at]));
            rest = rest[(at + 1)..];
        }

        return to.Append(rest);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string EntityOf(char c) =>
        c switch
        {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#x27;",
            '`' => "&#x60;",
            _ => "&#x3D;",
        };
}
