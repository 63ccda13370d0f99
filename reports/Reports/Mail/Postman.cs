using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Reports.Delivery;

namespace Reports.Mail;

/// <summary>What the mail server said to a message.</summary>
internal enum PostAnswer
{
    /// <summary>It has it.</summary>
    Accepted,

    /// <summary>It hasn't, and may take it later.</summary>
    Later,

    /// <summary>It hasn't, and won't.</summary>
    Never,

    /// <summary>It was handed over, and no answer came: it may or may not have it.</summary>
    Unclear,

    /// <summary>It hasn't: the sender dropped the line, since another one was first.</summary>
    Withdrawn,
}

/// <summary>The answer, and where the message is or why it isn't.</summary>
internal sealed record Post(PostAnswer Answer, string Detail);

/// <summary>Takes messages to the mail server that is configured, else into a folder. Both are the same bytes.</summary>
internal sealed class Postman(SmtpOptions options, string folder)
{
    /// <summary>Where mails go, in words.</summary>
    public string Where => options.Host.Length > 0 ? options.Address : folder;

    /// <summary>The domain that a mail comes from.</summary>
    public string DomainOf(ComposedMail mail) => new MailAddress(mail.From ?? options.From).Host;

    /// <summary>Sends the mail to the key's recipient. Right before the server may have it, <paramref name="handOver"/> is asked: false drops the line.</summary>
    /// <exception cref="ReportException">The folder can't be written.</exception>
    public Task<Post> SendAsync(ComposedMail mail, DeliveryKey key, Func<CancellationToken, Task<bool>> handOver, CancellationToken token) => options.Host.Length > 0
        ? SmtpAsync(mail, key, handOver, token)
        : SaveAsync(mail, key, handOver, token);

    /// <summary>Writes the mail into the folder, noted nowhere; returns its path.</summary>
    /// <exception cref="ReportException">The folder can't be written.</exception>
    public async Task<string> PreviewAsync(ComposedMail mail, DeliveryKey key, CancellationToken token) =>
        (await SaveAsync(mail, key, _ => Task.FromResult(true), token).ConfigureAwait(false)).Detail;

