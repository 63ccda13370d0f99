using System.Globalization;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;

namespace Reports.Delivery;

/// <summary>Where loads have changed figures of closed periods that a digest has sent, sends its readers what was and what is.</summary>
/// <remarks>
/// Changes are collected for as long as the digest says, so that a backfill in many steps is one mail. The figures that a reader saw last, be it in the
/// digest or in a correction of it, are what the present ones are compared with.
/// </remarks>
internal sealed class DigestCorrections(Digester digester, CorrectionMail composer, Deliverer deliverer, DeliveryLedger ledger)
{
    /// <summary>How long what was sent is kept right, in days.</summary>
    public const int Days = 35;

    /// <summary>Compares what was sent with what is now, and sends what is due.</summary>
    public async Task<IReadOnlyList<Told>> SendDueAsync(DigestDefinition digest, CancellationToken token)
    {
        if (Durations.Parse(digest.Corrections) is not { } patience)
        {
            return [];
        }

        var log = await ledger.ReadAsync(digest.Name, token).ConfigureAwait(false);
        var told = new List<Told>();
        foreach (var occurrence in log.All().Where(s => s is { State: Standing.Sent, Key.Kind: DeliveryKinds.Digest } && log.Now - s.Since < TimeSpan.FromDays(Days) && digest.To.Contains(s.Key.Recipient))
            .GroupBy(s => s.Key.Occurrence).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            told.AddRange(await CorrectAsync(digest, [.. occurrence], patience, log, token).ConfigureAwait(false));
        }

        return told;
    }

    /// <summary>Whether changes are being collected, or a correction hasn't reached everybody.</summary>
    public async Task<bool> IsPendingAsync(DigestDefinition digest, CancellationToken token)
    {
        var log = await ledger.ReadAsync(digest.Name, token).ConfigureAwait(false);
        var sent = log.All().Where(s => s.Key.Kind == DeliveryKinds.Correction).ToList();
        return sent.Exists(s => !s.IsSettled) || log.Rows.Any(r => r.State == DeliveryStates.Seen && !sent.Exists(s => s.Key.Occurrence == r.Occurrence));
    }

    private async Task<IReadOnlyList<Told>> CorrectAsync(DigestDefinition digest, IReadOnlyList<DeliveryStanding> sent, TimeSpan patience, DeliveryLog log, CancellationToken token)
    {
        var occurrence = sent[0].Key.Occurrence;
        var scheduled = DateTimeOffset.Parse(occurrence, CultureInfo.InvariantCulture);
        var corrections = log.All().Where(s => s.Key.Kind == DeliveryKinds.Correction && s.Key.Occurrence.StartsWith(occurrence + "/", StringComparison.Ordinal)).ToList();
        var last = corrections.Count == 0 ? 0 : corrections.Max(s => NumberOf(s.Key));
        // A correction that some have got and others not yet is finished before there is another.
        var open = corrections.Where(s => NumberOf(s.Key) == last && !s.IsSettled).ToList();
        var number = open.Count > 0 ? last : last + 1;
        var now = await digester.RunAsync(digest, scheduled, token).ConfigureAwait(false);
        var told = new List<Told>();
        foreach (var reader in sent)
        {
            var key = new DeliveryKey(DeliveryKinds.Correction, digest.Name, string.Create(CultureInfo.InvariantCulture, $"{occurrence}/{number}"), reader.Key.Recipient);
            if (open.Count > 0 && !open.Exists(s => s.Key == key && s.MayBegin(log.Now, byHand: false)))
            {
                continue;
            }

            var shown = await LastShownAsync(reader, corrections, token).ConfigureAwait(false);
            if (composer.Compose(digest, scheduled, shown, now) is not { } mail || !await IsSettledAsync(key, patience, log, token).ConfigureAwait(false))
            {
                continue;
            }

            await ledger.WriteAsync([DeliveryRow.Of(key, DeliveryStates.Planned)], token).ConfigureAwait(false);
            told.Add(Telling.Of(await deliverer.DeliverAsync(key, mail, token).ConfigureAwait(false), $"correction of {digest.Name} of {occurrence}"));
        }

        return told;
    }

    // What this reader was told last of that occurrence.
    private async Task<IReadOnlyList<ShownFigures>> LastShownAsync(DeliveryStanding sent, IEnumerable<DeliveryStanding> corrections, CancellationToken token)
    {
        var last = corrections.Where(s => s.State == Standing.Sent && s.Key.Recipient == sent.Key.Recipient).OrderByDescending(s => NumberOf(s.Key)).FirstOrDefault() ?? sent;
        var figures = await ledger.FiguresAsync(last.Key, last.Last!.Attempt, token).ConfigureAwait(false);
        return figures is null ? [] : DigestFigures.Read(figures);
    }

    // From the first sight of a change on, further ones are waited for.
    private async Task<bool> IsSettledAsync(DeliveryKey key, TimeSpan patience, DeliveryLog log, CancellationToken token)
    {
        var all = key with { Recipient = "" };
        if (log.Rows.FirstOrDefault(r => r.Key == all && r.State == DeliveryStates.Seen) is { } seen)
        {
            return log.Now - seen.At >= patience;
        }

        if (patience > TimeSpan.Zero)
        {
            await ledger.WriteAsync([DeliveryRow.Of(all, DeliveryStates.Seen)], token).ConfigureAwait(false);
            return false;
        }

        return true;
    }

    private static int NumberOf(DeliveryKey key) => int.Parse(key.Occurrence.AsSpan(key.Occurrence.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
}
