using System.Globalization;

namespace Reports.Rendering;

/// <summary>What a spreadsheet would run where it reads a text of CSV as a cell.</summary>
internal static class Formulas
{
    private const byte FullWidth = 0xEF;

    /// <summary>
    /// Where a spreadsheet would begin to run <paramref name="text"/>, at <paramref name="from"/> or later; -1: nowhere. An apostrophe put
    /// there makes it a text.
    /// </summary>
    /// <remarks>
    /// Where a semicolon or a tab separates cells, as in half of the world, what follows one in a text is a cell too; so is what follows
    /// the end of a line.
    /// </remarks>
    public static int Find(ReadOnlySpan<byte> text, int from)
    {
        for (var start = from; start < text.Length; start++)
        {
            // Some readers drop a tab or the end of a line before they look.
            if (
                (start == 0 && IsSeparator(text[0]) && text[0] != (byte)';')
                || ((start == 0 || IsSeparator(text[start - 1])) && IsFormula(Segment(text[start..])))
            )
            {
                return start;
            }
        }

        return -1;
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> text) =>
        text.IndexOfAny(";\t\r\n"u8) is var end and >= 0 ? text[..end] : text;

    private static bool IsSeparator(byte sign) => sign is (byte)';' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static bool IsFormula(ReadOnlySpan<byte> cell)
    {
        cell = WithoutBlanks(cell);
        return cell.Length > 0
            && cell[0] switch
            {
                (byte)'=' or (byte)'@' => true,
                (byte)'+' or (byte)'-' => !IsNumber(cell),
                FullWidth => cell.StartsWith("＝"u8) || cell.StartsWith("＋"u8) || cell.StartsWith("－"u8) || cell.StartsWith("＠"u8),
                _ => false,
            };
    }

    // A sign alone is a number left out.
    private static bool IsNumber(ReadOnlySpan<byte> cell)
    {
        var text = cell.TrimEnd(" %"u8);
        return text.Length == 1
            || double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);
    }

    // Blanks of any width, and signs of no width.
    private static ReadOnlySpan<byte> WithoutBlanks(ReadOnlySpan<byte> cell)
    {
        while (true)
        {
            var blank = cell switch
            {
                [(byte)' ' or 0x0B or 0x0C or 0, ..] => 1,
                [0xC2, 0xA0 or 0xAD, ..] => 2,
                [0xE2, 0x80, >= 0x80 and <= 0x8F, ..]
                or [0xE2, 0x80, >= 0xA8 and <= 0xAF, ..]
                or [0xE2, 0x81, >= 0x9F and <= 0xA4, ..]
                or [0xE3, 0x80, 0x80, ..]
                or [0xEF, 0xBB, 0xBF, ..] => 3,
                _ => 0,
            };
            if (blank == 0)
            {
                return cell;
            }

            cell = cell[blank..];
        }
    }
}
