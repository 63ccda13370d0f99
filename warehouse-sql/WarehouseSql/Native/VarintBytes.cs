namespace WarehouseSql.Native;

/// <summary>
/// ClickHouse's variable-length integers: seven bits a byte, the lowest first, the top bit set on all but the last (LEB128).
/// </summary>
public static class VarintBytes
{
    /// <summary>The most bytes that a 32-bit value takes.</summary>
    public const int MaxLength = 5;

    /// <summary>Writes <paramref name="value"/> to the front of <paramref name="target"/>; returns the number of bytes.</summary>
    public static int Write(Span<byte> target, uint value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            target[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[length++] = (byte)value;
        return length;
    }
}
