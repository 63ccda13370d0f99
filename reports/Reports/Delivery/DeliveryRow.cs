using System.Text.Json.Serialization;
using Reports.Mail;

namespace Reports.Delivery;

/// <summary>The words in the ledger's column <c>state</c>.</summary>
internal static class DeliveryStates
{
    /// <summary>The digest or alert was seen for the first time, or its schedule changed: what was due before doesn't count.</summary>
    public const string Known = "known";

    /// <summary>It is to be sent.</summary>
    public const string Planned = "planned";

    /// <summary>It is to be sent, and the data isn't there yet.</summary>
    public const string Waiting = "waiting";

    /// <summary>An attempt has begun; nothing was handed over.</summary>
    public const string Claimed = "claimed";

    /// <summary>From here on the mail server may have it. Without a later row of the attempt, nobody knows.</summary>
    public const string Sending = "sending";

    /// <summary>The attempt ended without an answer after it had handed over.</summary>
    public const string Unclear = "unclear";

    /// <summary>The mail server took it, or a person said so.</summary>
    public const string Sent = "sent";

    /// <summary>The attempt failed for sure; there will be another.</summary>
    public const string Deferred = "deferred";

    /// <summary>It won't be sent: the mail server said never, or it was tried for a day.</summary>
    public const string Refused = "refused";

    /// <summary>The attempt gave way to another, before anything was handed over.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>It won't be sent: a later one took its place, or the recipient left.</summary>
    public const string Skipped = "skipped";

    /// <summary>A person asked for it again: the attempts that the row's detail names don't count.</summary>
    public const string Again = "again";

    /// <summary>A correction is due once the figures have settled.</summary>
    public const string Seen = "seen";
}

/// <summary>A row of the ledger <c>report_delivery</c>.</summary>
internal sealed record DeliveryRow
{
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required string Occurrence { get; init; }
    public string Recipient { get; init; } = "";
    public string Attempt { get; init; } = "";
    public required string State { get; init; }
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
    public DeliveryKey Key => new(Kind, Name, Occurrence, Recipient);

    /// <summary>A row on a mail.</summary>
    public static DeliveryRow Of(DeliveryKey key, string state, string detail = "") =>
        new() { Kind = key.Kind, Name = key.Name, Occurrence = key.Occurrence, Recipient = key.Recipient, State = state, Detail = detail, Attempt = state == DeliveryStates.Skipped ? Guid.NewGuid().ToString("N") : "" };
}
