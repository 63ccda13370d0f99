namespace Reports.Mail;

/// <summary>The bytes of a message's last part; before its end is read, <paramref name="handOver"/> is asked.</summary>
/// <remarks>SmtpClient tells nobody how far it is. Once it has read the end of the last part, all that is left is the dot that makes the server answer for the message.</remarks>
internal sealed class LastPart(byte[] bytes, Func<Task<bool>> handOver) : Stream
{
    private int at;

    /// <summary>Whether the end was read: the server may have the message.</summary>
    public bool IsHandedOver { get; private set; }

    /// <summary>Whether <paramref name="handOver"/> said no.</summary>
    public bool IsWithdrawn { get; private set; }

    /// <summary>What went wrong in asking; SmtpClient would hide it.</summary>
    public Exception? Failure { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => bytes.Length;

    public override long Position { get => at; set => at = (int)value; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (at == bytes.Length && !IsHandedOver)
        {
            await AskAsync().ConfigureAwait(false);
        }

        var length = Math.Min(buffer.Length, bytes.Length - at);
        bytes.AsMemory(at, length).CopyTo(buffer);
        at += length;
        return length;
    }

    // Were the client to read in another way one day, mails would go out unnoted: better none.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("a message's last part is read asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => at + offset, _ => bytes.Length + offset };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async Task AskAsync()
    {
        try
        {
            IsWithdrawn = !await handOver().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Failure = e;
            throw;
        }

        if (IsWithdrawn)
        {
            // An exception makes the client drop the line, without the dot.
            throw new IOException("withdrawn");
        }

        IsHandedOver = true;
    }
}
