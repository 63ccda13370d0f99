using Reports.Definitions;
using Reports.Delivery;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;
using Reports.Watching;
using WarehouseSql.ClickHouse;

namespace Reports.Hosting;

/// <summary>Everything that sends mails, made of what they share.</summary>
internal sealed class Deliveries
{
    private readonly ReportRunner runner;
    private readonly Deliverer deliverer;
    private readonly WatchMail watchMail;
    private readonly DigestCorrections corrections;
    private readonly Dictionary<string, DateTimeOffset?> compared = [];

    public Deliveries(ClickHouseClient client, ReportRunner runner, Templates templates, MailSender sender, TimeProvider time, Uri? baseUrl)
    {
        this.runner = runner;
        Sender = sender;
        Ledger = new DeliveryLedger(client);
        var digester = new Digester(runner);
        var composer = new DigestMail(templates, time, baseUrl);
        deliverer = new Deliverer(Ledger, sender);
        Digests = new DigestDelivery(digester, composer, deliverer, Ledger, time);
        watchMail = new WatchMail(templates, time);
        Alerts = new AlertDelivery(digester, composer, deliverer, Ledger, time);
        corrections = new DigestCorrections(digester, new CorrectionMail(templates, composer, time), deliverer, Ledger);
    }

    /// <summary>Takes mails to the server.</summary>
    public MailSender Sender { get; }

    /// <summary>What is due, and what became of it.</summary>
    public DeliveryLedger Ledger { get; }

    /// <summary>The digests.</summary>
    public DigestDelivery Digests { get; }

    /// <summary>What looks for a watch's rows and mails them.</summary>
    public Watcher Watcher(WatchDefinition watch, string? connectionString, bool allowPrimary) =>
        new(watch, new WatchedSource(watch, connectionString, allowPrimary), watchMail, deliverer, Ledger);

    /// <summary>The alerts.</summary>
    public AlertDelivery Alerts { get; }

    /// <summary>Corrects what a digest has sent, where something was loaded since this was last asked or a correction is on its way.</summary>
    public async Task<IReadOnlyList<Told>> CorrectAsync(DigestDefinition digest, CancellationToken token)
    {
        var latest = (await runner.LoadsAsync(token)).Latest;
        if (compared.TryGetValue(digest.Name, out var last) && last == latest && latest is not null && !await corrections.IsPendingAsync(digest, token))
        {
            return [];
        }

        var (told, isWhole) = await corrections.SendDueAsync(digest, token);
        // What a report that failed has to say is asked again.
        compared[digest.Name] = isWhole ? latest : null;
        return told;
    }
}
