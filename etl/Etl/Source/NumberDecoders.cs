using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>
/// Values of <paramref name="width"/> bytes whose order is turned around: int2, int4, int8, float4, float8, and time, microseconds since
/// midnight up to 24:00:00.
/// </summary>
internal sealed class NumberDecoder(int width) : ValueDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * width);
        values.Clear();
        for (var i = 0; i < fields.Length; i++)
        {
            var field = fields[i];
            if (field.Length < 0)
            {
                continue;
            }

            var source = Fixed(bytes, field, width, i);
            var value = values.Slice(i * width, width);
            for (var b = 0; b < value.Length; b++)
            {
                value[b] = source[source.Length - 1 - b];
            }
        }
    }
}

/// <summary>bool.</summary>
internal sealed class BoolDecoder : ValueDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length);
        for (var i = 0; i < fields.Length; i++)
        {
            values[i] = fields[i].Length < 0 ? (byte)0 : Fixed(bytes, fields[i], 1, i)[0];
        }
    }
}
