namespace Etl.Tests;

/// <summary>A stream that hands its bytes out in pieces as the test says, like a network.</summary>
/// <param name="bytes">All of it.</param>
/// <param name="next">The size of the next piece.</param>
internal sealed class PiecesStream(byte[] bytes, Func<int> next) : MemoryStream(bytes)
{
    private int readsAtEnd;

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = base.Read(buffer, offset, Math.Min(count, next()));
        // Whoever asks on and on after the end would do so for ever.
        return read > 0 || count == 0 || ++readsAtEnd < 5 ? read : throw new InvalidOperationException("read on after the end");
    }
}
