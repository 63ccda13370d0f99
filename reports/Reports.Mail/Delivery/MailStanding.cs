using Reports.Mail;

namespace Reports.Mail.Delivery;

/// <summary>How a mail stands, as all its rows in the ledger tell together.</summary>
internal enum Standing
{
    /// <summary>It is to be sent now.</summary>
    Due,

    /// <summary>An attempt failed; the next one is at <see cref="MailStanding.Retry"/>.</summary>
    Deferred,

    /// <summary>Somebody has begun to send it; nothing was handed over.</summary>
    Claimed,

    /// <summary>It is being handed over.</summary>
    Sending,

    /// <summary>It was handed over and nobody noted the answer: the mail server may or may not have it. Only a person can tell.</summary>
    Unclear,

    /// <summary>The mail server took it.</summary>
    Sent,

    /// <summary>It won't be sent.</summary>
    Refused,

    /// <summary>It needn't be sent.</summary>
    Skipped,
}

/// <summary>How a mail stands.</summary>
/// <param name="Since">When that began, by the warehouse's clock (UTC).</param>
/// <param name="Retry">When the next attempt may be; null: any time.</param>
/// <param name="Last">The row that tells it.</param>
/// <param name="Failing">When the first attempt failed of those that are counted; null: none did.</param>
internal sealed record MailStanding(MailKey Key, Standing State, DateTime Since, DateTime? Retry, LedgerRow? Last, DateTime? Failing)
{
    /// <summary>How long an attempt may take before it hands over; then another may begin.</summary>
    public static readonly TimeSpan ClaimLease = TimeSpan.FromMinutes(3);

    /// <summary>How long a server may take to answer what was handed over; then nobody knows.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(11);

    /// <summary>How long a mail is tried.</summary>
    public static readonly TimeSpan GiveUp = TimeSpan.FromDays(1);

    /// <summary>Whether nothing more will happen by itself.</summary>
    public bool IsSettled => State is Standing.Sent or Standing.Refused or Standing.Skipped or Standing.Unclear;

    /// <summary>Whether an attempt may begin now.</summary>
    public bool MayBegin(DateTime now, bool byHand) => State == Standing.Due || (State == Standing.Deferred && (byHand || Retry <= now));

    /// <summary>Whether any attempt was made.</summary>
    public bool WasTried => State is not (Standing.Due or Standing.Skipped);

    /// <summary>Made of the rows of one mail, oldest first.</summary>
    public static MailStanding Of(MailKey key, IReadOnlyList<LedgerRow> all, DateTime now)
    {
        // What a person annulled is named, and not told by its time: the server's clock may have been set back since.
        var annulled = all.Where(r => r.State == MailState.Again).SelectMany(r => r.Detail.Split(' ')).ToHashSet(StringComparer.Ordinal);
        LedgerRow[] rows = [.. all.Where(r => r.Attempt.Length == 0 || !annulled.Contains(r.Attempt))];
        LedgerRow? Last(MailState state) => rows.LastOrDefault(r => r.State == state);
        MailStanding Is(Standing state, LedgerRow? row, DateTime? retry = null) =>
            new(
                key,
                state,
                row?.At ?? now,
                retry,
                row,
                Last(MailState.Deferred) is null ? null : rows.First(r => r.State == MailState.Deferred).At
            );

        if ((Last(MailState.Sent) ?? Last(MailState.Skipped)) is { } end)
        {
            return Is(end.State == MailState.Sent ? Standing.Sent : Standing.Skipped, end);
        }

        if (Open(rows, MailState.Sending).FirstOrDefault() is { } sending)
        {
            var unclear = rows.FirstOrDefault(r => r.State == MailState.Unclear && r.Attempt == sending.Attempt);
            return Is(
                unclear is not null || now - sending.At!.Value > AnswerLimit ? Standing.Unclear : Standing.Sending,
                unclear ?? sending
            );
        }

        if (Last(MailState.Refused) is { } refused)
        {
            return Is(Standing.Refused, refused);
        }

        if (Open(rows, MailState.Claimed).FirstOrDefault(r => IsHeld(r, now)) is { } claimed)
        {
            return Is(Standing.Claimed, claimed);
        }

        var failed = rows.Count(r => r.State == MailState.Deferred);
        return failed == 0
            ? Is(Standing.Due, rows.LastOrDefault(r => r.State is MailState.Planned or MailState.Waiting or MailState.Again))
            : Is(Standing.Deferred, Last(MailState.Deferred), Last(MailState.Deferred)!.At!.Value + Pause(failed));
    }

    /// <summary>Whether a claim still keeps others away.</summary>
    public static bool IsHeld(LedgerRow claim, DateTime now) => now - claim.At!.Value < ClaimLease && !Senders.IsGone(claim.Sender);

    /// <summary>The attempts that wrote <paramref name="state"/> and nothing that ends them.</summary>
    public static IEnumerable<LedgerRow> Open(IReadOnlyList<LedgerRow> rows, MailState state)
    {
        var ended = rows.Where(r => r.State is MailState.Sent or MailState.Deferred or MailState.Refused or MailState.Withdrawn)
            .Select(r => r.Attempt)
            .ToHashSet(StringComparer.Ordinal);
        return rows.Where(r => r.State == state && !ended.Contains(r.Attempt));
    }

    // One minute, two, four, up to an hour.
    private static TimeSpan Pause(int failed) => TimeSpan.FromMinutes(Math.Min(60, Math.Pow(2, failed - 1)));
}
