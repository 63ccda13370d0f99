using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Etl.Tests;

/// <summary>Writes PostgreSQL's binary COPY and its values, by PostgreSQL's documentation and without any of the reader's code.</summary>
internal static class CopyText
{
    /// <summary>What a stream begins with: signature, flags, length of the extension.</summary>
    public static byte[] Header { get; } = [.. Encoding.ASCII.GetBytes("PGCOPY\n"), 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>What a stream ends with.</summary>
    public static byte[] Trailer { get; } = [0xFF, 0xFF];

    /// <summary>A whole COPY of these rows; null is NULL.</summary>
    public static byte[] Of(params IEnumerable<byte[]?[]> rows) => [.. Header, .. rows.SelectMany(r => Row(r)), .. Trailer];

    /// <summary>One row.</summary>
    public static byte[] Row(params byte[]?[] fields)
    {
        using var stream = new MemoryStream();
        stream.Write(Int16((short)fields.Length));
        foreach (var field in fields)
        {
            stream.Write(Int32(field?.Length ?? -1));
            stream.Write(field);
        }

        return stream.ToArray();
    }

    public static byte[] Int16(short value) => BigEndian(2, b => BinaryPrimitives.WriteInt16BigEndian(b, value));

    public static byte[] Int32(int value) => BigEndian(4, b => BinaryPrimitives.WriteInt32BigEndian(b, value));

    public static byte[] Int64(long value) => BigEndian(8, b => BinaryPrimitives.WriteInt64BigEndian(b, value));

    public static byte[] Single(float value) => BigEndian(4, b => BinaryPrimitives.WriteSingleBigEndian(b, value));

    public static byte[] Double(double value) => BigEndian(8, b => BinaryPrimitives.WriteDoubleBigEndian(b, value));

    public static byte[] Text(string value) => Encoding.UTF8.GetBytes(value);

    /// <summary>Days since 2000.</summary>
    public static byte[] Date(DateOnly value) => Int32(value.DayNumber - new DateOnly(2000, 1, 1).DayNumber);

    /// <summary>Microseconds since 2000.</summary>
    public static byte[] Timestamp(DateTime value) =>
        Int64((value - new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc)).Ticks / TimeSpan.TicksPerMicrosecond);

    public static byte[] Uuid(Guid value) => Convert.FromHexString(value.ToString("N"));

    /// <summary>
    /// A numeric: the number of its groups of four digits, the first one's weight, the sign, the decimals shown, the groups.
    /// </summary>
    public static byte[] Numeric(string text)
    {
        if (text is "NaN" or "Infinity" or "-Infinity")
        {
            return
            [
                0,
                0,
                0,
                0,
                (byte)(
                    text switch
                    {
                        "NaN" => 0xC0,
                        "Infinity" => 0xD0,
                        _ => 0xF0,
                    }
                ),
                0,
                0,
                0,
            ];
        }

        var parts = text.TrimStart('-').Split('.');
        var (whole, decimals) = (parts[0], parts.Length > 1 ? parts[1] : "");
        whole = whole.PadLeft((whole.Length + 3) / 4 * 4, '0');
        var digits = whole + decimals.PadRight((decimals.Length + 3) / 4 * 4, '0');
        var groups = Enumerable
            .Range(0, digits.Length / 4)
            .Select(i => short.Parse(digits.AsSpan(4 * i, 4), CultureInfo.InvariantCulture))
            .ToList();
        var leading = groups.TakeWhile(g => g == 0).Count();
        var weight = leading == groups.Count ? 0 : (whole.Length / 4) - 1 - leading;
        groups = [.. groups.Skip(leading).Reverse().SkipWhile(g => g == 0).Reverse()];
        return
        [
            .. Int16((short)groups.Count),
            .. Int16((short)weight),
            (byte)(text.StartsWith('-') ? 0x40 : 0),
            0,
            .. Int16((short)decimals.Length),
            .. groups.SelectMany(Int16),
        ];
    }

    /// <summary>An array of one dimension (none where it is empty); null is NULL.</summary>
    public static byte[] Array(params byte[]?[] elements) => Array(1, elements);

    /// <summary>An array of one dimension whose first element has that number.</summary>
    public static byte[] Array(int first, byte[]?[] elements) =>
        elements.Length == 0
            ? [.. Int32(0), .. Int32(0), .. Int32(25)]
            :
            [
                .. Int32(1),
                .. Int32(elements.Contains(null) ? 1 : 0),
                .. Int32(25),
                .. Int32(elements.Length),
                .. Int32(first),
                .. elements.SelectMany(e => (byte[])[.. Int32(e?.Length ?? -1), .. e ?? []]),
            ];

    private static byte[] BigEndian(int length, Action<byte[]> write)
    {
        var bytes = new byte[length];
        write(bytes);
        return bytes;
    }
}
