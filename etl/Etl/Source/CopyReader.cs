using System.Buffers;
using System.Buffers.Binary;

namespace Etl.Source;

/// <summary>Cuts PostgreSQL's binary COPY format into batches of rows. Synchronous: it belongs on a thread of its own.</summary>
/// <remarks>
/// Format (PostgreSQL's documentation, COPY, "Binary Format"): an 11-byte signature, flags and the length of an extension (4 bytes
/// each); then rows, each a 16-bit count of fields and for each field a 32-bit length (-1: NULL) and its bytes; a count of -1 ends it.
/// </remarks>
internal sealed class CopyReader(Stream stream, int columns) : IDisposable
{
    // Large enough for thousands of small rows at once, small enough for the processor's cache.
    private const int InitialSize = 512 << 10;
    private const int HeaderLength = 19;
    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8];
    private readonly CopyBatch batch = new(columns);
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int start;
    private int end;
    private bool headerSeen;
    private bool exhausted;
    private bool ended;

    /// <summary>Bytes read from the source so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The next rows, valid until the next call; null at the end.</summary>
    /// <exception cref="SourceException">The stream isn't what the format says, or broke off.</exception>
    public CopyBatch? Read()
    {
        while (!ended)
        {
            if (headerSeen || TryReadHeader())
            {
                Cut();
                if (batch.Rows > 0)
                {
                    return batch;
                }
            }

            if (!ended)
            {
                // What is left is no whole row and not the end.
                if (exhausted)
                {
                    throw new SourceException("the source's stream of rows broke off before its end");
                }

                Fill();
            }
        }

        return null;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        stream.Dispose();
    }

    private bool TryReadHeader()
    {
        if (end - start < HeaderLength)
        {
            return false;
        }

        var header = buffer.AsSpan(start, HeaderLength);
        if (!header.StartsWith(Signature) || BinaryPrimitives.ReadInt64BigEndian(header[11..]) != 0)
        {
            throw Malformed("an unknown header");
        }

        start += HeaderLength;
        return headerSeen = true;
    }

    // Cuts as many whole rows as the buffer holds.
    private void Cut()
    {
        batch.Rows = 0;
        batch.Bytes = buffer;
        var position = start;
        while (batch.Rows < CopyBatch.MaxRows && TryCutRow(ref position))
        {
            start = position;
            batch.Rows++;
        }
    }

    private bool TryCutRow(ref int position)
    {
        var bytes = buffer;
        var at = position;
        if (end - at < sizeof(short))
        {
            return false;
        }

        var count = BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(at));
        at += sizeof(short);
        if (count != columns)
        {
            ended = count == -1 ? true : throw Malformed($"a row of {count} fields where {columns} were asked for");
            return false;
        }

        var row = batch.Rows;
        for (var c = 0; c < count; c++)
        {
            if (end - at < sizeof(int))
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            at += sizeof(int);
            if (length < Field.Null)
            {
                throw Malformed($"a field of {length} bytes");
            }

            var size = Math.Max(length, 0);
            if (end - at < size)
            {
                return false;
            }

            batch.Fields(c)[row] = new Field(at, length);
            at += size;
        }

        position = at;
        return true;
    }

    // Moves what is left to the front and reads until the buffer is well filled, so that rows are cut many at a time.
    private void Fill()
    {
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        start = 0;
        if (end > buffer.Length / 2)
        {
            Grow();
        }

        var target = end + ((buffer.Length - end) / 2);
        while (end < target)
        {
            var read = stream.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                exhausted = true;
                break;
            }

            end += read;
            BytesRead += read;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(checked(buffer.Length * 2));
        buffer.AsSpan(0, end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    private static SourceException Malformed(string what) => new($"the source's stream of rows is not binary COPY: {what}");
}
