namespace WarehouseSql.Native;

/// <summary>One column of a block, in the memory layout that ClickHouse's <c>Native</c> format has on the wire.</summary>
/// <remarks>
/// Layouts (little endian): Int*, UInt*, Float*: the values one after the other; String: each value's length as a variable-length
/// integer, then its bytes; Nullable: first a byte a row (1: NULL), then the values, with any value where NULL stands; Array: first
/// for each row where its elements end, counted from the block's start in 64 bits, then the elements of all rows as one column.
/// See ClickHouse's documentation of the Native format.
/// </remarks>
/// <param name="name">The column's name.</param>
/// <param name="type">Its ClickHouse type, or its elements', without <c>Nullable</c>.</param>
/// <param name="nullable">Whether it, or its arrays, hold NULLs.</param>
/// <param name="array">Whether its values are arrays.</param>
public sealed class NativeColumn(string name, string type, bool nullable, bool array = false) : IDisposable
{
    /// <summary>The column's name.</summary>
    public string Name { get; } = name;

    /// <summary>Its whole ClickHouse type.</summary>
    public string Type { get; } = TypeOf(type, nullable, array);

    /// <summary>Where each row's elements end, 8 bytes a row; null where the values are no arrays.</summary>
    public ColumnBuffer? Offsets { get; } = array ? new ColumnBuffer() : null;

    /// <summary>The bytes of the values, or of all arrays' elements.</summary>
    public ColumnBuffer Values { get; } = new();

    /// <summary>A byte a value, 1 for NULL; null where the column holds no NULLs.</summary>
    public ColumnBuffer? Nulls { get; } = nullable ? new ColumnBuffer() : null;

    /// <summary>Bytes in memory.</summary>
    public int Length => Values.Length + (Nulls?.Length ?? 0) + (Offsets?.Length ?? 0);

    /// <summary>The whole ClickHouse type of such a column.</summary>
    public static string TypeOf(string type, bool nullable, bool array)
    {
        var value = nullable ? $"Nullable({type})" : type;
        return array ? $"Array({value})" : value;
    }

    /// <summary>How far its buffers are written, to go back to with <see cref="CutTo"/>.</summary>
    public (int Values, int Nulls, int Offsets) Mark => (Values.Length, Nulls?.Length ?? 0, Offsets?.Length ?? 0);

    /// <summary>Takes back what was written since <paramref name="mark"/>.</summary>
    public void CutTo((int Values, int Nulls, int Offsets) mark)
    {
        Values.CutTo(mark.Values);
        Nulls?.CutTo(mark.Nulls);
        Offsets?.CutTo(mark.Offsets);
    }

    /// <summary>Empties it; keeps the memory.</summary>
    public void Clear()
    {
        Values.Clear();
        Nulls?.Clear();
        Offsets?.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Nulls?.Dispose();
        Offsets?.Dispose();
    }
}
