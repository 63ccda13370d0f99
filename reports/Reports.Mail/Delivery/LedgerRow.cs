using System.Text.Json.Serialization;

namespace Reports.Mail.Delivery;

/// <summary>What a row of the ledger says; it holds the name in lower case.</summary>
internal enum MailState
{
    /// <summary>The digest or alert was seen for the first time, or its schedule changed: what was due before doesn't count.</summary>
    Known,

    /// <summary>It is to be sent.</summary>
    Planned,

    /// <summary>It is to be sent, and the data isn't there yet.</summary>
    Waiting,

    /// <summary>An attempt has begun; nothing was handed over.</summary>
    Claimed,

    /// <summary>From here on the mail server may have it. Without a later row of the attempt, nobody knows.</summary>
    Sending,

    /// <summary>The attempt ended without an answer after it had handed over.</summary>
    Unclear,

    /// <summary>The mail server took it, or a person said so.</summary>
    Sent,

    /// <summary>The attempt failed for sure; there will be another.</summary>
    Deferred,

    /// <summary>It won't be sent: the mail server said never, or it was tried for a day.</summary>
    Refused,

    /// <summary>The attempt gave way to another, before anything was handed over.</summary>
    Withdrawn,

    /// <summary>It won't be sent: a later one took its place, or the recipient left.</summary>
    Skipped,

    /// <summary>A person asked for it again: the attempts that the row's detail names don't count.</summary>
    Again,

    /// <summary>A correction is due once the figures have settled.</summary>
    Seen,
}

/// <summary>A row of the ledger <c>report_delivery</c>.</summary>
internal sealed record LedgerRow
{
    public required MailKind Kind { get; init; }
    public required string Name { get; init; }
    public required Occurrence Occurrence { get; init; }
    public string Recipient { get; init; } = "";
    public string Attempt { get; init; } = "";
    public required MailState State { get; init; }
    public string MessageId { get; init; } = "";
    public string Checksum { get; init; } = "";
    public string Figures { get; init; } = "";
    public string Detail { get; init; } = "";
    public string Sender { get; init; } = "";

    /// <summary>When the server wrote it; the server alone says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? At { get; init; }

    /// <summary>Whose mail the row tells of.</summary>
    [JsonIgnore]
    public MailKey Key => new(Kind, Name, Occurrence, Recipient);

    /// <summary>A row on a mail.</summary>
    public static LedgerRow Of(MailKey key, MailState state, string detail = "") =>
        new()
        {
            Kind = key.Kind,
            Name = key.Name,
            Occurrence = key.Occurrence,
            Recipient = key.Recipient,
            State = state,
            Detail = detail,
            Attempt = state == MailState.Skipped ? Guid.NewGuid().ToString("N") : "",
        };
}
