using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Values;
using SourceSql;

namespace Reports.Mail.Watching;

/// <summary>Mails each row that a watch finds once to each reader: the first at once, those that follow soon after together.</summary>
/// <remarks>
/// A row is found again as long as a transaction with a lower cursor may still come (<see cref="LateCommits"/>); the ledger knows which
/// have been mailed, by a checksum of their keys.
/// </remarks>
internal sealed class Watcher(WatchDefinition watch, WatchedSource source, WatchMail composer, MailSender sender, MailLedger ledger)
    : IAsyncDisposable
{
    private static readonly Occurrence Place = new Occurrence.Named("position");

    // More would be no mail any more; the next look finds the others.
    private const int MostNew = 1000;

    // How often the place is noted; after a restart, rows since are found again, and the ledger knows them.
    private static readonly TimeSpan NotePause = TimeSpan.FromMinutes(10);
    private readonly List<SeenUpTo> seen = [];
    private readonly HashSet<Occurrence> mailed = [];
    private readonly HashSet<Occurrence> planned = [];
    private string? start;
    private long noted;
    private long quietUntil;

    /// <summary>Looks once, and mails what is new.</summary>
    /// <exception cref="SourceException">The source can't be asked.</exception>
    public async Task<IReadOnlyList<Outcome>> LookAsync(IReadOnlyList<string> to, CancellationToken token)
    {
        if (Environment.TickCount64 < quietUntil)
        {
            return [];
        }

        if (start is null)
        {
            await BeginAsync(to, token);
            return [];
        }

        // Rows that wait for somebody's mail server don't keep new ones back.
        var (fresh, waiting) = (0, 0);
        var look = await source.LookAsync(
            start,
            row =>
                NameOf(row) switch
                {
                    var name when mailed.Contains(name) => false,
                    var name when planned.Contains(name) => ++waiting <= MostNew,
                    _ => ++fresh <= MostNew ? true : null,
                },
            token
        );
        var found = look.Rows.Select(r => (Name: NameOf(r), Row: r)).ToList();
        var outcomes = found.Count == 0 ? [] : await MailAsync(found, to, token);
        if (look.IsWhole && waiting <= MostNew && found.TrueForAll(r => mailed.Contains(r.Name)))
        {
            await GoOnAsync(look.Seen, token);
        }

        return outcomes;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    // From where the ledger says; what was there before anybody watched isn't news.
    private async Task BeginAsync(IReadOnlyList<string> to, CancellationToken token)
    {
        var log = await ledger.ReadAsync(watch.Name, token);
        if (log.Rows.LastOrDefault(r => r.Occurrence == Place) is { } place)
        {
            start = place.Detail;
            BeQuiet(log.Rows.LastOrDefault(r => r.State == MailState.Sent)?.At - log.Now);
            return;
        }

        var first = await source.LookAsync(null, _ => true, token);
        var highest = first.Seen.Cursor ?? "";
        var before = await source.LookAsync(highest, _ => true, token);
        await ledger.WriteAsync(
            [
                .. before.Rows.SelectMany(r =>
                    to.Select(a => LedgerRow.Of(Key(NameOf(r), a), MailState.Skipped, "it was there before the watch"))
                ),
                LedgerRow.Of(Key(Place, ""), MailState.Known, highest),
            ],
            token
        );
        start = highest;
    }

    // After a mail that was sent so long ago (a negative time), or just now.
    private void BeQuiet(TimeSpan? sent) =>
        quietUntil = sent is { } ago ? Environment.TickCount64 + (long)(ago + watch.Group).TotalMilliseconds : 0;

    private async Task<IReadOnlyList<Outcome>> MailAsync(
        List<(Occurrence.Named Name, JsonElement Row)> fresh,
        IReadOnlyList<string> to,
        CancellationToken token
    )
    {
        Occurrence[] names = [.. fresh.Select(r => r.Name)];
        var log = await ledger.ReadAsync(watch.Name, names, token);
        var known = log.Rows.Select(r => r.Occurrence).ToHashSet();
        LedgerRow[] rows =
        [
            .. fresh.Where(r => !known.Contains(r.Name)).SelectMany(r => to.Select(a => LedgerRow.Of(Key(r.Name, a), MailState.Planned))),
        ];
        if (rows.Length > 0)
        {
            await ledger.WriteAsync(rows, token);
            log = await ledger.ReadAsync(watch.Name, names, token);
        }

        planned.UnionWith(names);
        var outcomes = new List<Outcome>();
        foreach (var reader in log.All().Where(s => to.Contains(s.Key.Recipient)).GroupBy(s => s.Key.Recipient))
        {
            var due = reader.Where(s => s.MayBegin(log.Now, byHand: false)).Select(s => s.Key).ToList();
            if (due.Count > 0)
            {
                var mine = fresh.Where(r => due.Exists(k => k.Occurrence == r.Name)).ToList();
                var result = await sender.DeliverAsync(
                    [.. mine.Select(r => Key(r.Name, reader.Key))],
                    composer.Compose(watch, [.. mine.Select(r => r.Row)]),
                    token
                );
                if (result.State == Standing.Sent)
                {
                    BeQuiet(TimeSpan.Zero);
                }

                outcomes.Add(Outcome.Of(result, $"{CellText.Count(mine.Count, "row")} of {watch.Name}"));
            }
        }

        var after = await ledger.ReadAsync(watch.Name, names, token);
        // Nobody waits either for a row whose readers have all left.
        mailed.UnionWith(names.Except(after.All().Where(s => to.Contains(s.Key.Recipient) && !s.IsSettled).Select(s => s.Key.Occurrence)));
        return outcomes;
    }

    // Beyond rows that haven't reached everybody, it isn't called.
    private async Task GoOnAsync(SeenUpTo now, CancellationToken token)
    {
        seen.Insert(0, now);
        if (LateCommits.Start(seen) is not { } next || next == start)
        {
            return;
        }

        start = next;
        // Older looks than that one won't be chosen again, since transactions only ever end.
        seen.RemoveRange(seen.FindIndex(s => s.Cursor == next) + 1, seen.Count - seen.FindIndex(s => s.Cursor == next) - 1);
        if (Environment.TickCount64 - noted > NotePause.TotalMilliseconds)
        {
            await ledger.WriteAsync([LedgerRow.Of(Key(Place, ""), MailState.Known, next)], token);
            noted = Environment.TickCount64;
        }
    }

    private MailKey Key(Occurrence occurrence, string recipient) => new(MailKind.Watch, watch.Name, occurrence, recipient);

    private Occurrence.Named NameOf(JsonElement row) =>
        new Occurrence.Named(
            Convert.ToHexStringLower(
                SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', watch.Key.Select(k => WatchedSource.Text(row, k)))))
            )[..16]
        );
}
