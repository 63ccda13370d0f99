using System.Buffers.Binary;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>timestamp and timestamptz, microseconds since 2000, to DateTime64(6), microseconds since 1970.</summary>
internal sealed class TimestampDecoder : ValueDecoder
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
                var raw = BinaryPrimitives.ReadInt64BigEndian(Fixed(bytes, fields[i], sizeof(long), i));
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
internal sealed class DateDecoder : ValueDecoder
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
                var raw = BinaryPrimitives.ReadInt32BigEndian(Fixed(bytes, fields[i], sizeof(int), i));
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

/// <summary>time, microseconds since midnight up to 24:00:00, to Time64(6), the same.</summary>
internal sealed class TimeDecoder : ValueDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * sizeof(long));
        for (var i = 0; i < fields.Length; i++)
        {
            var micros = fields[i].Length < 0 ? 0 : BinaryPrimitives.ReadInt64BigEndian(Fixed(bytes, fields[i], sizeof(long), i));
            BinaryPrimitives.WriteInt64LittleEndian(values[(i * sizeof(long))..], micros);
        }
    }
}
