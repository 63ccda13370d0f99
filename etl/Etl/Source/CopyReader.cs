using System.Buffers.Binary;
using Etl.Postgres;

namespace Etl.Source;

/// <summary>Cuts the messages of a binary COPY into batches of rows. Synchronous: it belongs on a thread of its own.</summary>
/// <remarks>
/// Formats (PostgreSQL's documentation): COPY, "Binary Format": an 11-byte signature, flags and the length of an extension (4 bytes
/// each); then rows, each a 16-bit count of fields and for each field a 32-bit length (-1: NULL) and its bytes; a count of -1 ends it.
/// "COPY Operations": the backend sends CopyData messages, always one a row (the signature comes with the first), then CopyDone.
/// Fields stay where the socket put them; nothing is copied until a column takes its values.
/// </remarks>
internal sealed class CopyReader(ProtocolBuffer buffer, int columns)
{
    private const int HeaderLength = 19;
    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8];
    private readonly CopyBatch batch = new(columns);
    private bool headerSeen;
    private bool ended;

    /// <summary>Bytes of messages read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The next rows, valid until the next call; null at the end.</summary>
    /// <exception cref="PostgresServerException">The server gave up.</exception>
    /// <exception cref="IOException">The line broke off, or what arrives is not binary COPY.</exception>
    public CopyBatch? Read()
    {
        while (!ended)
        {
            batch.Rows = 0;
            batch.Bytes = buffer.Bytes;
            while (!ended && batch.Rows < CopyBatch.MaxRows && TryCutMessage())
            {
            }

            if (batch.Rows > 0)
            {
                return batch;
            }

            if (!ended)
            {
                buffer.Fill();
            }
        }

        return null;
    }

    // Takes one message; false where it hasn't arrived as a whole.
    private bool TryCutMessage()
    {
        var start = buffer.Start;
        var available = buffer.End - start;
        if (available < ProtocolBuffer.HeaderLength)
        {
            return false;
        }

        var length = buffer.MessageLength(start);
        if (available < length)
        {
            return false;
        }

        var from = start + ProtocolBuffer.HeaderLength;
        var to = start + length;
        switch ((char)buffer.Bytes[start])
        {
            case 'd':
                CutRows(from, to);
                break;
            case 'E':
                throw PostgresConnection.Failure(buffer.Bytes.AsSpan(from, to - from));
            case 'Z':
                ended = true;
                break;
        }

        buffer.Start = to;
        BytesRead += length;
        return true;
    }

    private void CutRows(int position, int end)
    {
        if (!headerSeen)
        {
            position = SkipHeader(position, end);
        }

        while (position < end)
        {
            position = CutRow(position, end);
        }
    }

    private int SkipHeader(int position, int end)
    {
        var header = buffer.Bytes.AsSpan(position, end - position);
        if (header.Length < HeaderLength || !header.StartsWith(Signature) || BinaryPrimitives.ReadInt64BigEndian(header[Signature.Length..]) != 0)
        {
            throw Malformed("an unknown header");
        }

        headerSeen = true;
        return position + HeaderLength;
    }

    private int CutRow(int position, int end)
    {
        var bytes = buffer.Bytes;
        var count = end - position < sizeof(short) ? throw Malformed("a row that is cut off") : BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(position));
        position += sizeof(short);
        if (count == -1)
        {
            return position;
        }

        if (count != columns)
        {
            throw Malformed($"a row of {count} fields where {columns} were asked for");
        }

        var row = batch.Rows;
        for (var c = 0; c < count; c++)
        {
            var length = end - position < sizeof(int) ? throw Malformed("a row that is cut off") : BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(position));
            position += sizeof(int);
            if (length < Field.Null)
            {
                throw Malformed($"a field of {length} bytes");
            }

            batch.Fields(c)[row] = new Field(position, length);
            position += Math.Max(length, 0);
        }

        if (position > end)
        {
            throw Malformed("a field that is longer than its message");
        }

        batch.Rows = row + 1;
        return position;
    }

    private static IOException Malformed(string what) => new($"the source's stream of rows is not binary COPY: {what}");
}
