using System.Globalization;
using Reports.Definitions;
using Reports.Mail;

namespace Reports.Delivery;

/// <summary>Where loads have changed figures of closed periods that a digest has sent, sends its readers what was and what is.</summary>
/// <remarks>
/// Changes are collected for as long as the digest says, so that a backfill in many steps is one mail. The figures that a reader saw last, be it in the
/// digest or in a correction of it, are what the present ones are compared with. What a later digest showed of the same question over all of the same
/// days isn't corrected in the earlier one.
/// </remarks>
internal sealed class DigestCorrections(Digester digester, CorrectionMail composer, Deliverer deliverer, DeliveryLedger ledger)
{
    /// <summary>How long what was sent is kept right, in days.</summary>
    public const int Days = 35;

    /// <summary>Compares what was sent with what is now, and sends what is due.</summary>
    /// <returns>What happened, and whether every report could be asked.</returns>
    public async Task<(IReadOnlyList<Told> Told, bool IsWhole)> SendDueAsync(DigestDefinition digest, CancellationToken token)
    {
        if (Durations.Parse(digest.Corrections) is not { } patience)
        {
            return ([], true);
        }

        var log = await ledger.ReadAsync(digest.Name, token);
        var (told, isWhole) = (new List<Told>(), true);
        var later = new List<ShownFigures>();
        foreach (var occurrence in log.All().Where(s => s is { State: Standing.Sent, Key.Kind: DeliveryKinds.Digest } && log.Now - s.Since < TimeSpan.FromDays(Days) && digest.To.Contains(s.Key.Recipient))
            .GroupBy(s => s.Key.Occurrence).OrderByDescending(g => g.Key, StringComparer.Ordinal))
        {
            var readers = await ShownAsync([.. occurrence], log, token);
            if (readers.Any(r => r.Figures.Any(f => f.IsClosed && !later.Exists(l => l.Covers(f)))))
            {
                var scheduled = DateTimeOffset.Parse(occurrence.Key, CultureInfo.InvariantCulture);
                var parts = await digester.RunAsync(digest with { AttachKb = 0 }, scheduled, token);
                isWhole &= parts.All(p => p.Failure is null);
                told.AddRange(await CorrectAsync(digest, occurrence.Key, [.. readers.Select(r => (r.Reader, composer.Compose(digest, scheduled, r.Figures, parts, later)))], patience, log, token));
            }

            later.AddRange(readers.SelectMany(r => r.Figures));
        }

        return (told, isWhole);
    }

    /// <summary>Whether changes are being collected, or a correction hasn't reached everybody.</summary>
    public async Task<bool> IsPendingAsync(DigestDefinition digest, CancellationToken token)
    {
        var log = await ledger.ReadAsync(digest.Name, token);
        return log.All().Any(s => s.Key.Kind == DeliveryKinds.Correction && !s.IsSettled)
            || log.Rows.Any(r => r.State == DeliveryStates.Seen && !log.Rows.Any(o => o.Kind == r.Kind && o.Occurrence == r.Occurrence && o.State != DeliveryStates.Seen));
    }

