using Reports.Mail;
using WarehouseSql.ClickHouse;

namespace Reports.Delivery;

/// <summary>What became of one attempt.</summary>
/// <param name="State">How the mail stands after it.</param>
/// <param name="Detail">Where it went, or why it didn't, in words.</param>
internal sealed record DeliveryResult(DeliveryKey Key, Standing State, string Detail);

/// <summary>Sends a mail so that nobody gets two, whoever else sends, and whenever it is killed.</summary>
/// <remarks>
/// The ledger has no locks, but a row that was added is seen by every later read. An attempt adds <c>claimed</c> before it connects, which keeps
/// others away for a while; and, with everything said to the mail server but the message's end, <c>sending</c>. Then it reads: where another attempt
/// may have handed over, it takes its own back and drops the line, upon which the server forgets the message (RFC 5321, 4.1.1.4). Of two attempts,
/// the one that reads later sees the other, so never do both hand over. Killed before <c>sending</c>, nothing was sent, and the next attempt sends it;
/// killed after it, nobody knows: this is the moment that SMTP leaves ambiguous, and a person has to say.
/// </remarks>
internal sealed class Deliverer(DeliveryLedger ledger, Postman postman)
{
    /// <summary>Where mails go, in words.</summary>
    public string Where => postman.Where;

    /// <summary>Sends it once, or tells why not.</summary>
    /// <exception cref="WarehouseException">The ledger isn't reached; nothing was handed over.</exception>
    public async Task<DeliveryResult> DeliverAsync(DeliveryKey key, ComposedMail mail, CancellationToken token)
    {
        var row = DeliveryRow.Of(key, DeliveryStates.Claimed) with { Attempt = Guid.NewGuid().ToString("N"), MessageId = key.MessageId(postman.DomainOf(mail)), Checksum = mail.Checksum };
        if (!await ClaimAsync(row, token).ConfigureAwait(false))
        {
            return new DeliveryResult(key, Standing.Claimed, "another sender has begun it");
        }

        var post = await postman.SendAsync(mail, key, t => HandOverAsync(row with { Figures = mail.Figures }, t), token).ConfigureAwait(false);
        if (post.Answer == PostAnswer.Withdrawn)
        {
            return new DeliveryResult(key, Standing.Claimed, "another sender was first");
        }

        var isGivenUp = post.Answer == PostAnswer.Later && await IsTriedEnoughAsync(key, token).ConfigureAwait(false);
        var (state, standing) = post.Answer switch
        {
            PostAnswer.Accepted => (DeliveryStates.Sent, Standing.Sent),
            PostAnswer.Unclear => (DeliveryStates.Unclear, Standing.Unclear),
            PostAnswer.Later when !isGivenUp => (DeliveryStates.Deferred, Standing.Deferred),
            _ => (DeliveryStates.Refused, Standing.Refused),
        };
        var detail = isGivenUp ? $"given up after a day of attempts: {post.Detail}" : post.Detail;
        await NoteAsync(row with { State = state, Detail = detail }).ConfigureAwait(false);
        return new DeliveryResult(key, standing, detail);
    }

    // True: nobody else is at it. Of two that see each other, the earlier goes on.
    private async Task<bool> ClaimAsync(DeliveryRow row, CancellationToken token)
    {
        await ledger.WriteAsync([row], token).ConfigureAwait(false);
        var log = await ledger.ReadAsync(row.Name, token).ConfigureAwait(false);
        DeliveryRow[] rows = [.. log.Rows.Where(r => r.Key == row.Key)];
        var first = DeliveryStanding.Open(rows, DeliveryStates.Claimed).Where(r => DeliveryStanding.IsHeld(r, log.Now)).OrderBy(r => r.At).ThenBy(r => r.Attempt, StringComparer.Ordinal).First();
        var others = DeliveryStanding.Of(row.Key, [.. rows.Where(r => r.Attempt != row.Attempt)], log.Now);
        if (first.Attempt == row.Attempt && !others.IsSettled && others.State != Standing.Sending)
        {
            return true;
        }

        await ledger.WriteAsync([row with { State = DeliveryStates.Withdrawn }], token).ConfigureAwait(false);
        return false;
    }

    // The point of no return. False: another attempt is past it already, or was.
    private async Task<bool> HandOverAsync(DeliveryRow row, CancellationToken token)
    {
        await ledger.WriteAsync([row with { State = DeliveryStates.Sending }], token).ConfigureAwait(false);
        var log = await ledger.ReadAsync(row.Name, token).ConfigureAwait(false);
        var others = DeliveryStanding.Of(row.Key, [.. log.Rows.Where(r => r.Key == row.Key && r.Attempt != row.Attempt)], log.Now);
        if (!others.IsSettled && others.State != Standing.Sending)
        {
            return true;
        }

        await NoteAsync(row with { State = DeliveryStates.Withdrawn, Figures = "" }).ConfigureAwait(false);
        return false;
    }

    private async Task<bool> IsTriedEnoughAsync(DeliveryKey key, CancellationToken token)
    {
        var log = await ledger.ReadAsync(key.Name, token).ConfigureAwait(false);
        return log.Now - log.Of(key).First > DeliveryStanding.GiveUp;
    }

    // What happened has happened, so it is noted also when the program is being stopped, and the warehouse is given some time.
    private async Task NoteAsync(DeliveryRow row)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ledger.WriteAsync([row], CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (WarehouseException e)
            {
                if (attempt == 6)
                {
                    throw new ReportException($"{row.Key.Kind} {row.Name} to {row.Recipient}: {row.State} ({row.Detail}), but the ledger of mails can't be written: {e.Message}; once the warehouse is back, `make deliveries` shows it as unclear", e);
                }

                await Task.Delay(TimeSpan.FromSeconds(attempt)).ConfigureAwait(false);
            }
        }
    }
}
