using System.Buffers.Binary;
using System.Text;

namespace TestKit;

/// <summary>A column as <see cref="NativeDecoder"/> read it; NULL is null.</summary>
public sealed record DecodedColumn(string Name, string Type, IReadOnlyList<object?> Values);

/// <summary>Reads a block of ClickHouse's Native format, by its documentation and without any of the writer's code.</summary>
public static class NativeDecoder
{
    /// <summary>The columns of the one block that <paramref name="bytes"/> are.</summary>
    public static IReadOnlyList<DecodedColumn> Decode(ReadOnlySpan<byte> bytes)
    {
        var columns = new DecodedColumn[Varint(ref bytes)];
        var rows = Varint(ref bytes);
        for (var c = 0; c < columns.Length; c++)
        {
            var name = Text(ref bytes);
            var type = Text(ref bytes);
            columns[c] = new DecodedColumn(name, type, Values(type, rows, ref bytes));
        }

        return bytes.Length == 0 ? columns : throw new InvalidDataException($"{bytes.Length} bytes follow the block");
    }

    private static object?[] Values(string type, int rows, ref ReadOnlySpan<byte> bytes)
    {
        const string nullable = "Nullable(";
        if (!type.StartsWith(nullable, StringComparison.Ordinal))
        {
            var values = new object?[rows];
            for (var i = 0; i < rows; i++)
            {
                values[i] = Value(type, ref bytes);
            }

            return values;
        }

        var flags = Cut(rows, ref bytes);
        var inner = Values(type[nullable.Length..^1], rows, ref bytes);
        for (var i = 0; i < rows; i++)
        {
            inner[i] = flags[i] switch
            {
                0 => inner[i],
                1 => null,
                var other => throw new InvalidDataException($"a NULL flag of {other}"),
            };
        }

        return inner;
    }

    private static object Value(string type, ref ReadOnlySpan<byte> bytes) =>
        type switch
        {
            "Bool" => Cut(1, ref bytes)[0] switch
            {
                0 => false,
                1 => true,
                var other => throw new InvalidDataException($"a Bool of {other}"),
            },
            "Int16" => BinaryPrimitives.ReadInt16LittleEndian(Cut(2, ref bytes)),
            "Int32" => BinaryPrimitives.ReadInt32LittleEndian(Cut(4, ref bytes)),
            "Int64" => BinaryPrimitives.ReadInt64LittleEndian(Cut(8, ref bytes)),
            "Float32" => BinaryPrimitives.ReadSingleLittleEndian(Cut(4, ref bytes)),
            "Float64" => BinaryPrimitives.ReadDoubleLittleEndian(Cut(8, ref bytes)),
            "Date32" => new DateOnly(1970, 1, 1).AddDays(BinaryPrimitives.ReadInt32LittleEndian(Cut(4, ref bytes))),
            "DateTime64(6, 'UTC')" => DateTime.UnixEpoch.AddTicks(
                BinaryPrimitives.ReadInt64LittleEndian(Cut(8, ref bytes)) * TimeSpan.TicksPerMicrosecond
            ),
            "UUID" => Uuid(Cut(16, ref bytes)),
            "String" => Convert.ToHexString(Cut(Varint(ref bytes), ref bytes)),
            _ => throw new InvalidDataException($"the type {type}"),
        };

    // Two numbers of 64 bits, the high one first, each with its lowest byte first.
    private static Guid Uuid(ReadOnlySpan<byte> bytes)
    {
        byte[] high = [.. bytes[..8]];
        byte[] low = [.. bytes[8..]];
        Array.Reverse(high);
        Array.Reverse(low);
        return Guid.Parse(Convert.ToHexString([.. high, .. low]));
    }

    private static string Text(ref ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(Cut(Varint(ref bytes), ref bytes));

    private static int Varint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var next = Cut(1, ref bytes)[0];
            value += (long)(next % 128) << shift;
            if (next < 128)
            {
                return checked((int)value);
            }
        }
    }

    private static ReadOnlySpan<byte> Cut(int count, ref ReadOnlySpan<byte> bytes)
    {
        var cut = bytes[..count];
        bytes = bytes[count..];
        return cut;
    }
}