    // Sends a correction to the readers who have one due; null: nothing differs from what that reader saw last.
    private async Task<IReadOnlyList<Told>> CorrectAsync(DigestDefinition digest, string occurrence, IReadOnlyList<(string Reader, ComposedMail? Mail)> mails, TimeSpan patience, DeliveryLog log, CancellationToken token)
    {
        var number = Corrections(log, occurrence).Select(NumberOf).DefaultIfEmpty(1).Max();
        DeliveryKey Key(string reader) => new(DeliveryKinds.Correction, digest.Name, string.Create(CultureInfo.InvariantCulture, $"{occurrence}/{number}"), reader);
        // One that was closed, or that everybody has, is over; one that some haven't got yet is finished before there is another.
        if (log.Of(Key("").Id).Any(r => r.State == DeliveryStates.Skipped) || (Planned(log, Key("")) is { Count: > 0 } last && last.TrueForAll(s => s.IsSettled)))
        {
            number++;
        }

        var changed = mails.Where(m => m.Mail is not null).ToDictionary(m => m.Reader, m => m.Mail!);
        var planned = Planned(log, Key(""));
        if (planned.Count == 0 && !await IsDueAsync(Key(""), changed.Count > 0, patience, log, token))
        {
            return [];
        }

        // All readers at once, so that another sender means the same correction.
        DeliveryRow[] rows = planned.Count == 0
            ? [.. changed.Keys.Select(r => DeliveryRow.Of(Key(r), DeliveryStates.Planned))]
            : [.. planned.Where(s => !s.IsSettled && !changed.ContainsKey(s.Key.Recipient)).Select(s => DeliveryRow.Of(s.Key, DeliveryStates.Skipped, "the figures are again what they were"))];
        if (rows.Length > 0)
        {
            await ledger.WriteAsync(rows, token);
            log = await ledger.ReadAsync(digest.Name, token);
        }

        var told = new List<Told>();
        foreach (var due in Planned(log, Key("")).Where(s => s.MayBegin(log.Now, byHand: false) && changed.ContainsKey(s.Key.Recipient)))
        {
            told.Add(Telling.Of(await deliverer.DeliverAsync(due.Key, changed[due.Key.Recipient], token), $"correction of {digest.Name} of {occurrence}"));
        }

        return told;
    }

    // What each reader was told last of an occurrence. Where nobody knows whether a correction arrived, there is nothing to compare with.
    private async Task<List<(string Reader, IReadOnlyList<ShownFigures> Figures)>> ShownAsync(IReadOnlyList<DeliveryStanding> sent, DeliveryLog log, CancellationToken token)
    {
        var shown = new List<(string, IReadOnlyList<ShownFigures>)>();
        foreach (var reader in sent)
        {
            var last = log.All().Where(s => s.Key.Kind == DeliveryKinds.Correction && s.Key.Occurrence.StartsWith(reader.Key.Occurrence + "/", StringComparison.Ordinal)
                    && s.Key.Recipient == reader.Key.Recipient && s.State is Standing.Sent or Standing.Unclear or Standing.Sending or Standing.Refused)
                .OrderByDescending(s => NumberOf(s.Key.Occurrence)).FirstOrDefault() ?? reader;
            var figures = last.State == Standing.Sent ? await ledger.FiguresAsync(last.Key, last.Last!.Attempt, token) : null;
            shown.Add((reader.Key.Recipient, figures is null ? [] : DigestFigures.Read(figures)));
        }

        return shown;
    }

    // From the first sight of a change on, further ones are waited for; one that was taken back meanwhile is closed.
    private async Task<bool> IsDueAsync(DeliveryKey all, bool isChanged, TimeSpan patience, DeliveryLog log, CancellationToken token)
    {
        var seen = log.Of(all.Id).FirstOrDefault(r => r.State == DeliveryStates.Seen);
        if (!isChanged)
        {
            if (seen is not null)
            {
                await ledger.WriteAsync([DeliveryRow.Of(all, DeliveryStates.Skipped, "the figures are again what they were")], token);
            }

            return false;
        }

        if (seen is null && patience > TimeSpan.Zero)
        {
            await ledger.WriteAsync([DeliveryRow.Of(all, DeliveryStates.Seen)], token);
        }

        return patience == TimeSpan.Zero || log.Now - seen?.At >= patience;
    }

    private static IEnumerable<string> Corrections(DeliveryLog log, string occurrence) =>
        log.Rows.Where(r => r.Kind == DeliveryKinds.Correction && r.Occurrence.StartsWith(occurrence + "/", StringComparison.Ordinal)).Select(r => r.Occurrence).Distinct();

    private static List<DeliveryStanding> Planned(DeliveryLog log, DeliveryKey all) => [.. log.All().Where(s => s.Key.Kind == all.Kind && s.Key.Occurrence == all.Occurrence)];

    private static int NumberOf(string occurrence) => int.Parse(occurrence.AsSpan(occurrence.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
}
