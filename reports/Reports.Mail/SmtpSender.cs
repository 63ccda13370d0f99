using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Reports.Definitions;
using WarehouseSql.Programs;

namespace Reports.Mail;

/// <summary>What became of a message that was to be sent.</summary>
internal enum SendOutcome
{
    /// <summary>The server has it.</summary>
    Accepted,

    /// <summary>It hasn't, and may take it later.</summary>
    Later,

    /// <summary>It hasn't, and won't.</summary>
    Never,

    /// <summary>It was handed over, and no answer came: the server may or may not have it.</summary>
    Unclear,

    /// <summary>The server hasn't: the sender dropped the line, since another one was first.</summary>
    Withdrawn,
}

/// <summary>The outcome, and where the message is or why it isn't.</summary>
internal sealed record SendResult(SendOutcome Outcome, string Detail);

/// <summary>Takes messages to the mail server that is configured, else into a folder. Both are the same bytes.</summary>
internal sealed class SmtpSender(SmtpOptions options, string folder)
{
    private const SmtpCapabilities Utf8 = SmtpCapabilities.UTF8 | SmtpCapabilities.EightBitMime;

    // What is sent in pieces of a known length ends without a dot.
    private const SmtpCapabilities Pieces = SmtpCapabilities.Chunking | SmtpCapabilities.BinaryMime;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>Where mails go, in words.</summary>
    public string Where => options.Host.Length > 0 ? options.Address : folder;

    /// <summary>The domain that a mail comes from.</summary>
    public string DomainOf(ComposedMail mail) => Addresses.DomainOf(Addresses.Parse(mail.From ?? options.From));

    /// <summary>Sends the mail to the key's recipient.</summary>
    /// <param name="handOver">Is asked right before the server may have it; false drops the line.</param>
    /// <exception cref="ReportException">The folder can't be written.</exception>
    public async Task<SendResult> SendAsync(
        ComposedMail mail,
        MailKey key,
        Func<CancellationToken, Task<bool>> handOver,
        CancellationToken token
    )
    {
        try
        {
            Addresses.Parse(key.Recipient);
        }
        catch (FormatException e)
        {
            // It was planned when such addresses weren't checked yet.
            return new SendResult(SendOutcome.Never, e.Message);
        }

        return options.Host.Length > 0 ? await SmtpAsync(mail, key, handOver, token) : await SaveAsync(mail, key, handOver, token);
    }

    /// <summary>Writes the mail into the folder, noted nowhere; returns its path.</summary>
    /// <exception cref="ReportException">The folder can't be written.</exception>
    public async Task<string> PreviewAsync(ComposedMail mail, MailKey key, CancellationToken token) =>
        (await SaveAsync(mail, key, _ => Task.FromResult(true), token)).Detail;

