using System.Numerics;
using System.Runtime.CompilerServices;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>timestamp and timestamptz, microseconds since 2000, to DateTime64(6), microseconds since 1970.</summary>
internal sealed class TimestampDecoder()
    : SinceEpochDecoder<long>(946_684_800_000_000, -2_208_988_800_000_000, 10_413_791_999_999_999, "a time outside of 1900 to 2299");

/// <summary>date, days since 2000, to Date32, days since 1970.</summary>
internal sealed class DateDecoder() : SinceEpochDecoder<int>(10_957, -25_567, 120_529, "a day outside of 1900 to 2299");

/// <summary>Units of time since 2000-01-01 to those since 1970-01-01.</summary>
/// <param name="epoch">2000-01-01 less 1970-01-01.</param>
/// <param name="least">1900-01-01, the first that the warehouse can hold.</param>
/// <param name="most">The last one, of 2299-12-31.</param>
/// <param name="outside">What is said of any other.</param>
internal abstract class SinceEpochDecoder<T>(T epoch, T least, T most, string outside) : ValueDecoder
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    protected sealed override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var width = Unsafe.SizeOf<T>();
        var values = target.Take(fields.Length * width);
        for (var i = 0; i < fields.Length; i++)
        {
            var value = T.Zero;
            if (fields[i].Length >= 0)
            {
                var raw = T.ReadBigEndian(Fixed(bytes, fields[i], width, i), isUnsigned: false);
                value = raw == T.MaxValue || raw == T.MinValue ? throw new ValueException(i, "infinity") : raw + epoch;
                if (value < least || value > most)
                {
                    throw new ValueException(i, outside);
                }
            }

            value.WriteLittleEndian(values[(i * width)..]);
        }
    }
}
