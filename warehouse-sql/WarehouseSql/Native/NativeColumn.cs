namespace WarehouseSql.Native;

/// <summary>One column of a block, in the memory layout that ClickHouse's <c>Native</c> format has on the wire.</summary>
/// <remarks>
/// Layouts (little endian): Int*, UInt*, Float*: the values one after the other; String: each value's length as a variable-length
/// integer, then its bytes; Nullable: first a byte a row (1: NULL), then the values, with any value where NULL stands.
/// See ClickHouse's documentation of the Native format.
/// </remarks>
/// <param name="name">The column's name.</param>
/// <param name="type">Its ClickHouse type without <c>Nullable</c>.</param>
/// <param name="nullable">Whether it holds NULLs.</param>
public sealed class NativeColumn(string name, string type, bool nullable) : IDisposable
{
    /// <summary>The column's name.</summary>
    public string Name { get; } = name;

    /// <summary>Its whole ClickHouse type.</summary>
    public string Type { get; } = nullable ? $"Nullable({type})" : type;

    /// <summary>The values' bytes.</summary>
    public ColumnBuffer Values { get; } = new();

    /// <summary>A byte a row, 1 for NULL; null where the column holds no NULLs.</summary>
    public ColumnBuffer? Nulls { get; } = nullable ? new ColumnBuffer() : null;

    /// <summary>Bytes in memory.</summary>
    public int Length => Values.Length + (Nulls?.Length ?? 0);

    /// <summary>Empties it; keeps the memory.</summary>
    public void Clear()
    {
        Values.Clear();
        Nulls?.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Nulls?.Dispose();
    }
}
