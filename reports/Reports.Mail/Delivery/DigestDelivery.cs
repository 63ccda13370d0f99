using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Values;

namespace Reports.Mail.Delivery;

/// <summary>
/// Sends each occurrence of a digest once to each of its readers: when it is due, the data is there, and nobody else has sent it.
/// </summary>
internal sealed class DigestDelivery(DigestRunner runner, DigestMail composer, MailSender sender, MailLedger ledger, TimeProvider time)
{
    private const string ByHand = "by hand";

    /// <summary>
    /// Sends what is due and hasn't been sent; does nothing where nothing is due. What was due before the digest was known doesn't count.
    /// </summary>
    public async Task<IReadOnlyList<Outcome>> SendDueAsync(DigestDefinition digest, CancellationToken token)
    {
        var log = await ledger.ReadAsync(digest.Name, token);
        if (await PlanAsync(digest, log, token))
        {
            log = await ledger.ReadAsync(digest.Name, token);
        }

        var outcomes = new List<Outcome>();
        foreach (
            var occurrence in Standings(log, digest)
                .Where(s => s.MayBegin(log.Now, byHand: false))
                .GroupBy(s => (Occurrence.Scheduled)s.Key.Occurrence)
                .OrderBy(g => g.Key.At)
        )
        {
            outcomes.AddRange(await SendAsync(digest, occurrence.Key, [.. occurrence], byHand: false, token));
        }

        return outcomes;
    }

    /// <summary>
    /// Sends the last occurrence that was due to those who haven't got it; or, <paramref name="again"/>, one more to everybody.
    /// </summary>
    public async Task<IReadOnlyList<Outcome>> SendNowAsync(DigestDefinition digest, bool again, CancellationToken token)
    {
        var occurrence = new Occurrence.Scheduled(again ? time.GetUtcNow() : LastOf(digest));
        var log = await ledger.ReadAsync(digest.Name, token);
        var planned = log.Rows.Where(r => r.Occurrence == occurrence).Select(r => r.Recipient).ToHashSet(StringComparer.Ordinal);
        LedgerRow[] rows =
        [
            .. digest
                .To.Where(a => !planned.Contains(a))
                .Select(a => LedgerRow.Of(new MailKey(MailKind.Digest, digest.Name, occurrence, a), MailState.Planned, ByHand)),
        ];
        if (rows.Length > 0)
        {
            await ledger.WriteAsync(rows, token);
            log = await ledger.ReadAsync(digest.Name, token);
        }

        var standings = Standings(log, digest).Where(s => s.Key.Occurrence == occurrence).ToList();
        var due = standings.Where(s => s.MayBegin(log.Now, byHand: true)).ToList();
        return
        [
            .. standings
                .Except(due)
                .Select(s => new Outcome(
                    $"{digest.Name} of {occurrence} to {s.Key.Recipient}: {Explain(s)}",
                    s.State is Standing.Unclear or Standing.Refused
                )),
            .. due.Count == 0 ? [] : await SendAsync(digest, occurrence, due, byHand: true, token),
        ];
    }

    /// <summary>What would be sent to whom now; nothing is sent or noted.</summary>
    public async Task<(DateTimeOffset Scheduled, ComposedMail Mail, string? Waits, IReadOnlyList<MailStanding> Readers)> PreviewAsync(
        DigestDefinition digest,
        CancellationToken token
    )
    {
        var scheduled = LastOf(digest);
        var log = await ledger.ReadAsync(digest.Name, token);
        var (reach, needed) = await runner.ReachAsync(digest, scheduled, token);
        var banner = reach.At >= needed ? null : Banner(reach, needed);
        return (
            scheduled,
            composer.Compose(digest, scheduled, await runner.RunAsync(digest, scheduled, token), banner),
            banner,
            [.. digest.To.Select(a => log.Of(new MailKey(MailKind.Digest, digest.Name, new Occurrence.Scheduled(scheduled), a)))]
        );
    }

    private static string Explain(MailStanding standing)
    {
        var since = CellText.Instant(new DateTimeOffset(standing.Since, TimeSpan.Zero));
        return standing.State switch
        {
            Standing.Sent => $"sent already, {since}; AGAIN=1 sends another",
            Standing.Unclear => $"handed over {since} without an answer; `make deliveries` shows how to settle that",
            Standing.Refused => $"refused {since} ({standing.Last?.Detail}); `make deliveries AGAIN={standing.Key.Id}` tries once more",
            Standing.Skipped =>
                $"skipped {since} ({standing.Last?.Detail}); `make deliveries AGAIN={standing.Key.Id}` sends it all the same",
            Standing.Sending => $"handed over {since} by {standing.Last?.Sender}; the answer is not there yet",
            _ => $"begun {since} by {standing.Last?.Sender}; if that was killed, it is sent anew after three minutes",
        };
    }

    // Of the mails that were planned, those to people who are still readers and whose occurrence no later one has overtaken.
    private static IEnumerable<MailStanding> Standings(MailLog log, DigestDefinition digest) =>
        log.All().Where(s => s.Key.Kind == MailKind.Digest && digest.To.Contains(s.Key.Recipient));

