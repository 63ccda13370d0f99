using System.Diagnostics.Metrics;
using Reports.Mail;
using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Reports.Mail.Delivery;

/// <summary>What became of one attempt.</summary>
/// <param name="State">How the mail stands after it.</param>
/// <param name="Detail">Where it went, or why it didn't, in words.</param>
internal sealed record MailResult(MailKey Key, Standing State, string Detail);

/// <summary>Sends a mail so that nobody gets two, whoever else sends, and whenever it is killed.</summary>
/// <remarks>
/// The ledger has no locks, but a row that was added is seen by every later read. An attempt adds <c>claimed</c> before it connects, which
/// keeps others away for a while; and, with everything said to the mail server but the message's end, <c>sending</c>. Then it reads: where
/// another attempt may have handed over, it takes its own back and drops the line, upon which the server forgets the message (RFC 5321,
/// 4.1.1.4). Of two attempts, the one that reads later sees the other, so never do both hand over. Killed before <c>sending</c>, nothing
/// was sent, and the next attempt sends it; killed after it, nobody knows: this is the moment that SMTP leaves ambiguous, and a person has
/// to say.
/// </remarks>
internal sealed class MailSender(MailLedger ledger, SmtpSender sender)
{
    private static readonly Counter<long> Noted = Telemetry.Meter.CreateCounter<long>(
        "warehouse.mails",
        "{state}",
        "states that mails came into, by kind and state"
    );

    /// <summary>
    /// After a restore: whether what is due is noted as skipped, since it may have been sent since the backup was made; else nothing is
    /// sent.
    /// </summary>
    public bool SkipsAfterRestore { get; set; }

    /// <summary>Sends it once, or tells why not.</summary>
    /// <exception cref="ReportException">The warehouse was restored, and nobody has said how mails go on.</exception>
    /// <exception cref="WarehouseException">The ledger isn't reached; nothing was handed over.</exception>
    public Task<MailResult> DeliverAsync(MailKey key, ComposedMail mail, CancellationToken token) => DeliverAsync([key], mail, token);

    /// <summary>
    /// As the other, of one mail that stands for several: all of them or none. They have one recipient and one name; the first gives the
    /// Message-ID.
    /// </summary>
    /// <exception cref="WarehouseException">The ledger isn't reached; nothing was handed over.</exception>
    public async Task<MailResult> DeliverAsync(IReadOnlyList<MailKey> keys, ComposedMail mail, CancellationToken token)
    {
        if (await ledger.RestoredAsync(token) is { } restored)
        {
            return SkipsAfterRestore ? await SkipAsync(keys, restored, token) : throw Held(restored);
        }

        var (attempt, messageId) = (Guid.NewGuid().ToString("N"), keys[0].MessageId(sender.DomainOf(mail)));
        LedgerRow[] rows =
        [
            .. keys.Select(k =>
                LedgerRow.Of(k, MailState.Claimed) with
                {
                    Attempt = attempt,
                    MessageId = messageId,
                    Checksum = mail.Checksum,
                }
            ),
        ];
        if (!await ClaimAsync(rows, token))
        {
            return new MailResult(keys[0], Standing.Claimed, "another sender has begun it");
        }

        var sent = await sender.SendAsync(mail, keys[0], t => HandOverAsync(rows, mail.Figures, t), token);
        if (sent.Outcome == SendOutcome.Withdrawn)
        {
            return new MailResult(keys[0], Standing.Claimed, "another sender was first");
        }

        var isGivenUp = sent.Outcome == SendOutcome.Later && await IsTriedEnoughAsync(keys[0], token);
        var (state, standing) = sent.Outcome switch
        {
            SendOutcome.Accepted => (MailState.Sent, Standing.Sent),
            SendOutcome.Unclear => (MailState.Unclear, Standing.Unclear),
            SendOutcome.Later when !isGivenUp => (MailState.Deferred, Standing.Deferred),
            _ => (MailState.Refused, Standing.Refused),
        };
        var detail = isGivenUp ? $"given up after a day of attempts: {sent.Detail}" : sent.Detail;
        await NoteAsync([.. rows.Select(r => r with { State = state, Detail = detail })]);
        return new MailResult(keys[0], standing, detail);
    }

