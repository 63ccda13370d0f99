using System.Globalization;
using System.Text;
using WarehouseSql.Programs;

namespace Reports.Mail;

/// <summary>Columns that stay aligned in plain text, with bars, for mails read without HTML.</summary>
internal static class TextTable
{
    private const int Gap = 2;
    private const int LongBar = 16;
    private const int ShortBar = 8;

    /// <summary>A column: its heading and whether it stands at the right.</summary>
    public readonly record struct Column(string Title, bool IsNumber);

    /// <summary>
    /// The table, at most <paramref name="width"/> signs wide; <paramref name="shares"/> are the bars' lengths from 0 to 1, none where
    /// null, and <paramref name="barTitle"/> their heading.
    /// </summary>
    public static string Of(
        IReadOnlyList<Column> columns,
        IReadOnlyList<IReadOnlyList<string>> rows,
        IReadOnlyList<double?>? shares = null,
        string barTitle = "",
        int width = 76
    )
    {
        var wanted = Widths(columns, rows, int.MaxValue);
        // A bar gives way before a text does.
        var bar =
            shares is null ? 0
            : wanted.Sum() + (Gap * wanted.Length) + LongBar <= width ? LongBar
            : ShortBar;
        var widths = Widths(columns, rows, width - (bar > 0 ? Gap + bar : 0));
        var text = new StringBuilder();
        Line(text, columns.Select(c => c.Title), columns, widths, Shorten(barTitle, bar));
        text.Append(string.Join(new string(' ', Gap), widths.Append(bar).Where(w => w > 0).Select(w => new string('-', w)))).Append('\n');
        for (var row = 0; row < rows.Count; row++)
        {
            Line(text, rows[row], columns, widths, shares?[row] is { } share ? Bar(share, bar) : "");
        }

        return text.ToString();
    }

    /// <summary>A bar of up to <paramref name="width"/> signs, in eighths of a sign.</summary>
    public static string Bar(double share, int width = LongBar)
    {
        var eighths = (int)Math.Round(Math.Clamp(share, 0, 1) * width * 8);
        eighths = share > 0 ? Math.Max(1, eighths) : 0;
        return new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : "▏▎▍▌▋▊▉"[(eighths % 8) - 1].ToString());
    }

    /// <summary>How many places a text takes in a font whose signs are equally wide.</summary>
    public static int WidthOf(string text)
    {
        var width = 0;
        var signs = StringInfo.GetTextElementEnumerator(text);
        while (signs.MoveNext())
        {
            width += WidthOf(signs.GetTextElement().EnumerateRunes().First());
        }

        return width;
    }

    // East Asian signs and emoji take two places.
    private static int WidthOf(Rune sign) =>
        sign.Value switch
        {
            >= 0x1100
            and <= 0x115F
            or >= 0x2E80
            and <= 0xA4CF
            or >= 0xAC00
            and <= 0xD7A3
            or >= 0xF900
            and <= 0xFAFF
            or >= 0xFE30
            and <= 0xFE6F
            or >= 0xFF00
            and <= 0xFF60
            or >= 0xFFE0
            and <= 0xFFE6
            or >= 0x1F300
            and <= 0x1FAFF
            or >= 0x20000
            and <= 0x3FFFD => 2,
            _ => 1,
        };

    private static int[] Widths(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<string>> rows, int most)
    {
        int[] widths = [.. columns.Select((c, i) => rows.Select(r => WidthOf(r[i])).Append(WidthOf(c.Title)).Max())];
        // The widest text gives way, numbers never.
        while (widths.Sum() + (Gap * (widths.Length - 1)) > most)
        {
            var widest = Enumerable
                .Range(0, widths.Length)
                .Where(i => !columns[i].IsNumber)
                .OrderByDescending(i => widths[i])
                .Select(i => (int?)i)
                .FirstOrDefault();
            if (widest is not { } give || widths[give] <= 8)
            {
                break;
            }

            widths[give]--;
        }

        return widths;
    }

    private static void Line(StringBuilder text, IEnumerable<string> cells, IReadOnlyList<Column> columns, int[] widths, string last)
    {
        var line = new StringBuilder();
        var i = 0;
        foreach (var cell in cells)
        {
            var shown = Shorten(Flat(cell), widths[i]);
            var fill = new string(' ', Math.Max(0, widths[i] - WidthOf(shown)));
            line.Append(i == 0 ? "" : new string(' ', Gap)).Append(columns[i].IsNumber ? fill + shown : shown + fill);
            i++;
        }

        line.Append(' ', Gap).Append(last);
        text.Append(line.ToString().TrimEnd()).Append('\n');
    }

    private static string Flat(string text) => CleanText.Line(text.ReplaceLineEndings(" ").Replace('\t', ' '));

    private static string Shorten(string text, int width)
    {
        if (WidthOf(text) <= width)
        {
            return text;
        }

        var kept = new StringBuilder();
        var used = 0;
        foreach (var sign in text.EnumerateRunes())
        {
            used += WidthOf(sign);
            if (used > width - 1)
            {
                break;
            }

            kept.Append(sign.ToString());
        }

        return kept.Append('…').ToString();
    }
}