    private DateTimeOffset LastOf(DigestDefinition digest) =>
        digest.Schedule.Last(time.GetUtcNow())
        ?? throw new ReportException(
            $"{digest.Name}: its schedule '{digest.Schedule.Cron}' has not come up within a year; AGAIN=1 sends one now"
        );

    // Notes the digest where it is new, and what became due since the last look. True: it noted something.
    private async Task<bool> PlanAsync(DigestDefinition digest, MailLog log, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var schedule = digest.Schedule.ToString();
        // Later than now: the clock had been wrong, and what was noted then doesn't bind. What people send between times isn't on the
        // schedule.
        var known = log
            .Rows.Where(r =>
                r.Kind == MailKind.Digest
                && r.State is MailState.Known or MailState.Planned or MailState.Skipped
                && r.Detail != ByHand
                && TimeOf(r) <= now
            )
            .ToList();
        if (!known.Exists(r => r.State == MailState.Known && r.Detail == schedule))
        {
            var first = new MailKey(MailKind.Digest, digest.Name, new Occurrence.Scheduled(now), "");
            await ledger.WriteAsync([LedgerRow.Of(first, MailState.Known, schedule)], token);
            return true;
        }

        var last = known.Max(TimeOf);
        var due = digest.Schedule.Due(last, now).Select(at => new Occurrence.Scheduled(at)).ToList();
        if (due.Count == 0)
        {
            return false;
        }

        // Only the last is sent: figures of the one before would be old news, and two mails at once none.
        // A mail that an attempt was made for is still tried; one to a former reader isn't sent any more.
        var waiting = log.All()
            .Where(s => s.Key.Kind == MailKind.Digest && !s.IsSettled && (!s.WasTried || !digest.To.Contains(s.Key.Recipient)))
            .Select(s => s.Key);
        var missed = due[..^1].TakeLast(50).SelectMany(o => digest.To.Select(a => new MailKey(MailKind.Digest, digest.Name, o, a)));
        await ledger.WriteAsync(
            [
                .. waiting
                    .Concat(missed)
                    .Select(k => LedgerRow.Of(k, MailState.Skipped, $"not sent by the time that the next was due, {due[^1]}")),
                .. digest.To.Select(a => LedgerRow.Of(new MailKey(MailKind.Digest, digest.Name, due[^1], a), MailState.Planned)),
            ],
            token
        );
        return true;
    }

    private async Task<IReadOnlyList<Outcome>> SendAsync(
        DigestDefinition digest,
        Occurrence.Scheduled occurrence,
        IReadOnlyList<MailStanding> to,
        bool byHand,
        CancellationToken token
    )
    {
        var scheduled = occurrence.At;
        var (reach, needed) = await runner.ReachAsync(digest, scheduled, token);
        var isThere = reach.At >= needed;
        var isLate = time.GetUtcNow() >= scheduled + digest.Wait;
        if (!isThere && !byHand && (!isLate || digest.IsHeld))
        {
            return await WaitAsync(digest, to, isLate ? "held" : "waits", reach, needed, token);
        }

        var mail = composer.Compose(
            digest,
            scheduled,
            await runner.RunAsync(digest, scheduled, token),
            isThere ? null : Banner(reach, needed)
        );
        var outcomes = new List<Outcome>(mail.Failures.Select(r => new Outcome($"{digest.Name}: {r} failed; the mail says why", true)));
        foreach (var standing in to.OrderBy(s => digest.To.ToList().IndexOf(s.Key.Recipient)))
        {
            var result = await sender.DeliverAsync(standing.Key, mail, token);
            outcomes.Add(Outcome.Of(result, $"{digest.Name} of {occurrence}"));
        }

        return outcomes;
    }

    private static DateTimeOffset TimeOf(LedgerRow row) => ((Occurrence.Scheduled)row.Occurrence).At;

    // Noted once for each reason, so that the ledger tells why a mail isn't there, and no more.
    private async Task<IReadOnlyList<Outcome>> WaitAsync(
        DigestDefinition digest,
        IReadOnlyList<MailStanding> to,
        string how,
        Running.DataReach reach,
        DateTimeOffset needed,
        CancellationToken token
    )
    {
        var why = $"{how} for {reach.Extract} to reach {CellText.Instant(needed)}";
        LedgerRow[] rows = [.. to.Where(s => s.Last?.Detail != why).Select(s => LedgerRow.Of(s.Key, MailState.Waiting, why))];
        if (rows.Length == 0)
        {
            return [];
        }

        await ledger.WriteAsync(rows, token);
        return [new Outcome($"{digest.Name} of {rows[0].Occurrence} {why}", how == "held")];
    }

    private static string Banner(Running.DataReach reach, DateTimeOffset needed) =>
        reach.At is { } at
            ? $"Not all data is in: {reach.Extract} was last read {CellText.Instant(at)}, and this mail's figures need it up to {CellText.Instant(needed)}. They may still rise."
            : $"Not all data is in: {reach.Extract} was never read.";
}
