using System.Buffers;
using System.Buffers.Binary;

namespace Etl.Postgres;

/// <summary>A message of PostgreSQL's protocol: its type and its contents, which are valid until the next one is read.</summary>
internal readonly ref struct ProtocolMessage(char type, ReadOnlySpan<byte> body)
{
    public char Type { get; } = type;

    public ReadOnlySpan<byte> Body { get; } = body;

    public void Deconstruct(out char type, out ReadOnlySpan<byte> body)
    {
        type = Type;
        body = Body;
    }
}

/// <summary>What has arrived from the server and isn't used yet: whole messages, one behind the other, and the beginning of the next.</summary>
internal sealed class ProtocolBuffer(Stream stream) : IDisposable
{
    /// <summary>A message's type and length.</summary>
    public const int HeaderLength = 5;

    // Large enough for hundreds of rows a read, small enough for the processor's cache.
    private const int InitialSize = 256 << 10;

    private byte[] bytes = ArrayPool<byte>.Shared.Rent(InitialSize);

    /// <summary>The memory; what isn't used yet lies from <see cref="Start"/> to <see cref="End"/>.</summary>
    public byte[] Bytes => bytes;

    public int Start { get; set; }

    public int End { get; private set; }

    /// <summary>The next message.</summary>
    /// <exception cref="IOException">The line broke off.</exception>
    public ProtocolMessage Read()
    {
        while (End - Start < HeaderLength || End - Start < MessageLength(Start))
        {
            Fill();
        }

        var length = MessageLength(Start);
        var body = bytes.AsSpan(Start + HeaderLength, length - HeaderLength);
        var type = (char)bytes[Start];
        Start += length;
        return new ProtocolMessage(type, body);
    }

    /// <summary>Length of the message that begins at <paramref name="position"/>, header included; its header must have arrived.</summary>
    public int MessageLength(int position) => 1 + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(position + 1));

    /// <summary>Reads what has arrived, at least a byte; what isn't used yet moves to the front, and the memory grows with a message's length.</summary>
    /// <exception cref="IOException">The line broke off.</exception>
    public void Fill()
    {
        if (Start > 0)
        {
            bytes.AsSpan(Start, End - Start).CopyTo(bytes);
            End -= Start;
            Start = 0;
        }

        var needed = End >= HeaderLength ? MessageLength(0) : HeaderLength;
        if (needed > bytes.Length || End == bytes.Length)
        {
            Grow(needed);
        }

        var read = stream.Read(bytes, End, bytes.Length - End);
        if (read == 0)
        {
            throw new IOException("the server closed the connection");
        }

        End += read;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, checked(bytes.Length * 2)));
        bytes.AsSpan(0, End).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }
}
