using System.Buffers.Binary;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>uuid: ClickHouse keeps it as two 64-bit numbers, the high half first, each little endian.</summary>
internal sealed class UuidDecoder : ValueDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * 16);
        values.Clear();
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Length >= 0)
            {
                var source = Fixed(bytes, fields[i], 16, i);
                BinaryPrimitives.WriteUInt64LittleEndian(values[(i * 16)..], BinaryPrimitives.ReadUInt64BigEndian(source));
                BinaryPrimitives.WriteUInt64LittleEndian(values[((i * 16) + 8)..], BinaryPrimitives.ReadUInt64BigEndian(source[8..]));
            }
        }
    }
}
