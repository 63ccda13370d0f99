using System.Globalization;
using Reports.Definitions;
using Reports.Mail;

namespace Reports.Mail.Delivery;

/// <summary>Where loads have changed figures of closed periods that a digest has sent, sends its readers what was and what is.</summary>
/// <remarks>
/// Changes are collected for as long as the digest says, so that a backfill in many steps is one mail. The figures that a reader saw last,
/// be it in the digest or in a correction of it, are what the present ones are compared with. What a later digest showed of the same
/// question over all of the same days isn't corrected in the earlier one.
/// </remarks>
internal sealed class DigestCorrections(DigestRunner runner, CorrectionMail composer, MailSender sender, MailLedger ledger)
{
    /// <summary>How long what was sent is kept right, in days.</summary>
    public const int Days = 35;

    /// <summary>Compares what was sent with what is now, and sends what is due.</summary>
    /// <returns>What happened, and whether every report could be asked.</returns>
    public async Task<(IReadOnlyList<Outcome> Outcomes, bool IsWhole)> SendDueAsync(DigestDefinition digest, CancellationToken token)
    {
        if (digest.Corrections is not { } patience)
        {
            return ([], true);
        }

        var log = await ledger.ReadAsync(digest.Name, token);
        var (outcomes, isWhole) = (new List<Outcome>(), true);
        var later = new List<ShownFigures>();
        foreach (
            var occurrence in log.All()
                .Where(s =>
                    s is { State: Standing.Sent, Key.Kind: MailKind.Digest }
                    && log.Now - s.Since < TimeSpan.FromDays(Days)
                    && digest.To.Contains(s.Key.Recipient)
                )
                .GroupBy(s => (Occurrence.Scheduled)s.Key.Occurrence)
                .OrderByDescending(g => g.Key.At)
        )
        {
            var readers = await ShownAsync([.. occurrence], log, token);
            if (readers.Any(r => r.Figures.Any(f => f.IsClosed && !later.Exists(l => l.Covers(f)))))
            {
                var scheduled = occurrence.Key.At;
                var parts = await runner.RunAsync(digest with { AttachKb = 0 }, scheduled, token);
                isWhole &= parts.All(p => p.Failure is null);
                outcomes.AddRange(
                    await CorrectAsync(
                        digest,
                        occurrence.Key,
                        [.. readers.Select(r => (r.Reader, composer.Compose(digest, scheduled, r.Figures, parts, later)))],
                        patience,
                        log,
                        token
                    )
                );
            }

            later.AddRange(readers.SelectMany(r => r.Figures));
        }

        return (outcomes, isWhole);
    }

    /// <summary>Whether changes are being collected, or a correction hasn't reached everybody.</summary>
    public async Task<bool> IsPendingAsync(DigestDefinition digest, CancellationToken token)
    {
        var log = await ledger.ReadAsync(digest.Name, token);
        return log.All().Any(s => s.Key.Kind == MailKind.Correction && !s.IsSettled)
            || log.Rows.Any(r =>
                r.State == MailState.Seen
                && !log.Rows.Any(o => o.Kind == r.Kind && o.Occurrence == r.Occurrence && o.State != MailState.Seen)
            );
    }

    // Sends a correction to the readers who have one due; null: nothing differs from what that reader saw last.
    private async Task<IReadOnlyList<Outcome>> CorrectAsync(
        DigestDefinition digest,
        Occurrence.Scheduled occurrence,
        IReadOnlyList<(string Reader, ComposedMail? Mail)> mails,
        TimeSpan patience,
        MailLog log,
        CancellationToken token
    )
    {
        var number = log.Rows.Select(r => NumberOf(r.Key, occurrence)).Max() ?? 1;
        MailKey Key(string reader) => new(MailKind.Correction, digest.Name, new Occurrence.Correction(occurrence, number), reader);
        // One that was closed, or that everybody has, is over; one that some haven't got yet is finished before there is another.
        if (
            log.Of(Key("").Id).Any(r => r.State == MailState.Skipped)
            || (Planned(log, Key("")) is { Count: > 0 } last && last.TrueForAll(s => s.IsSettled))
        )
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
        LedgerRow[] rows =
            planned.Count == 0
                ? [.. changed.Keys.Select(r => LedgerRow.Of(Key(r), MailState.Planned))]
                :
                [
                    .. planned
                        .Where(s => !s.IsSettled && !changed.ContainsKey(s.Key.Recipient))
                        .Select(s => LedgerRow.Of(s.Key, MailState.Skipped, "the figures are again what they were")),
                ];
        if (rows.Length > 0)
        {
            await ledger.WriteAsync(rows, token);
            log = await ledger.ReadAsync(digest.Name, token);
        }

        var outcomes = new List<Outcome>();
        foreach (var due in Planned(log, Key("")).Where(s => s.MayBegin(log.Now, byHand: false) && changed.ContainsKey(s.Key.Recipient)))
        {
            outcomes.Add(
                Outcome.Of(
                    await sender.DeliverAsync(due.Key, changed[due.Key.Recipient], token),
                    $"correction of {digest.Name} of {occurrence}"
                )
            );
        }

        return outcomes;
    }

    // What each reader was told last of an occurrence. Where nobody knows whether a correction arrived, there is nothing to compare with.
    private async Task<List<(string Reader, IReadOnlyList<ShownFigures> Figures)>> ShownAsync(
        IReadOnlyList<MailStanding> sent,
        MailLog log,
        CancellationToken token
    )
    {
        var shown = new List<(string, IReadOnlyList<ShownFigures>)>();
        foreach (var reader in sent)
        {
            var last =
                log.All()
                    .Where(s =>
                        NumberOf(s.Key, reader.Key.Occurrence) is not null
                        && s.Key.Recipient == reader.Key.Recipient
                        && s.State is Standing.Sent or Standing.Unclear or Standing.Sending or Standing.Refused
                    )
                    .OrderByDescending(s => NumberOf(s.Key, reader.Key.Occurrence))
                    .FirstOrDefault()
                ?? reader;
            var figures = last.State == Standing.Sent ? await ledger.FiguresAsync(last.Key, last.Last!.Attempt, token) : null;
            shown.Add((reader.Key.Recipient, figures is null ? [] : DigestFigures.Read(figures)));
        }

        return shown;
    }

    // From the first sight of a change on, further ones are waited for; one that was taken back meanwhile is closed.
    private async Task<bool> IsDueAsync(MailKey all, bool isChanged, TimeSpan patience, MailLog log, CancellationToken token)
    {
        var seen = log.Of(all.Id).FirstOrDefault(r => r.State == MailState.Seen);
        if (!isChanged)
        {
            if (seen is not null)
            {
                await ledger.WriteAsync([LedgerRow.Of(all, MailState.Skipped, "the figures are again what they were")], token);
            }

            return false;
        }

        if (seen is null && patience > TimeSpan.Zero)
        {
            await ledger.WriteAsync([LedgerRow.Of(all, MailState.Seen)], token);
        }

        return patience == TimeSpan.Zero || log.Now - seen?.At >= patience;
    }

    private static List<MailStanding> Planned(MailLog log, MailKey all) =>
        [.. log.All().Where(s => s.Key.Kind == all.Kind && s.Key.Occurrence == all.Occurrence)];

    // Which correction of an occurrence it is; null: it is none of it.
    private static int? NumberOf(MailKey key, Occurrence of) =>
        key is { Kind: MailKind.Correction, Occurrence: Occurrence.Correction correction } && correction.Of == of
            ? correction.Number
            : null;
}
