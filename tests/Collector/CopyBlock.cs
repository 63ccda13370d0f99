using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Collector;

/// <summary>
/// Rows in PostgreSQL's binary COPY format, gathered in one pooled buffer that documents are written into directly.
/// </summary>
internal sealed class CopyBlock(int capacity) : IBufferWriter<byte>, IDisposable
{
    private static readonly long s_epoch2000 = (new DateTime(2000, 1, 1) - DateTime.UnixEpoch).Ticks / 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>The bytes of the rows so far.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public int Length { get; private set; }

    public int Rows { get; private set; }

    public void Clear()
    {
        Length = 0;
        Rows = 0;
    }

    /// <summary>What precedes the first row: a signature, no flags, no extension.</summary>
    public void WriteHeader()
    {
        "PGCOPY\n"u8.CopyTo(Take(7));
        ReadOnlySpan<byte> rest = [0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];
        rest.CopyTo(Take(rest.Length));
    }

    public void WriteTrailer() => BinaryPrimitives.WriteInt16BigEndian(Take(2), -1);

    public void BeginRow(short columns)
    {
        BinaryPrimitives.WriteInt16BigEndian(Take(2), columns);
        Rows++;
    }

    /// <summary>Begins a value that is written through <see cref="IBufferWriter{T}"/>; returns what <see cref="EndValue"/> needs.</summary>
    public int BeginValue()
    {
        Take(4);
        return Length;
    }

    public void EndValue(int start) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(start - 4), Length - start);

    public void WriteNull() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    public void WriteInt(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(4), 4);
        BinaryPrimitives.WriteInt32BigEndian(Take(4), value);
    }

    public void WriteText(string? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }
        var start = BeginValue();
        Encoding.UTF8.GetBytes(value.AsSpan(), this);
        EndValue(start);
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(4), value.Length);
        value.CopyTo(Take(value.Length));
    }

    public void WriteBoolean(bool? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }
        BinaryPrimitives.WriteInt32BigEndian(Take(4), 1);
        Take(1)[0] = value.Value ? (byte)1 : (byte)0;
    }

    /// <summary>A timestamp, given as microseconds since 1970.</summary>
    public void WriteTimestamp(long? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }
        BinaryPrimitives.WriteInt32BigEndian(Take(4), 8);
        BinaryPrimitives.WriteInt64BigEndian(Take(8), value.Value - s_epoch2000);
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 256));
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private Span<byte> Take(int count)
    {
        Reserve(count);
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - Length >= count)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, Length + count));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
