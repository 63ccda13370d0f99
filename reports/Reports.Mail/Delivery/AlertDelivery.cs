using System.Globalization;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Runs;

namespace Reports.Mail.Delivery;

/// <summary>Tells people once when a report begins to return rows, and once when it returns none again.</summary>
/// <remarks>What lies between is an incident; the ledger numbers them, so that two schedulers mean the same one.</remarks>
internal sealed class AlertDelivery(DigestRunner runner, DigestMail composer, MailSender sender, MailLedger ledger, TimeProvider time)
{
    private static readonly TimeSpan WatchCoolDown = TimeSpan.FromHours(4);

    // What a mail shows of the rows; the report itself shows all.
    private const int ShownRows = 25;

    /// <summary>Asks the report, and sends what is due.</summary>
    /// <exception cref="ReportException">
    /// The report failed: nothing is known, so nothing is sent, neither an alert nor an all-clear.
    /// </exception>
    public async Task<IReadOnlyList<Outcome>> CheckAsync(ReportDefinition report, IReadOnlyList<string> to, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var digest = Digest(report, to);
        var parts = await runner.RunAsync(digest, now, token);
        if (parts[0].Failure is { } failure)
        {
            throw new ReportException(failure);
        }

        return await TellAsync(
            new Concern(report.Name, digest, parts, report.Alert!.CoolDown, "There is no row any more."),
            parts[0].Outcome!.Rows > 0,
            to,
            token
        );
    }

    /// <summary>Tells that a watch can't look, once, and once that it can again.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="failure">Why it can't; null: it can.</param>
    /// <param name="to">Whom.</param>
    /// <param name="token">Cancels it.</param>
    public Task<IReadOnlyList<Outcome>> CheckAsync(
        WatchDefinition watch,
        string? failure,
        IReadOnlyList<string> to,
        CancellationToken token
    )
    {
        var digest = DigestDefinition.Of(
            watch.Name,
            watch.Path,
            $"Alert: a watch fails: {watch.Title}",
            $"{watch.Name} finds nothing as long as it fails, and nobody gets its mails: {failure}",
            to,
            []
        );
        return TellAsync(
            new Concern(watch.Name, digest, [], WatchCoolDown, "It works again, and finds what it missed meanwhile."),
            failure is not null,
            to,
            token
        );
    }

    private async Task<IReadOnlyList<Outcome>> TellAsync(Concern concern, bool isThere, IReadOnlyList<string> to, CancellationToken token)
    {
        var log = await ledger.ReadAsync(concern.Name, token);
        var incident = Incident.Last(log);
        if (isThere && !incident.IsOpen)
        {
            if (log.Now - incident.ToldAt < concern.CoolDown)
            {
                return [];
            }

            incident = incident.Next(log.Now);
            await ledger.WriteAsync(
                [
                    .. to.Select(a => LedgerRow.Of(incident.Key(MailKind.Alert, concern.Name, a), MailState.Planned)),
                    .. log.All()
                        .Where(s => s.Key.Kind == MailKind.AllClear && s.State is Standing.Due or Standing.Deferred or Standing.Claimed)
                        .Select(s => LedgerRow.Of(s.Key, MailState.Skipped, "it began again before this could be sent")),
                ],
                token
            );
        }
        else if (!isThere && incident.IsOpen)
        {
            await CloseAsync(concern, incident, log, token);
            incident = incident with { IsOpen = false };
        }

        return await SendAsync(concern, incident, to, token);
    }

    // Who got the alert gets the all-clear; who hasn't got it yet needs neither.
    private async Task CloseAsync(Concern concern, Incident incident, MailLog log, CancellationToken token)
    {
        var alerts = log.All().Where(s => s.Key == incident.Key(MailKind.Alert, concern.Name, s.Key.Recipient)).ToList();
        await ledger.WriteAsync(
            [
                LedgerRow.Of(incident.Key(MailKind.AllClear, concern.Name, ""), MailState.Known, "no rows any more"),
                .. alerts
                    .Where(s => s.State is Standing.Sent or Standing.Unclear or Standing.Sending)
                    .Select(s => LedgerRow.Of(incident.Key(MailKind.AllClear, concern.Name, s.Key.Recipient), MailState.Planned)),
                .. alerts
                    .Where(s => s.State is Standing.Due or Standing.Deferred or Standing.Claimed)
                    .Select(s => LedgerRow.Of(s.Key, MailState.Skipped, "it was over before it could be sent")),
            ],
            token
        );
    }

