using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>
/// Arrays of one dimension to Array(Nullable(…)); <paramref name="element"/> decodes the elements of all of a batch's arrays at once.
/// </summary>
/// <remarks>
/// PostgreSQL's array_send, 32-bit numbers: the dimensions, whether there are NULLs, the elements' type; for each dimension its length and
/// the number of its first element; then each element as its length (-1: NULL) and its bytes. An empty array has no dimension.
/// </remarks>
internal sealed class ArrayDecoder(ValueDecoder element) : ColumnDecoder
{
    private const int Heading = 12;
    private const int HeadingOfOne = 20;

    public override void Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, NativeColumn target)
    {
        ForbidNulls(fields, "NULL, and an array in the warehouse is never NULL; write coalesce(…, '{}') in the extract");
        var offsets = target.Offsets!;
        var before = offsets.Length == 0 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(offsets.Written.Span[^sizeof(ulong)..]);
        var ends = offsets.Take(fields.Length * sizeof(ulong));
        var count = 0;
        for (var i = 0; i < fields.Length; i++)
        {
            count += Count(bytes.Slice(fields[i].Offset, fields[i].Length), i);
            BinaryPrimitives.WriteUInt64LittleEndian(ends[(i * sizeof(ulong))..], before + (ulong)count);
        }

        var elements = ArrayPool<Field>.Shared.Rent(count);
        try
        {
            Cut(bytes, fields, elements);
            element.Decode(bytes, elements.AsSpan(0, count), target);
        }
        catch (ValueException e)
        {
            throw InRow(bytes, fields, e);
        }
        finally
        {
            ArrayPool<Field>.Shared.Return(elements);
        }
    }

    private static int Count(ReadOnlySpan<byte> array, int row)
    {
        if (array.Length < Heading)
        {
            ThrowMisfit(row, "12 and more");
        }

        var dimensions = BinaryPrimitives.ReadInt32BigEndian(array);
        if (dimensions == 0)
        {
            return 0;
        }

        if (dimensions != 1)
        {
            throw new ValueException(
                row,
                string.Create(CultureInfo.InvariantCulture, $"an array of {dimensions} dimensions, of which one is carried over")
            );
        }

        var first = BinaryPrimitives.ReadInt32BigEndian(array[16..]);
        return first == 1
            ? BinaryPrimitives.ReadInt32BigEndian(array[Heading..])
            : throw new ValueException(
                row,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"an array whose elements are numbered from {first}, where the warehouse's are from 1"
                )
            );
    }

    private static void Cut(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, Field[] elements)
    {
        var next = 0;
        for (var i = 0; i < fields.Length; i++)
        {
            var end = fields[i].Offset + fields[i].Length;
            var position = fields[i].Offset + HeadingOfOne;
            for (var n = Count(bytes.Slice(fields[i].Offset, fields[i].Length), i); n > 0; n--)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(bytes[position..end]);
                position += sizeof(int);
                elements[next++] = new Field(position, length);
                position += Math.Max(length, 0);
            }
        }
    }

    // The elements' decoder counts elements, and a person looks for the row.
    private static ValueException InRow(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ValueException e)
    {
        var before = 0;
        for (var i = 0; ; i++)
        {
            var count = Count(bytes.Slice(fields[i].Offset, fields[i].Length), i);
            if (e.Row < before + count)
            {
                return new ValueException(
                    i,
                    string.Create(CultureInfo.InvariantCulture, $"element {e.Row - before + 1} is {e.Message}"),
                    e.IsFault
                );
            }

            before += count;
        }
    }
}