    private async Task<MailResult> SkipAsync(IReadOnlyList<MailKey> keys, Occurrence.Scheduled restored, CancellationToken token)
    {
        var why = $"the warehouse was restored at {restored}, and it may have been sent before";
        await ledger.WriteAsync([.. keys.Select(k => LedgerRow.Of(k, MailState.Skipped, why))], token);
        return new MailResult(keys[0], Standing.Skipped, why);
    }

    private static ReportException Held(Occurrence.Scheduled restored) =>
        new(
            $"the warehouse was restored at {restored} from a backup, which doesn't know what was sent since it was made, so no mail is sent: load first (`make extract`), then `make deliveries RESTORED=1` skips what is due by now, and mails go on with what comes"
        );

    // True: nobody else is at any of them. Of two that see each other, the earlier goes on.
    private async Task<bool> ClaimAsync(LedgerRow[] rows, CancellationToken token)
    {
        await ledger.WriteAsync(rows, token);
        var log = await ReadAsync(rows, token);
        if (rows.All(r => IsFree(log, r) && IsFirst(log, r)))
        {
            return true;
        }

        await ledger.WriteAsync(With(rows, MailState.Withdrawn), token);
        return false;
    }

    // The point of no return. False: another attempt is past it already with one of them, or was.
    private async Task<bool> HandOverAsync(LedgerRow[] rows, string figures, CancellationToken token)
    {
        try
        {
            await ledger.WriteAsync([.. With(rows, MailState.Sending).Select(r => r with { Figures = figures })], token);
            var log = await ReadAsync(rows, token);
            if (rows.All(r => IsFree(log, r)))
            {
                return true;
            }
        }
        catch
        {
            // The line is dropped, so nothing is unclear about it.
            await NoteAsync(With(rows, MailState.Withdrawn));
            throw;
        }

        await NoteAsync(With(rows, MailState.Withdrawn));
        return false;
    }

    private Task<MailLog> ReadAsync(LedgerRow[] rows, CancellationToken token) =>
        ledger.ReadAsync(rows[0].Name, [.. rows.Select(r => r.Occurrence)], token);

    // Whether no other attempt has handed it over or settled it.
    private static bool IsFree(MailLog log, LedgerRow row)
    {
        var others = MailStanding.Of(row.Key, [.. log.Of(row.Key.Id).Where(r => r.Attempt != row.Attempt)], log.Now);
        return !others.IsSettled && others.State != Standing.Sending;
    }

    private static bool IsFirst(MailLog log, LedgerRow row) =>
        MailStanding
            .Open(log.Of(row.Key.Id), MailState.Claimed)
            .Where(r => MailStanding.IsHeld(r, log.Now))
            .OrderBy(r => r.At)
            .ThenBy(r => r.Attempt, StringComparer.Ordinal)
            .First()
            .Attempt == row.Attempt;

    private static LedgerRow[] With(LedgerRow[] rows, MailState state) => [.. rows.Select(r => r with { State = state })];

    private async Task<bool> IsTriedEnoughAsync(MailKey key, CancellationToken token)
    {
        var log = await ledger.ReadAsync(key.Name, [key.Occurrence], token);
        return log.Now - log.Of(key).Failing > MailStanding.GiveUp;
    }

    // What happened has happened, so it is noted also when the program is being stopped, and the warehouse is given some time.
    private async Task NoteAsync(LedgerRow[] rows)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ledger.WriteAsync(rows, CancellationToken.None);
                foreach (var row in rows)
                {
                    Noted.Add(1, new("kind", row.Kind.Name()), new("state", row.State.Name()));
                }

                return;
            }
            catch (WarehouseException e)
            {
                if (attempt == 6)
                {
                    throw new ReportException(
                        $"{rows[0].Kind.Name()} {rows[0].Name} to {rows[0].Recipient}: {rows[0].State.Name()} ({rows[0].Detail}), but the ledger of mails can't be written: {e.Message}; once the warehouse is back, `make deliveries` shows it as unclear",
                        e
                    );
                }

                await Task.Delay(TimeSpan.FromSeconds(attempt));
            }
        }
    }
}
