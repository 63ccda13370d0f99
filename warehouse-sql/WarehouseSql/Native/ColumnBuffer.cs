using System.Buffers;

namespace WarehouseSql.Native;

/// <summary>Growing memory that a column's bytes are written to; emptied and used again for each block.</summary>
public sealed class ColumnBuffer : IDisposable
{
    private byte[] bytes = ArrayPool<byte>.Shared.Rent(64 << 10);

    /// <summary>Bytes written since <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>The next <paramref name="count"/> bytes, to be written at once; their old contents are arbitrary.</summary>
    public Span<byte> Take(int count)
    {
        if (bytes.Length - Length < count)
        {
            Grow(count);
        }

        var span = bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    /// <summary>Gives back the last <paramref name="count"/> bytes that were taken and not written.</summary>
    public void Return(int count) => Length -= count;

    /// <summary>Takes back what was written behind the first <paramref name="length"/> bytes.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Empties it; keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + count), (int)Math.Min(2L * bytes.Length, Array.MaxLength)));
        bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }
}
