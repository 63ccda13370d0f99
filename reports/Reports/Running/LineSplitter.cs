using System.Buffers;

namespace Reports.Running;

/// <summary>Cuts blocks of bytes, as they come from a socket, into the lines that they hold.</summary>
internal sealed class LineSplitter
{
    private readonly ArrayBufferWriter<byte> rest = new();

    /// <summary>Takes a line, without its end. It is gone after the call.</summary>
    public delegate void Taker(ReadOnlySpan<byte> line);

    /// <summary>Hands on the lines that <paramref name="block"/> completes, and keeps what follows the last of them.</summary>
    public void Split(ReadOnlySpan<byte> block, Taker take)
    {
        int end;
        while ((end = block.IndexOf((byte)'\n')) >= 0)
        {
            if (rest.WrittenCount == 0)
            {
                take(block[..end]);
            }
            else
            {
                rest.Write(block[..end]);
                take(rest.WrittenSpan);
                rest.Clear();
            }

            block = block[(end + 1)..];
        }

        rest.Write(block);
    }
}
