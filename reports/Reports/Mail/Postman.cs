using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Reports.Mail;

/// <summary>The mail server: the section <c>Smtp</c> of the configuration.</summary>
internal sealed record SmtpOptions
{
    /// <summary>Its name; empty: mails become files.</summary>
    public string Host { get; init; } = "";

    /// <summary>Its port.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Whether the line is encrypted by STARTTLS before anything is said.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>The account; empty: none.</summary>
    public string User { get; init; } = "";

    /// <summary>Its password.</summary>
    public string Password { get; init; } = "";

    /// <summary>Whom mails come from where the digest doesn't say.</summary>
    public string From { get; init; } = "reports@localhost";

    /// <summary>Reads and validates the section.</summary>
    /// <exception cref="InvalidOperationException">Lists every fault at once.</exception>
    public static SmtpOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Smtp").Get<SmtpOptions>() ?? new SmtpOptions();
        var faults = new List<string>();
        if (!MailAddress.TryCreate(options.From, out _))
        {
            faults.Add($"Smtp__From: expected an address such as reports@example.org; found '{options.From}'");
        }

        if (options.Port is < 1 or > 65_535)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"Smtp__Port: expected a port; found {options.Port}"));
        }

        return faults.Count == 0 ? options : throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
    }
}

/// <summary>Delivers mails: to the server that is configured, else as files. Both are the same bytes.</summary>
internal sealed class Postman(SmtpOptions options, string folder)
{
    /// <summary>Sends the mail; returns where it went, in words.</summary>
    /// <exception cref="ReportException">No server took it, or the folder can't be written.</exception>
    public async Task<string> DeliverAsync(ComposedMail mail, CancellationToken token)
    {
        using var message = Message(mail);
        return options.Host.Length > 0
            ? await SendAsync(mail, message, token).ConfigureAwait(false)
            : await SaveAsync(mail, message, token).ConfigureAwait(false);
    }

    /// <summary>The mail as MIME: multipart/alternative, plain first, as clients expect it.</summary>
    internal MailMessage Message(ComposedMail mail)
    {
        var message = new MailMessage
        {
            From = new MailAddress(mail.Digest.From ?? options.From, "Reports"),
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            HeadersEncoding = Encoding.UTF8,
        };
        foreach (var address in mail.Digest.To)
        {
            message.To.Add(address);
        }

        // The same digest of the same day is the same mail: a client that gets it twice can tell.
        var day = mail.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        message.Headers.Add("Message-ID", $"<{mail.Digest.Name}.{day}@{message.From.Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.AlternateViews.Add(View(mail.Text, MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(View(mail.Html, MediaTypeNames.Text.Html));
        return message;
    }

    private static AlternateView View(string text, string type)
    {
        var view = AlternateView.CreateAlternateViewFromString(text.ReplaceLineEndings("\r\n"), Encoding.UTF8, type);
        // .NET's quoted-printable writes line breaks as =0D=0A, which isn't what RFC 2045 asks of text.
        view.TransferEncoding = TransferEncoding.Base64;
        return view;
    }

    private async Task<string> SendAsync(ComposedMail mail, MailMessage message, CancellationToken token)
    {
        using var client = new SmtpClient(options.Host, options.Port) { EnableSsl = options.StartTls };
        if (options.User.Length > 0)
        {
            client.Credentials = new NetworkCredential(options.User, options.Password);
        }

        // SmtpClient's own time-out doesn't hold for asynchronous sending.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var server = string.Create(CultureInfo.InvariantCulture, $"{options.Host}:{options.Port}");
        try
        {
            await client.SendMailAsync(message, patience.Token).ConfigureAwait(false);
            return $"{string.Join(", ", mail.Digest.To)} by {server}";
        }
        catch (SmtpException e)
        {
            var reason = e.InnerException is null ? e.Message : $"{e.Message} {e.GetBaseException().Message}";
            throw new ReportException($"the mail server {server} didn't take the digest {mail.Digest.Name}: {reason.ReplaceLineEndings(" ")} — check Smtp__Host, Smtp__Port, Smtp__StartTls, Smtp__User and Smtp__Password", e);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new ReportException($"the mail server {server} didn't answer within 60 s; the digest {mail.Digest.Name} may or may not have been sent", e);
        }
    }

    // The client names its files at random; a name that tells digest and day is put in its place.
    private async Task<string> SaveAsync(ComposedMail mail, MailMessage message, CancellationToken token)
    {
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{mail.Digest.Name}-{mail.Day:yyyy-MM-dd}.eml"));
        var pickup = Path.Combine(folder, $".pickup-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(pickup);
            using var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = pickup };
            await client.SendMailAsync(message, token).ConfigureAwait(false);
            File.Move(Directory.GetFiles(pickup, "*.eml").Single(), path, overwrite: true);
            return path;
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
}