    /// <summary>Whether the mail server that is configured lets us in; where mails become files, that is always so.</summary>
    /// <exception cref="ReportException">It doesn't; the message says why.</exception>
    public async Task GreetAsync(CancellationToken token)
    {
        if (options.Host.Length == 0)
        {
            return;
        }

        var trust = new Trust(options.Host);
        using var client = new SmtpClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = trust.Check };
        try
        {
            await client.ConnectAsync(options.Host, options.Port, options.Security, token);
            await LogInAsync(client, token);
            await client.DisconnectAsync(quit: true, token);
        }
        catch (Exception e) when (e is not OperationCanceledException || !token.IsCancellationRequested)
        {
            throw new ReportException(Failed(e, isHandedOver: false, trust.Fault).Detail, e);
        }
    }

    private async Task<SendResult> SmtpAsync(
        ComposedMail mail,
        MailKey key,
        Func<CancellationToken, Task<bool>> handOver,
        CancellationToken token
    )
    {
        var limit = TimeSpan.FromSeconds(options.TimeoutSeconds);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(limit);
        using var body = new HandOverBody(
            MailMessages.Subtype(mail),
            async t =>
            {
                var go = await handOver(t);
                patience.CancelAfter(limit * 10);
                return go;
            }
        );
        var trust = new Trust(options.Host);
        using var client = new SmtpClient
        {
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = trust.Check,
            Timeout = (int)(limit * 10).TotalMilliseconds,
        };
        try
        {
            using var message = MailMessages.Of(mail, key, options.From, body);
            if (await GiveAsync(client, message, patience.Token) is { } fault)
            {
                return fault;
            }
        }
        catch (Exception) when (body.IsWithdrawn)
        {
            return new SendResult(SendOutcome.Withdrawn, "");
        }
        // What goes wrong in asking is the ledger's, and a stop before it is a stop; all else is about this mail only.
        catch (Exception e)
            when (body.IsHandedOver || (!token.IsCancellationRequested && (!body.IsAsked || e is OperationCanceledException)))
        {
            return Failed(e, body.IsHandedOver, trust.Fault);
        }

        if (!body.IsHandedOver)
        {
            throw new InvalidOperationException("the mail client sent a message without asking for its end");
        }

        using var farewell = new CancellationTokenSource(Farewell);
        await client.DisconnectAsync(quit: true, farewell.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new SendResult(SendOutcome.Accepted, options.Address);
    }

    // Null: the server has taken it.
    private async Task<SendResult?> GiveAsync(SmtpClient client, MimeMessage message, CancellationToken token)
    {
        await client.ConnectAsync(options.Host, options.Port, options.Security, token);
        await LogInAsync(client, token);
        client.Capabilities &= ~Pieces;
        var format = MailMessages.Format(message);
        if (format.International && (client.Capabilities & Utf8) != Utf8)
        {
            return WithoutUtf8(message);
        }

        await client.SendAsync(format, message, token);
        return null;
    }

    private async Task LogInAsync(SmtpClient client, CancellationToken token)
    {
        if (options.User.Length == 0)
        {
            return;
        }

        var file = options.PasswordFile;
        var password = file.Length > 0 ? (await File.ReadAllTextAsync(file, token)).TrimEnd('\r', '\n') : options.Password;
        var account = new NetworkCredential(options.User, password);
        await (
            options.Mechanism.Length > 0
                ? client.AuthenticateAsync(SaslMechanism.Create(options.Mechanism, Encoding.UTF8, account)!, token)
                : client.AuthenticateAsync(account, token)
        );
    }

    private SendResult WithoutUtf8(MimeMessage message) =>
        message.To.Mailboxes.Single() is var reader && Addresses.NeedsUtf8(reader)
            ? new SendResult(SendOutcome.Never, $"{options.Address} has no SMTPUTF8, without which nothing can be sent to {reader.Address}")
            : SetUpFault($"it has no SMTPUTF8, without which nothing can be sent from {message.From.Mailboxes.Single().Address}");

    private SendResult Failed(Exception e, bool isHandedOver, string? distrust)
    {
        var answer = e as SmtpCommandException;
        var code = (int)(answer?.StatusCode ?? 0);
        // 552 is also what a server says to the size before it sees the message.
        var isOfThisMail = isHandedOver || answer?.ErrorCode == SmtpErrorCode.RecipientNotAccepted || code == 552;
        var reason = (
            e switch
            {
                OperationCanceledException or TimeoutException => "it didn't answer in time",
                SmtpCommandException => string.Create(CultureInfo.InvariantCulture, $"{code} {e.Message}"),
                SslHandshakeException => distrust ?? $"no encrypted line: {e.GetBaseException().Message}",
                _ => e.Message,
            }
        )
            .ReplaceLineEndings(" ")
            .Trim();
        return code switch
        {
            >= 500 when isOfThisMail => new SendResult(SendOutcome.Never, $"{options.Address}: {reason}"),
            >= 400 and < 500 => new SendResult(SendOutcome.Later, $"{options.Address}: {reason}"),
            _ when isHandedOver && e is not MailKit.ServiceNotAuthenticatedException => new SendResult(
                SendOutcome.Unclear,
                $"handed over to {options.Address}, and then: {reason}"
            ),
            _ => SetUpFault(reason),
        };
    }

    // Not the recipient's fault but the set-up's: once that is mended, the mail goes out.
    private SendResult SetUpFault(string reason) =>
        new(
            SendOutcome.Later,
            $"{options.Address}: {reason} — check Smtp__Host, Smtp__Port, Smtp__StartTls, Smtp__User, Smtp__Password and Smtp__From, "
                + "or Smtp__Tls and Smtp__Mechanism where they are set"
        );

    // A name that is nobody's until the mail is whole.
    private async Task<SendResult> SaveAsync(
        ComposedMail mail,
        MailKey key,
        Func<CancellationToken, Task<bool>> handOver,
        CancellationToken token
    )
    {
        var path = Path.Combine(folder, MailMessages.FileName(key));
        var unfinished = Path.Combine(folder, $".{Guid.NewGuid():N}");
        try
        {
            using var message = MailMessages.Of(mail, key, options.From, new Multipart(MailMessages.Subtype(mail)));
            await using (var file = Create(unfinished))
            {
                await message.WriteToAsync(MailMessages.Format(message), file, token);
            }

            if (!await handOver(token))
            {
                return new SendResult(SendOutcome.Withdrawn, "");
            }

            File.Move(unfinished, path, overwrite: true);
            return new SendResult(SendOutcome.Accepted, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e.GetBaseException().Message;
            throw new ReportException($"can't write the mail into {folder}: {reason} — choose another one (--out), or make it writable", e);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    // Mails are their readers' and this account's only.
    private FileStream Create(string path)
    {
        PrivateFiles.CreateFolder(folder);
        return PrivateFiles.Open(path, FileMode.CreateNew, FileAccess.Write);
    }

    /// <summary>Takes no certificate that isn't valid for the host, and keeps what is wrong with it.</summary>
    private sealed class Trust(string host)
    {
        public string? Fault { get; private set; }

        public bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            string[] faults = [errors.ToString(), .. chain?.ChainStatus.Select(s => s.Status.ToString()) ?? []];
            Fault = errors == SslPolicyErrors.None ? null : $"its certificate is not valid for {host}: {string.Join(", ", faults)}";
            return Fault is null;
        }
    }
}
