using System.Buffers.Binary;
using System.Buffers.Text;

namespace Etl.Source;

/// <summary>
/// A numeric in PostgreSQL's binary form: groups of four decimal digits, the first of which counts 10000 to the power of
/// <see cref="Weight"/>.
/// </summary>
/// <remarks>
/// PostgreSQL's numeric_send: 16-bit numbers, namely how many groups, the weight, the sign, the decimals that are shown, then the groups.
/// </remarks>
internal readonly ref struct NumericField
{
    private const int Heading = 8;
    private const ushort Negative = 0x4000;
    private const ushort NotANumber = 0xC000;
    private const ushort PositiveInfinity = 0xD000;
    private const ushort NegativeInfinity = 0xF000;
    private readonly ReadOnlySpan<byte> groups;
    private readonly ushort sign;

    private NumericField(ReadOnlySpan<byte> field)
    {
        groups = field[Heading..];
        Weight = BinaryPrimitives.ReadInt16BigEndian(field[2..]);
        sign = BinaryPrimitives.ReadUInt16BigEndian(field[4..]);
        Scale = BinaryPrimitives.ReadInt16BigEndian(field[6..]);
    }

    public int Weight { get; }

    /// <summary>Decimals that its text shows, zeros at the end among them.</summary>
    public int Scale { get; }

    /// <summary>How many groups there are; those that would follow are zeros.</summary>
    public int Count => groups.Length / sizeof(short);

    public bool IsNegative => sign == Negative;

    /// <summary>NaN, Infinity or -Infinity; empty for a number.</summary>
    public ReadOnlySpan<byte> Special =>
        sign switch
        {
            NotANumber => "NaN"u8,
            PositiveInfinity => "Infinity"u8,
            NegativeInfinity => "-Infinity"u8,
            _ => [],
        };

    /// <summary>How many bytes <see cref="Write"/> needs: the text's, and a few that it may write behind them.</summary>
    public int Room => TextLength + 3;

    /// <summary>The length of its text.</summary>
    public int TextLength
    {
        get
        {
            var whole = Weight < 0 ? 1 : Digits(Group(0)) + (4 * Weight);
            return Special.Length > 0 ? Special.Length : (IsNegative ? 1 : 0) + whole + (Scale > 0 ? 1 + Scale : 0);
        }
    }

    /// <summary>Reads one; false where the bytes are no numeric.</summary>
    public static bool TryRead(ReadOnlySpan<byte> field, out NumericField value)
    {
        var fits = field.Length >= Heading && field.Length == Heading + (sizeof(short) * BinaryPrimitives.ReadInt16BigEndian(field));
        value = fits ? new NumericField(field) : default;
        return fits;
    }

    /// <summary>The group of that number, 0 where there is none.</summary>
    public int Group(int index) => (uint)index < (uint)Count ? BinaryPrimitives.ReadInt16BigEndian(groups[(index * sizeof(short))..]) : 0;

    /// <summary>Writes the same text as PostgreSQL's cast to text.</summary>
    public void Write(Span<byte> target)
    {
        if (Special.Length > 0)
        {
            Special.CopyTo(target);
            return;
        }

        var length = 0;
        if (IsNegative)
        {
            target[length++] = (byte)'-';
        }

        Utf8Formatter.TryFormat(Weight < 0 ? 0 : Group(0), target[length..], out var first);
        length += first;
        for (var i = 1; i <= Weight; i++, length += 4)
        {
            WriteGroup(target[length..], Group(i));
        }

        if (Scale > 0)
        {
            target[length++] = (byte)'.';
            for (var (i, written) = (Weight + 1, 0); written < Scale; i++, written += 4)
            {
                WriteGroup(target[(length + written)..], Group(i));
            }
        }
    }

    private static int Digits(int group) =>
        group switch
        {
            < 10 => 1,
            < 100 => 2,
            < 1000 => 3,
            _ => 4,
        };

    private static void WriteGroup(Span<byte> target, int group)
    {
        target[3] = (byte)('0' + (group % 10));
        target[2] = (byte)('0' + (group / 10 % 10));
        target[1] = (byte)('0' + (group / 100 % 10));
        target[0] = (byte)('0' + (group / 1000));
    }
}
