using System.Globalization;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Values;

namespace Reports.Delivery;

/// <summary>Sends each occurrence of a digest once to each of its readers: when it is due, the data is there, and nobody else has sent it.</summary>
internal sealed class DigestDelivery(Digester digester, DigestMail composer, Deliverer deliverer, DeliveryLedger ledger, TimeProvider time)
{
    private const string ByHand = "by hand";

    /// <summary>Sends what is due and hasn't been sent; does nothing where nothing is due. What was due before the digest was known doesn't count.</summary>
    public async Task<IReadOnlyList<Told>> SendDueAsync(DigestDefinition digest, CancellationToken token)
    {
        var log = await ledger.ReadAsync(digest.Name, token);
        if (await PlanAsync(digest, log, token))
        {
            log = await ledger.ReadAsync(digest.Name, token);
        }

        var told = new List<Told>();
        foreach (var occurrence in Standings(log, digest).Where(s => s.MayBegin(log.Now, byHand: false)).GroupBy(s => s.Key.Occurrence).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            told.AddRange(await SendAsync(digest, occurrence.Key, [.. occurrence], byHand: false, token));
        }

        return told;
    }

    /// <summary>Sends the last occurrence that was due to those who haven't got it; or, <paramref name="again"/>, one more to everybody.</summary>
    public async Task<IReadOnlyList<Told>> SendNowAsync(DigestDefinition digest, bool again, CancellationToken token)
    {
        var occurrence = DeliveryKey.At(again ? time.GetUtcNow() : LastOf(digest));
        var log = await ledger.ReadAsync(digest.Name, token);
        var planned = log.Rows.Where(r => r.Occurrence == occurrence).Select(r => r.Recipient).ToHashSet(StringComparer.Ordinal);
        DeliveryRow[] rows = [.. digest.To.Where(a => !planned.Contains(a)).Select(a => DeliveryRow.Of(new DeliveryKey(DeliveryKinds.Digest, digest.Name, occurrence, a), DeliveryStates.Planned, ByHand))];
        if (rows.Length > 0)
        {
            await ledger.WriteAsync(rows, token);
            log = await ledger.ReadAsync(digest.Name, token);
        }

        var standings = Standings(log, digest).Where(s => s.Key.Occurrence == occurrence).ToList();
        var due = standings.Where(s => s.MayBegin(log.Now, byHand: true)).ToList();
        return
        [
            .. standings.Except(due).Select(s => new Told($"{digest.Name} of {occurrence} to {s.Key.Recipient}: {Explain(s)}", s.State is Standing.Unclear or Standing.Refused)),
            .. due.Count == 0 ? [] : await SendAsync(digest, occurrence, due, byHand: true, token),
        ];
    }

    /// <summary>What would be sent to whom now; nothing is sent or noted.</summary>
    public async Task<(DateTimeOffset Scheduled, ComposedMail Mail, string? Waits, IReadOnlyList<DeliveryStanding> Readers)> PreviewAsync(DigestDefinition digest, CancellationToken token)
    {
        var scheduled = LastOf(digest);
        var log = await ledger.ReadAsync(digest.Name, token);
        var (reach, needed) = await digester.ReachAsync(digest, scheduled, token);
        var banner = reach.At >= needed ? null : Banner(reach, needed);
        return (scheduled, composer.Compose(digest, scheduled, await digester.RunAsync(digest, scheduled, token), banner), banner,
            [.. digest.To.Select(a => log.Of(new DeliveryKey(DeliveryKinds.Digest, digest.Name, DeliveryKey.At(scheduled), a)))]);
    }

    private static string Explain(DeliveryStanding standing)
    {
        var since = CellText.Instant(new DateTimeOffset(standing.Since, TimeSpan.Zero));
        return standing.State switch
        {
            Standing.Sent => $"sent already, {since}; AGAIN=1 sends another",
            Standing.Unclear => $"handed over {since} without an answer; `make deliveries` shows how to settle that",
            Standing.Refused => $"refused {since} ({standing.Last?.Detail}); `make deliveries AGAIN={standing.Key.Id}` tries once more",
            Standing.Skipped => $"skipped {since} ({standing.Last?.Detail}); `make deliveries AGAIN={standing.Key.Id}` sends it all the same",
            Standing.Sending => $"handed over {since} by {standing.Last?.Sender}; the answer is not there yet",
            _ => $"begun {since} by {standing.Last?.Sender}; if that was killed, it is sent anew after three minutes",
        };
    }

    // Of the mails that were planned, those to people who are still readers and whose occurrence no later one has overtaken.
    private static IEnumerable<DeliveryStanding> Standings(DeliveryLog log, DigestDefinition digest) =>
        log.All().Where(s => s.Key.Kind == DeliveryKinds.Digest && digest.To.Contains(s.Key.Recipient));

