using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Mail.Watching;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Cli.Hosting;

/// <summary>Everything that sends mails, made of what they share.</summary>
internal sealed class MailServices
{
    private readonly ReportRunner reports;
    private readonly MailSender sender;
    private readonly WatchMail watchMail;
    private readonly DigestCorrections corrections;
    private readonly Dictionary<string, DateTimeOffset?> compared = [];

    public MailServices(ClickHouseClient client, ReportRunner runner, Templates templates, SmtpSender smtp, TimeProvider time, Uri? baseUrl)
    {
        reports = runner;
        Sender = smtp;
        Ledger = new MailLedger(client);
        var digests = new DigestRunner(runner);
        var composer = new DigestMail(templates, time, baseUrl);
        sender = new MailSender(Ledger, smtp);
        Digests = new DigestDelivery(digests, composer, sender, Ledger, time);
        watchMail = new WatchMail(templates, time);
        Alerts = new AlertDelivery(digests, composer, sender, Ledger, time);
        corrections = new DigestCorrections(digests, new CorrectionMail(templates, composer, time), sender, Ledger);
    }

    /// <summary>As <see cref="MailSender.SkipsAfterRestore"/>, of all mails.</summary>
    public bool SkipsAfterRestore
    {
        set => sender.SkipsAfterRestore = value;
    }

    /// <summary>Takes mails to the server.</summary>
    public SmtpSender Sender { get; }

    /// <summary>What is due, and what became of it.</summary>
    public MailLedger Ledger { get; }

    /// <summary>The digests.</summary>
    public DigestDelivery Digests { get; }

    /// <summary>What looks for a watch's rows and mails them.</summary>
    public Watcher Watcher(WatchDefinition watch, string? connectionString, bool allowPrimary) =>
        new(watch, new WatchedSource(watch, connectionString, allowPrimary), watchMail, sender, Ledger);

    /// <summary>The alerts.</summary>
    public AlertDelivery Alerts { get; }

    /// <summary>
    /// Corrects what a digest has sent, where something was loaded since this was last asked or a correction is on its way.
    /// </summary>
    public async Task<IReadOnlyList<Outcome>> CorrectAsync(DigestDefinition digest, CancellationToken token)
    {
        var latest = (await reports.LoadsAsync(token)).Latest;
        if (
            compared.TryGetValue(digest.Name, out var last)
            && last == latest
            && latest is not null
            && !await corrections.IsPendingAsync(digest, token)
        )
        {
            return [];
        }

        var (outcomes, isWhole) = await corrections.SendDueAsync(digest, token);
        // What a report that failed has to say is asked again.
        compared[digest.Name] = isWhole ? latest : null;
        return outcomes;
    }
}
