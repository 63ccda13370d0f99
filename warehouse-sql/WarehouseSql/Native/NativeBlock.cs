using System.Buffers;
using System.Text;

namespace WarehouseSql.Native;

/// <summary>A block of rows, column by column, as the <c>Native</c> format sends it.</summary>
public sealed class NativeBlock : IDisposable
{
    /// <summary>A block ends at this many rows …</summary>
    public const int MaxRows = 64 << 10;

    /// <summary>… or at this many bytes, whichever comes first.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>An empty block of these columns, which it owns.</summary>
    public NativeBlock(IReadOnlyList<NativeColumn> columns) => Columns = columns;

    /// <summary>The columns, in the order in which they are sent.</summary>
    public IReadOnlyList<NativeColumn> Columns { get; }

    /// <summary>Rows in it; whoever appends to the columns counts them here.</summary>
    public int Rows { get; set; }

    /// <summary>Bytes in it.</summary>
    public int Length
    {
        get
        {
            var sum = 0;
            foreach (var column in Columns)
            {
                sum += column.Length;
            }

            return sum;
        }
    }

    /// <summary>Whether the next rows belong into another block.</summary>
    public bool IsFull => Rows >= MaxRows || Length >= MaxBytes;

    /// <summary>Writes the block: the numbers of columns and rows, then each column's name, type and bytes.</summary>
    public async Task WriteAsync(Stream target, CancellationToken token)
    {
        var heading = new ArrayBufferWriter<byte>(256);
        Varint(heading, Columns.Count);
        Varint(heading, Rows);
        foreach (var column in Columns)
        {
            Text(heading, column.Name);
            Text(heading, column.Type);
            await target.WriteAsync(heading.WrittenMemory, token);
            heading.ResetWrittenCount();
            if (column.Offsets is { } offsets)
            {
                await target.WriteAsync(offsets.Written, token);
            }

            if (column.Nulls is { } nulls)
            {
                await target.WriteAsync(nulls.Written, token);
            }

            await target.WriteAsync(column.Values.Written, token);
        }
    }

    /// <summary>Empties it; keeps the memory.</summary>
    public void Clear()
    {
        Rows = 0;
        foreach (var column in Columns)
        {
            column.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var column in Columns)
        {
            column.Dispose();
        }
    }

    private static void Text(ArrayBufferWriter<byte> writer, string text)
    {
        Varint(writer, Encoding.UTF8.GetByteCount(text));
        writer.Advance(Encoding.UTF8.GetBytes(text, writer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }

    private static void Varint(ArrayBufferWriter<byte> writer, int value)
    {
        var span = writer.GetSpan(VarintBytes.MaxLength);
        writer.Advance(VarintBytes.Write(span, (uint)value));
    }
}
