using System.Security.Cryptography;
using System.Text;

namespace Reports.Mail;

/// <summary>What kinds of mails there are, as the ledger names them.</summary>
internal static class DeliveryKinds
{
    public const string Digest = "digest";
    public const string Correction = "correction";
    public const string Alert = "alert";
    public const string AllClear = "all-clear";
    public const string Watch = "watch";
}

/// <summary>One mail to one person: whoever holds the same key means the same mail.</summary>
/// <param name="Kind">One of <see cref="DeliveryKinds"/>.</param>
/// <param name="Name">The digest, or the report that alerts.</param>
/// <param name="Occurrence">Which of them: of a digest, its scheduled time as <see cref="At"/> writes it.</param>
/// <param name="Recipient">The address; empty: the occurrence as a whole.</param>
internal sealed record DeliveryKey(string Kind, string Name, string Occurrence, string Recipient)
{
    /// <summary>A short name for people, the same each time: twelve digits of the key's SHA-256.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Kind, Name, Occurrence, Recipient))))[..12];

    /// <summary>The Message-ID: the same each time, so that a client that is given the mail twice can tell.</summary>
    public string MessageId(string domain) => $"<{Kind}.{Name.Replace('/', '.')}.{Id}@{domain}>";

    /// <summary>A scheduled time as an occurrence's name.</summary>
    public static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
