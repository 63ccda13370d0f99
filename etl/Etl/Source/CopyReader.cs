using System.Buffers.Binary;

namespace Etl.Source;

/// <summary>Cuts a binary COPY into batches of rows. Synchronous: it belongs on a thread of its own.</summary>
/// <remarks>
/// The format (PostgreSQL's documentation, COPY, "Binary Format"): an 11-byte signature, flags and the length of an extension (4 bytes
/// each); then rows, each a 16-bit count of fields and for each field a 32-bit length (-1: NULL) and its bytes; a count of -1 ends it.
/// Fields stay where they were read to; nothing is copied until a column takes its values.
/// </remarks>
/// <param name="source">The stream; each of its reads may hand out as little as a row.</param>
/// <param name="columns">How many fields a row has.</param>
internal sealed class CopyReader(Stream source, int columns)
{
    private const int HeaderLength = 19;

    // Hundreds of rows a batch, and small enough for the processor's cache.
    private const int InitialSize = 256 << 10;
    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8];
    private readonly CopyBatch batch = new(columns);
    private byte[] bytes = new byte[InitialSize];
    private int start;
    private int end;
    private bool trailerSeen;

    /// <summary>Bytes of COPY's format read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Whether all rows were read, and the server has said that it failed in none.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The next rows, valid until the next call; null at the end.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The server gave up, or the line broke off.</exception>
    /// <exception cref="IOException">What arrives is not binary COPY.</exception>
    public CopyBatch? Read()
    {
        while (!trailerSeen)
        {
            CutRows();
            if (batch.Rows > 0)
            {
                return batch;
            }

            if (!trailerSeen)
            {
                Fill();
            }
        }

        return null;
    }

    private void CutRows()
    {
        batch.Rows = 0;
        batch.Bytes = bytes;
        while (batch.Rows < CopyBatch.MaxRows && TryCutRow()) { }

        if (trailerSeen)
        {
            ReadToTheEnd();
        }
    }

    // Moves what isn't used yet to the front, doubles the memory where a row alone fills it, and reads until it is full or the source ends.
    // Full, since the source hands out a row at a time.
    private void Fill()
    {
        if (start > 0)
        {
            bytes.AsSpan(start, end - start).CopyTo(bytes);
            end -= start;
            start = 0;
        }
        else if (end == bytes.Length)
        {
            Array.Resize(ref bytes, checked(bytes.Length * 2));
        }

        var (before, isFirst) = (end, BytesRead == 0);
        int read;
        while (end < bytes.Length && (read = source.Read(bytes.AsSpan(end))) > 0)
        {
            end += read;
        }

        BytesRead += end - before;
        if (end == before)
        {
            throw Malformed("it ends without its trailer");
        }

        if (isFirst)
        {
            SkipHeader();
        }
    }

    private void SkipHeader()
    {
        var header = bytes.AsSpan(0, end);
        if (
            header.Length < HeaderLength
            || !header.StartsWith(Signature)
            || BinaryPrimitives.ReadInt64BigEndian(header[Signature.Length..]) != 0
        )
        {
            throw Malformed("an unknown header");
        }

        start = HeaderLength;
    }

    // Takes one row, or the trailer; false where it hasn't arrived as a whole, or nothing follows.
    private bool TryCutRow()
    {
        var position = start;
        if (end - position < sizeof(short))
        {
            return false;
        }

        var count = BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(position));
        position += sizeof(short);
        if (count != columns)
        {
            trailerSeen = count == -1 ? true : throw Malformed($"a row of {count} fields where {columns} were asked for");
            start = position;
            return false;
        }

        var row = batch.Rows;
        for (var c = 0; c < count; c++)
        {
            if (end - position < sizeof(int))
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(position));
            position += sizeof(int);
            if (length < Field.Null)
            {
                throw Malformed($"a field of {length} bytes");
            }

            batch.Fields(c)[row] = new Field(position, length);
            if (length > end - position)
            {
                return false;
            }

            position += Math.Max(length, 0);
        }

        batch.Rows = row + 1;
        start = position;
        return true;
    }

    // The result is whole only once the server has said so: a failure may still follow the last row.
    private void ReadToTheEnd()
    {
        if (start < end || source.Read(stackalloc byte[1]) > 0)
        {
            throw Malformed("something follows its trailer");
        }

        IsWhole = true;
    }

    private static IOException Malformed(string what) => new($"the source's stream of rows is not binary COPY: {what}");
}