    /// <summary>The mail as MIME: multipart/alternative, plain first, as clients expect it; around it multipart/mixed where files go with it.</summary>
    /// <param name="last">Makes the stream of the part that comes last.</param>
    internal MailMessage Message(ComposedMail mail, DeliveryKey key, Func<byte[], Stream> last)
    {
        var message = new MailMessage
        {
            From = new MailAddress(mail.From ?? options.From, "Reports"),
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            HeadersEncoding = Encoding.UTF8,
        };
        message.To.Add(key.Recipient);
        message.Headers.Add("Message-ID", key.MessageId(message.From.Host));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (mail.About is { } about)
        {
            var id = (key with { Kind = about.Kind, Occurrence = about.Occurrence }).MessageId(message.From.Host);
            message.Headers.Add("In-Reply-To", id);
            message.Headers.Add("References", id);
        }

        message.AlternateViews.Add(View(Plain(Lines(mail.Text)), MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(View(mail.Files.Count == 0 ? last(Lines(mail.Html)) : Plain(Lines(mail.Html)), MediaTypeNames.Text.Html));
        for (var i = 0; i < mail.Files.Count; i++)
        {
            var type = new ContentType(MediaTypeNames.Text.Csv) { CharSet = "utf-8", Name = mail.Files[i].Name };
            var bytes = mail.Files[i].Bytes;
            message.Attachments.Add(new Attachment(i == mail.Files.Count - 1 ? last(bytes) : Plain(bytes), type) { TransferEncoding = TransferEncoding.Base64 });
            message.Attachments[i].ContentDisposition!.FileName = mail.Files[i].Name;
        }

        return message;
    }

    private static byte[] Lines(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));

    private static MemoryStream Plain(byte[] bytes) => new(bytes, writable: false);

    // .NET's quoted-printable writes line breaks as =0D=0A, which isn't what RFC 2045 asks of text.
    private static AlternateView View(Stream content, string type) => new(content, new ContentType(type) { CharSet = "utf-8" }) { TransferEncoding = TransferEncoding.Base64 };

    private async Task<Post> SmtpAsync(ComposedMail mail, DeliveryKey key, Func<CancellationToken, Task<bool>> handOver, CancellationToken token)
    {
        using var client = new SmtpClient(options.Host, options.Port) { EnableSsl = options.StartTls };
        if (options.User.Length > 0)
        {
            client.Credentials = new NetworkCredential(options.User, options.Password);
        }

        // SmtpClient's own time-out doesn't hold for asynchronous sending.
        var limit = TimeSpan.FromSeconds(options.TimeoutSeconds);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(limit);
        LastPart? end = null;
        using var message = Message(mail, key, bytes => end = new LastPart(bytes, async () =>
        {
            var go = await handOver(patience.Token).ConfigureAwait(false);
            patience.CancelAfter(limit * 10);
            return go;
        }));
        try
        {
            await client.SendMailAsync(message, patience.Token).ConfigureAwait(false);
            return end!.IsHandedOver
                ? new Post(PostAnswer.Accepted, options.Address)
                : throw new InvalidOperationException("the mail client sent a message without reading its end");
        }
        catch (Exception e) when (e is SmtpException or OperationCanceledException or IOException or InvalidOperationException && end is { IsWithdrawn: true })
        {
            return new Post(PostAnswer.Withdrawn, "");
        }
        catch (Exception) when (end is { Failure: not null })
        {
            throw end.Failure!;
        }
        catch (OperationCanceledException) when (end is not { IsHandedOver: true } && token.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is SmtpException or OperationCanceledException or IOException)
        {
            return Told(e, end is { IsHandedOver: true });
        }
    }

    private Post Told(Exception e, bool isHandedOver)
    {
        var reason = e is OperationCanceledException ? "it didn't answer in time" : SmtpReason.Of(e);
        var code = e is SmtpException smtp ? (int)smtp.StatusCode : 0;
        return (isHandedOver, code) switch
        {
            (true, < 400) => new Post(PostAnswer.Unclear, $"handed over to {options.Address}, and then: {reason}"),
            (true, >= 500) => new Post(PostAnswer.Never, $"{options.Address}: {reason}"),
            (_, >= 500) when e is SmtpFailedRecipientException => new Post(PostAnswer.Never, $"{options.Address}: {reason}"),
            (_, >= 400 and < 500) => new Post(PostAnswer.Later, $"{options.Address}: {reason}"),
            // Not the recipient's fault but the set-up's: once that is mended, the mail goes out.
            _ => new Post(PostAnswer.Later, $"{options.Address}: {reason} — check Smtp__Host, Smtp__Port, Smtp__StartTls, Smtp__User, Smtp__Password and Smtp__From"),
        };
    }

    // The client names its files at random; a name that tells which mail it is is put in its place.
    private async Task<Post> SaveAsync(ComposedMail mail, DeliveryKey key, Func<CancellationToken, Task<bool>> handOver, CancellationToken token)
    {
        var path = Path.Combine(folder, FileName(key));
        var pickup = Path.Combine(folder, $".pickup-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(pickup);
            using var message = Message(mail, key, Plain);
            using var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = pickup };
            await client.SendMailAsync(message, token).ConfigureAwait(false);
            if (!await handOver(token).ConfigureAwait(false))
            {
                return new Post(PostAnswer.Withdrawn, "");
            }

            File.Move(Directory.GetFiles(pickup, "*.eml").Single(), path, overwrite: true);
            return new Post(PostAnswer.Accepted, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SmtpException)
        {
            throw new ReportException($"can't write the mail into {folder}: {e.GetBaseException().Message} — choose another folder (--out), or make it writable", e);
        }
        finally
        {
            if (Directory.Exists(pickup))
            {
                Directory.Delete(pickup, recursive: true);
            }
        }
    }

    // Of what an address may hold, a file's name may not hold all.
    private static string FileName(DeliveryKey key) =>
        string.Concat($"{key.Name}-{key.Occurrence}-{key.Recipient}".Select(c => char.IsAsciiLetterOrDigit(c) || "-_@.+".Contains(c, StringComparison.Ordinal) ? c : '_'))
        + (key.Kind == DeliveryKinds.Digest ? "" : $".{key.Kind}") + ".eml";
}
