using System.Buffers.Binary;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>
/// numeric without limits, to a String of its exact text: no number of ClickHouse holds 131072 digits, and none of them NaN and infinity.
/// </summary>
internal sealed class NumericTextDecoder : ValueDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Length < 0)
            {
                VarintBytes.Write(target.Take(1), 0);
                continue;
            }

            if (!NumericField.TryRead(bytes.Slice(fields[i].Offset, fields[i].Length), out var value))
            {
                ThrowMisfit(i, "8 and more");
            }

            var length = value.TextLength;
            var text = target.Take(VarintBytes.MaxLength + value.Room);
            var prefix = VarintBytes.Write(text, (uint)length);
            value.Write(text[prefix..]);
            target.Return(text.Length - prefix - length);
        }
    }
}

/// <summary>
/// numeric of limited digits to Decimal(<paramref name="precision"/>, <paramref name="scale"/>): a little endian integer that counts units
/// of the last decimal.
/// </summary>
internal sealed class DecimalDecoder(int precision, int scale) : ValueDecoder
{
    /// <summary>The most digits that a Decimal has.</summary>
    public const int MostDigits = 76;

    private readonly int width = precision switch
    {
        <= 9 => 4,
        <= 18 => 8,
        <= 38 => 16,
        _ => 32,
    };
    private readonly ulong[] limit = Power(precision);

    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        var values = target.Take(fields.Length * width);
        values.Clear();
        Span<ulong> number = stackalloc ulong[limit.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Length < 0)
            {
                continue;
            }

            if (!NumericField.TryRead(bytes.Slice(fields[i].Offset, fields[i].Length), out var value))
            {
                ThrowMisfit(i, "8 and more");
            }

            Scaled(value, i, number);
            Write(number, value.IsNegative, values.Slice(i * width, width));
        }
    }

    // The number's amount, from the lowest 64 bits on.
    private void Scaled(NumericField value, int row, Span<ulong> number)
    {
        if (value.Special.Length > 0)
        {
            throw new ValueException(row, System.Text.Encoding.ASCII.GetString(value.Special));
        }

        number.Clear();
        for (var i = 0; ; i++)
        {
            // What the last digit of this group counts, as a power of ten of the target's units; digits below 0 must be zeros.
            var exponent = (4 * (value.Weight - i)) + scale;
            if (exponent <= -4 && i >= value.Count)
            {
                break;
            }

            var divisor = exponent switch
            {
                >= 0 => 1,
                -1 => 10,
                -2 => 100,
                -3 => 1000,
                _ => 10_000,
            };
            var (units, rest) = Math.DivRem(value.Group(i), divisor);
            if (rest != 0)
            {
                throw new ValueException(row, $"a number of more than {scale} decimals");
            }

            if (!MultiplyAdd(number, (ulong)(10_000 / divisor), (ulong)units))
            {
                ThrowTooLarge(row);
            }
        }

        if (!IsLess(number, limit))
        {
            ThrowTooLarge(row);
        }
    }

    private void ThrowTooLarge(int row) => throw new ValueException(row, $"a number of more than {precision} digits");

    private static void Write(ReadOnlySpan<ulong> number, bool isNegative, Span<byte> target)
    {
        // Two's complement: all bits turned around, plus one.
        var carry = isNegative ? 1UL : 0UL;
        for (var i = 0; i < number.Length; i++)
        {
            var part = (isNegative ? ~number[i] : number[i]) + carry;
            carry = carry == 1 && part == 0 ? 1UL : 0UL;
            if (target.Length < sizeof(ulong))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)part);
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(target[(i * sizeof(ulong))..], part);
            }
        }
    }

    // False where the number has no room.
    private static bool MultiplyAdd(Span<ulong> number, ulong factor, ulong addend)
    {
        var carry = addend;
        for (var i = 0; i < number.Length; i++)
        {
            var high = Math.BigMul(number[i], factor, out var low);
            number[i] = low + carry;
            carry = high + (number[i] < low ? 1UL : 0UL);
        }

        return carry == 0;
    }

    private static bool IsLess(ReadOnlySpan<ulong> number, ReadOnlySpan<ulong> limit)
    {
        for (var i = number.Length - 1; i >= 0; i--)
        {
            if (number[i] != limit[i])
            {
                return number[i] < limit[i];
            }
        }

        return false;
    }

    // Ten to that power, in as many 64-bit parts as the type has.
    private static ulong[] Power(int exponent)
    {
        var power = new ulong[
            exponent <= 18 ? 1
            : exponent <= 38 ? 2
            : 4
        ];
        power[0] = 1;
        for (var i = 0; i < exponent; i++)
        {
            MultiplyAdd(power, 10, 0);
        }

        return power;
    }
}
