using MimeKit;
using MimeKit.IO;

namespace Reports.Mail;

/// <summary>A message's body that asks <paramref name="handOver"/> when all of the message but its end is with the mail server.</summary>
/// <remarks>
/// The client has a message write itself into a stream that doubles leading dots, its body last, and then sends the dot that makes the
/// server answer for it. In between, with everything flushed, is the moment to ask. The client also has the message measured. Were it to
/// send in another way one day, mails would go out unnoted: better none.
/// </remarks>
internal sealed class HandOverBody(string subtype, Func<CancellationToken, Task<bool>> handOver) : Multipart(subtype)
{
    /// <summary>Whether the answer was asked for: from then on, what goes wrong may be the asking's fault.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Whether the answer was yes: the server may have the message.</summary>
    public bool IsHandedOver { get; private set; }

    /// <summary>Whether the answer was no.</summary>
    public bool IsWithdrawn { get; private set; }

    /// <exception cref="NotSupportedException">The client sends in a way that leaves no moment to ask.</exception>
    public override async Task WriteToAsync(
        FormatOptions options,
        Stream stream,
        bool contentOnly,
        CancellationToken cancellationToken = default
    )
    {
        if (stream is not MeasuringStream && (stream is not FilteredStream || IsAsked))
        {
            throw new NotSupportedException($"the mail client writes into a {stream.GetType().Name}: there is no moment to ask the ledger");
        }

        await base.WriteToAsync(options, stream, contentOnly, cancellationToken);
        if (stream is FilteredStream filtered)
        {
            await filtered.FlushAsync(cancellationToken);
            // The client's own buffer, which the other doesn't flush.
            await filtered.Source.FlushAsync(cancellationToken);
            await AskAsync(cancellationToken);
        }
    }

    /// <exception cref="NotSupportedException">Always: it is asked asynchronously.</exception>
    public override void WriteTo(FormatOptions options, Stream stream, bool contentOnly, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("a message that is handed over is written asynchronously");

    private async Task AskAsync(CancellationToken token)
    {
        IsAsked = true;
        IsHandedOver = await handOver(token);
        IsWithdrawn = !IsHandedOver;
        if (IsWithdrawn)
        {
            // An exception that isn't the server's answer makes the client drop the line: no dot, no QUIT.
            throw new IOException("withdrawn");
        }
    }
}