    private DateTimeOffset LastOf(DigestDefinition digest) => Schedules.Last(digest.Schedule, digest.Zone, time.GetUtcNow())
        ?? throw new ReportException($"{digest.Name}: its schedule '{digest.Schedule}' has not come up within a year; AGAIN=1 sends one now");

    // Notes the digest where it is new, and what became due since the last look. True: it noted something.
    private async Task<bool> PlanAsync(DigestDefinition digest, DeliveryLog log, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var schedule = $"{digest.Schedule} {digest.TimeZone}";
        // Later than now: the clock had been wrong, and what was noted then doesn't bind. What people send between times isn't on the schedule.
        var known = log.Rows.Where(r => r.Kind == DeliveryKinds.Digest && r.State is DeliveryStates.Known or DeliveryStates.Planned or DeliveryStates.Skipped
            && r.Detail != ByHand && string.CompareOrdinal(r.Occurrence, DeliveryKey.At(now)) <= 0).ToList();
        if (!known.Exists(r => r.State == DeliveryStates.Known && r.Detail == schedule))
        {
            var first = new DeliveryKey(DeliveryKinds.Digest, digest.Name, DeliveryKey.At(now), "");
            await ledger.WriteAsync([DeliveryRow.Of(first, DeliveryStates.Known, schedule)], token);
            return true;
        }

        var last = DateTimeOffset.Parse(known.Max(r => r.Occurrence)!, CultureInfo.InvariantCulture);
        var due = Schedules.Due(digest.Schedule, digest.Zone, last, now).Select(DeliveryKey.At).ToList();
        if (due.Count == 0)
        {
            return false;
        }

        // Only the last is sent: figures of the one before would be old news, and two mails at once none.
        // A mail that an attempt was made for is still tried; one to a former reader isn't sent any more.
        var waiting = log.All().Where(s => s.Key.Kind == DeliveryKinds.Digest && !s.IsSettled && (!s.WasTried || !digest.To.Contains(s.Key.Recipient))).Select(s => s.Key);
        var missed = due[..^1].TakeLast(50).SelectMany(o => digest.To.Select(a => new DeliveryKey(DeliveryKinds.Digest, digest.Name, o, a)));
        await ledger.WriteAsync(
            [
                .. waiting.Concat(missed).Select(k => DeliveryRow.Of(k, DeliveryStates.Skipped, $"not sent by the time that the next was due, {due[^1]}")),
                .. digest.To.Select(a => DeliveryRow.Of(new DeliveryKey(DeliveryKinds.Digest, digest.Name, due[^1], a), DeliveryStates.Planned)),
            ],
            token);
        return true;
    }

    private async Task<IReadOnlyList<Told>> SendAsync(DigestDefinition digest, string occurrence, IReadOnlyList<DeliveryStanding> to, bool byHand, CancellationToken token)
    {
        var scheduled = DateTimeOffset.Parse(occurrence, CultureInfo.InvariantCulture);
        var (reach, needed) = await digester.ReachAsync(digest, scheduled, token);
        var isThere = reach.At >= needed;
        var isLate = time.GetUtcNow() >= scheduled + Durations.Parse(digest.Wait);
        if (!isThere && !byHand && (!isLate || digest.IfLate == "hold"))
        {
            return await WaitAsync(digest, to, isLate ? "held" : "waits", reach, needed, token);
        }

        var mail = composer.Compose(digest, scheduled, await digester.RunAsync(digest, scheduled, token), isThere ? null : Banner(reach, needed));
        var told = new List<Told>(mail.Failures.Select(r => new Told($"{digest.Name}: {r} failed; the mail says why", true)));
        foreach (var standing in to.OrderBy(s => digest.To.ToList().IndexOf(s.Key.Recipient)))
        {
            var result = await deliverer.DeliverAsync(standing.Key, mail, token);
            told.Add(Telling.Of(result, $"{digest.Name} of {occurrence}"));
        }

        return told;
    }

    // Noted once for each reason, so that the ledger tells why a mail isn't there, and no more.
    private async Task<IReadOnlyList<Told>> WaitAsync(DigestDefinition digest, IReadOnlyList<DeliveryStanding> to, string how, Running.DataReach reach, DateTimeOffset needed, CancellationToken token)
    {
        var why = $"{how} for {reach.Extract} to reach {CellText.Instant(needed)}";
        DeliveryRow[] rows = [.. to.Where(s => s.Last?.Detail != why).Select(s => DeliveryRow.Of(s.Key, DeliveryStates.Waiting, why))];
        if (rows.Length == 0)
        {
            return [];
        }

        await ledger.WriteAsync(rows, token);
        return [new Told($"{digest.Name} of {rows[0].Occurrence} {why}", how == "held")];
    }

    private static string Banner(Running.DataReach reach, DateTimeOffset needed) => reach.At is { } at
        ? $"Not all data is in: {reach.Extract} was last read {CellText.Instant(at)}, and this mail's figures need it up to {CellText.Instant(needed)}. They may still rise."
        : $"Not all data is in: {reach.Extract} was never read.";
}
