using System.Globalization;
using System.Text.RegularExpressions;

namespace Reports.Rendering;

/// <summary>Texts as Excel takes them: in cells, as headings, as names of sheets.</summary>
internal static partial class XlsxText
{
    /// <summary>The characters (UTF-16 units) that a cell can hold.</summary>
    public const int MostCharacters = 32_767;

    private const int MostOfHeading = 255;
    private const int MostOfSheetName = 31;

    /// <summary>A cell's text: cut where it is too long; what XML can't hold is spelt _x0001_, and such spellings stay text.</summary>
    public static string OfCell(string text) =>
        Unwritable()
            .Replace(
                Fit(text, MostCharacters),
                m => m.Value[0] == '_' ? "_x005F_" : string.Create(CultureInfo.InvariantCulture, $"_x{(int)m.Value[0]:X4}_")
            );

    /// <summary>A table's headings; Excel takes no empty one, no blanks around it, no two that differ in case alone.</summary>
    public static string[] Headings(IEnumerable<string> titles)
    {
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        return [.. titles.Select(t => OfCell(Free(Or("Column", Blanks().Replace(t, " ").Trim()), MostOfHeading, taken)))];
    }

    /// <summary>A name for a sheet, as much like the given one as Excel allows; those that are taken already get a number.</summary>
    public static string SheetName(string name, params IEnumerable<string> taken)
    {
        // Excel keeps the name History for itself.
        HashSet<string> refused = new([.. taken, "History"], StringComparer.OrdinalIgnoreCase);
        return Free(Or("Rows", Edges().Replace(NotInSheetNames().Replace(name, "-"), "")), MostOfSheetName, refused);
    }

    private static string Or(string other, string name) => name.Length > 0 ? name : other;

    private static string Free(string name, int most, HashSet<string> taken)
    {
        var free = Fit(name, most);
        for (var n = 2; !taken.Add(free); n++)
        {
            var number = string.Create(CultureInfo.InvariantCulture, $" ({n})");
            free = Fit(name, most - number.Length) + number;
        }

        return free;
    }

    // Never half a letter.
    private static string Fit(string text, int most) =>
        text.Length <= most ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1), "…");

    // A carriage return would be read back as a line feed.
    [GeneratedRegex(@"[^\t\n\x20-\uFFFD]|_(?=x[0-9A-Fa-f]{4}_)")]
    private static partial Regex Unwritable();

    [GeneratedRegex(@"[\s\p{Cc}]+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"[\[\]:*?/\\\p{Cc}\uFFFE\uFFFF]")]
    private static partial Regex NotInSheetNames();

    [GeneratedRegex(@"^[\s']+|[\s']+$")]
    private static partial Regex Edges();
}
