using System.Globalization;
using System.Text;

namespace WarehouseSql.Programs;

/// <summary>
/// Texts of others (a site, a reader, a server's message) on terminals and in logs: what would move the cursor, change colours, begin
/// another line or turn the writing round is written as its number.
/// </summary>
public static class CleanText
{
    /// <summary>What stderr was before <see cref="Guard"/>: for what the program itself does to a terminal.</summary>
    public static TextWriter Terminal { get; private set; } = Console.Error;

    private static TextWriter? guarded;

    /// <summary>From now on, nothing but text and line ends reaches stderr by <see cref="Console.Error"/>.</summary>
    public static void Guard()
    {
        if (!ReferenceEquals(Console.Error, guarded))
        {
            Terminal = Console.Error;
            Console.SetError(new CleanWriter(Terminal));
            guarded = Console.Error;
        }
    }

    /// <summary>A text as a part of one line: line ends and tabs are written as \n, \r and \t, other controls as \x1b or \u202e.</summary>
    public static string Line(string text) => Written(text, isLine: true);

    /// <summary>A text of several lines: as <see cref="Line"/>, but with its line ends and tabs.</summary>
    public static string Lines(string text) => Written(text, isLine: false);

    /// <summary>
    /// Whether a character does something in place of being seen: controls, line separators and what turns the direction of writing.
    /// </summary>
    public static bool IsControl(char c) =>
        char.IsControl(c)
        || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u200e' or '\u200f' or '\u061c';

    private static string Written(string text, bool isLine) =>
        !text.Any(IsControl)
            ? text
            : string.Concat(
                text.Select(c =>
                    c switch
                    {
                        '\n' or '\r' or '\t' when !isLine => c.ToString(),
                        '\n' => "\\n",
                        '\r' => "\\r",
                        '\t' => "\\t",
                        _ when !IsControl(c) => c.ToString(),
                        < '\u0100' => $"\\x{((int)c).ToString("x2", CultureInfo.InvariantCulture)}",
                        _ => $"\\u{((int)c).ToString("x4", CultureInfo.InvariantCulture)}",
                    }
                )
            );

    private sealed class CleanWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => inner.Write(Lines(value.ToString()));

        public override void Write(string? value) => inner.Write(Lines(value ?? ""));

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void WriteLine(string? value) => inner.WriteLine(Lines(value ?? ""));

        public override void Flush() => inner.Flush();
    }
}