    private async Task<IReadOnlyList<Outcome>> SendAsync(
        Concern concern,
        Incident incident,
        IReadOnlyList<string> to,
        CancellationToken token
    )
    {
        var log = await ledger.ReadAsync(concern.Name, token);
        var kind = incident.IsOpen ? MailKind.Alert : MailKind.AllClear;
        var outcomes = new List<Outcome>();
        foreach (
            var due in log.All()
                .Where(s =>
                    s.Key.Kind == kind
                    && s.Key.Occurrence == incident.Occurrence
                    && to.Contains(s.Key.Recipient)
                    && s.MayBegin(log.Now, byHand: false)
                )
                .ToList()
        )
        {
            var mail = incident.IsOpen
                ? composer.Compose(concern.Mail, time.GetUtcNow(), concern.Parts)
                : composer.Compose(AllClear(concern, incident, log.Now), time.GetUtcNow(), []) with
                {
                    About = (MailKind.Alert, incident.Occurrence),
                };
            outcomes.Add(
                Outcome.Of(await sender.DeliverAsync(due.Key, mail, token), $"{kind.Name()} {incident.Occurrence} of {concern.Name}")
            );
        }

        return outcomes;
    }

    private static DigestDefinition Digest(ReportDefinition report, IReadOnlyList<string> to) =>
        DigestDefinition.Of(
            report.Name,
            report.Path,
            $"Alert: {report.Title}",
            report.Asks,
            to,
            [new DigestReport { Report = report.Name, Rows = ShownRows }]
        );

    private static DigestDefinition AllClear(Concern concern, Incident incident, DateTime now) =>
        concern.Mail with
        {
            Title = concern.Mail.Title.Replace("Alert: ", "All clear: ", StringComparison.Ordinal),
            Intro = string.Create(
                CultureInfo.InvariantCulture,
                $"{concern.Over} It began {CellText.Instant(new DateTimeOffset(incident.Began, TimeSpan.Zero))} and lasted {CellText.OfNumber((now - incident.Began).TotalSeconds, new ColumnFormat(ColumnFormatKind.Seconds))}."
            ),
            Reports = [],
        };
}

/// <summary>What people are told of.</summary>
/// <param name="Name">The report's name, or the watch's.</param>
/// <param name="Mail">The mail that says so.</param>
/// <param name="Parts">What it shows.</param>
/// <param name="CoolDown">How long after an alert there is no other.</param>
/// <param name="Over">What the all-clear says first.</param>
internal sealed record Concern(string Name, DigestDefinition Mail, IReadOnlyList<DigestPart> Parts, TimeSpan CoolDown, string Over);

/// <summary>The time from when a report began to return rows to when it returned none.</summary>
/// <param name="Number">Which one it is; 0: there was none yet.</param>
/// <param name="IsOpen">Whether it still returns rows, as far as the ledger knows.</param>
/// <param name="Began">When it began (UTC).</param>
/// <param name="ToldAt">When the last alert of any was planned (UTC).</param>
internal sealed record Incident(int Number, bool IsOpen, DateTime Began, DateTime ToldAt)
{
    /// <summary>As the ledger calls it.</summary>
    public Occurrence.Incident Occurrence => new(Number);

    /// <summary>The last one in the ledger.</summary>
    public static Incident Last(MailLog log)
    {
        var alerts = log.Rows.Where(r => r.Kind == MailKind.Alert && r.State == MailState.Planned).ToList();
        if (alerts.Count == 0)
        {
            return new Incident(0, false, default, default);
        }

        var number = alerts.Max(r => ((Occurrence.Incident)r.Occurrence).Number);
        var last = new Incident(number, false, default, alerts[^1].At!.Value);
        return last with
        {
            Began = alerts.First(r => r.Occurrence == last.Occurrence).At!.Value,
            IsOpen = !log.Rows.Any(r => r.Kind == MailKind.AllClear && r.Occurrence == last.Occurrence),
        };
    }

    /// <summary>The one after it.</summary>
    public Incident Next(DateTime now) => new(Number + 1, true, now, now);

    /// <summary>A mail about it.</summary>
    public MailKey Key(MailKind kind, string report, string recipient) => new(kind, report, Occurrence, recipient);
}
