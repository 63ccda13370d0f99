using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>A value that its column in the warehouse can't hold exactly.</summary>
/// <param name="row">Its place in the batch.</param>
/// <param name="reason">What is wrong with it, without the value.</param>
/// <param name="isFault">Whether that is the extract's or the source's fault, and other rows may have it too; else the row's own.</param>
internal sealed class ValueException(int row, string reason, bool isFault = false) : Exception(reason)
{
    public int Row { get; } = row;

    public bool IsFault { get; } = isFault;
}

/// <summary>Decodes one column's fields of a batch straight into the memory that is sent to the warehouse.</summary>
/// <remarks>It keeps nothing between calls, so that several threads may use it.</remarks>
internal abstract class ColumnDecoder
{
    /// <summary>Appends a batch's fields; one call for a column and batch, so that nothing is dispatched for each value.</summary>
    /// <exception cref="ValueException">A value can't be held exactly.</exception>
    public abstract void Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, NativeColumn target);

    protected static void ForbidNulls(ReadOnlySpan<Field> fields, string reason)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Length < 0)
            {
                throw new ValueException(i, reason, isFault: true);
            }
        }
    }

    [DoesNotReturn]
    protected static void ThrowMisfit(int row, string expected) =>
        throw new ValueException(
            row,
            $"a field that is not of the {expected} bytes that its type has (did the column's type change while it was read? run the load again)",
            isFault: true
        );
}

/// <summary>Decodes a column of single values, NULLs among them.</summary>
internal abstract class ValueDecoder : ColumnDecoder
{
    public sealed override void Decode(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, NativeColumn target)
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
            // An outer join in an extract can make NULLs in a column that its table says has none.
            ForbidNulls(fields, "NULL, in a column that is NOT NULL at the source; write coalesce(…) in the extract");
        }

        DecodeValues(bytes, fields, target.Values);
    }

    /// <summary>Appends a value for each field; any value where it is NULL.</summary>
    protected abstract void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target);

    /// <summary>The bytes of a field that isn't NULL and has <paramref name="width"/> of them, whatever its value.</summary>
    /// <exception cref="ValueException">
    /// It has another number: the stream says no types, and a column's may change after it was asked for.
    /// </exception>
    protected static ReadOnlySpan<byte> Fixed(ReadOnlySpan<byte> bytes, Field field, int width, int row)
    {
        if (field.Length != width)
        {
            ThrowMisfit(row, width.ToString(CultureInfo.InvariantCulture));
        }

        return bytes.Slice(field.Offset, width);
    }
}
