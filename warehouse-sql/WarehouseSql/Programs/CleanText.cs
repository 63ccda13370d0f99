using System.Globalization;
using System.Text;

namespace WarehouseSql.Programs;

/// <summary>
/// Texts of others (a site, a reader, a server's message) on terminals and in logs: what would move the cursor, change colours, begin another line or turn
/// the writing round is written as its number.
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
    public static string Line(string text) => text.AsSpan().IndexOfAny(Controls) < 0 && !text.Any(IsControl) ? text
        : string.Concat(text.Select(c => c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ when IsControl(c) => Escaped(c), _ => c.ToString() }));

    /// <summary>A text of several lines: as <see cref="Line"/>, but with its line ends and tabs.</summary>
    public static string Lines(string text) => !text.Any(c => IsControl(c) && c is not ('\n' or '\r' or '\t')) ? text
        : string.Concat(text.Select(c => IsControl(c) && c is not ('\n' or '\r' or '\t') ? Escaped(c) : c.ToString()));

    /// <summary>Whether a character does something in place of being seen: controls, line separators and what turns the direction of writing.</summary>
    public static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u200e' or '\u200f' or '\u061c';

    private const string Controls = "\u001b\n\r";

    private static string Escaped(char c) => c < 256 ? $"\\x{((int)c).ToString("x2", CultureInfo.InvariantCulture)}" : $"\\u{((int)c).ToString("x4", CultureInfo.InvariantCulture)}";

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

/// <summary>A stream to a terminal: a result's bytes, with every control but line ends and tabs as a question mark in place of what it would do.</summary>
public sealed class TerminalStream(Stream inner) : Stream
{
    private bool isSecondOfC1;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => inner.Write(Clean(buffer.AsSpan(offset, count)));

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(Clean(buffer.Span), cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    // The controls of 0x80 to 0x9f are two bytes in UTF-8, the first of them 0xc2; they may come in two pieces.
    private byte[] Clean(ReadOnlySpan<byte> bytes)
    {
        var clean = bytes.ToArray();
        for (var i = 0; i < clean.Length; i++)
        {
            var isControl = clean[i] is (< 32 and not ((byte)'\n' or (byte)'\r' or (byte)'\t')) or 127 || (isSecondOfC1 && clean[i] is >= 0x80 and <= 0x9f);
            isSecondOfC1 = clean[i] == 0xc2;
            clean[i] = isControl ? (byte)'?' : clean[i];
        }

        return clean;
    }
}
