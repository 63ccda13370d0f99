using System.Buffers.Binary;
using System.Globalization;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>A value that its column in the warehouse can't hold exactly; <paramref name="row"/> is its place in the batch.</summary>
internal sealed class ValueException(int row, string reason) : Exception(reason)
{
    public int Row { get; } = row;
}

/// <summary>Decodes one column's fields of a batch straight into the memory that is sent to the warehouse.</summary>
internal abstract class ColumnDecoder
{
    /// <summary>Appends a batch's fields; one call for a column and batch, so that nothing is dispatched for each value.</summary>
    /// <exception cref="ValueException">A value can't be held exactly.</exception>
    public void Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, NativeColumn target)
    {
        if (target.Nulls is { } nulls)
        {
            var flags = nulls.Take(fields.Length);
            for (var i = 0; i < fields.Length; i++)
            {
                flags[i] = fields[i].Length < 0 ? (byte)1 : (byte)0;
            }
        }
        else
        {
            ForbidNulls(fields);
        }

        DecodeValues(bytes, fields, target.Values);
    }

    protected abstract void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target);

    // An outer join in an extract can make NULLs in a column that its table says has none.
    private static void ForbidNulls(ReadOnlySpan<Field> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Length < 0)
            {
                throw new ValueException(i, "NULL, in a column that is NOT NULL at the source; write coalesce(…) in the extract");
            }
        }
    }
}

/// <summary>Values of <paramref name="width"/> bytes whose order is turned around: int2, int4, int8, float4, float8.</summary>
internal sealed class NumberDecoder(int width) : ColumnDecoder
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

            var source = bytes.Slice(field.Offset, width);
            var value = values.Slice(i * width, width);
            for (var b = 0; b < value.Length; b++)
            {
                value[b] = source[source.Length - 1 - b];
            }
        }
    }
}

/// <summary>bool.</summary>
internal sealed class BoolDecoder : ColumnDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length);
        for (var i = 0; i < fields.Length; i++)
        {
            values[i] = fields[i].Length < 0 ? (byte)0 : bytes[fields[i].Offset];
        }
    }
}

/// <summary>Bytes that are carried over as they are (text, json, bytea …), less a prefix of <paramref name="skip"/> bytes (jsonb's version).</summary>
internal sealed class BytesDecoder(int skip = 0) : ColumnDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            var field = fields[i];
            var length = Math.Max(field.Length - skip, 0);
            var value = target.Take(length + VarintBytes.MaxLength);
            var prefix = VarintBytes.Write(value, (uint)length);
            bytes.Slice(field.Length < 0 ? 0 : field.Offset + skip, length).CopyTo(value[prefix..]);
            target.Return(VarintBytes.MaxLength - prefix);
        }
    }
}

/// <summary>uuid: ClickHouse keeps it as two 64-bit numbers, the high half first, each little endian.</summary>
internal sealed class UuidDecoder : ColumnDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * 16);
        values.Clear();
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Length >= 0)
            {
                var source = bytes.Slice(fields[i].Offset, 16);
                BinaryPrimitives.WriteUInt64LittleEndian(values[(i * 16)..], BinaryPrimitives.ReadUInt64BigEndian(source));
                BinaryPrimitives.WriteUInt64LittleEndian(values[((i * 16) + 8)..], BinaryPrimitives.ReadUInt64BigEndian(source[8..]));
            }
        }
    }
}

/// <summary>timestamp and timestamptz, microseconds since 2000, to DateTime64(6), microseconds since 1970.</summary>
internal sealed class TimestampDecoder : ColumnDecoder
{
    // 2000-01-01 less 1970-01-01, and what DateTime64(6) can hold: 1900-01-01 to 2299-12-31.
    private const long Epoch = 946_684_800_000_000;
    private const long Least = -2_208_988_800_000_000;
    private const long Most = 10_413_791_999_999_999;

    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * sizeof(long));
        for (var i = 0; i < fields.Length; i++)
        {
            var micros = 0L;
            if (fields[i].Length >= 0)
            {
                var raw = BinaryPrimitives.ReadInt64BigEndian(bytes[fields[i].Offset..]);
                micros = raw is long.MaxValue or long.MinValue ? throw new ValueException(i, "infinity") : raw + Epoch;
                if (micros is < Least or > Most)
                {
                    throw new ValueException(i, "a time outside of 1900 to 2299");
                }
            }

            BinaryPrimitives.WriteInt64LittleEndian(values[(i * sizeof(long))..], micros);
        }
    }
}

/// <summary>date, days since 2000, to Date32, days since 1970.</summary>
internal sealed class DateDecoder : ColumnDecoder
{
    private const int Epoch = 10_957;
    private const int Least = -25_567;
    private const int Most = 120_529;

    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * sizeof(int));
        for (var i = 0; i < fields.Length; i++)
        {
            var days = 0;
            if (fields[i].Length >= 0)
            {
                var raw = BinaryPrimitives.ReadInt32BigEndian(bytes[fields[i].Offset..]);
                days = raw is int.MaxValue or int.MinValue ? throw new ValueException(i, "infinity") : raw + Epoch;
                if (days is < Least or > Most)
                {
                    throw new ValueException(i, "a day outside of 1900 to 2299");
                }
            }

            BinaryPrimitives.WriteInt32LittleEndian(values[(i * sizeof(int))..], days);
        }
    }
}
