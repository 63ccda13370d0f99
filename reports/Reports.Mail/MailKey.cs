using System.Security.Cryptography;
using System.Text;
using WarehouseSql.Runs;

namespace Reports.Mail;

/// <summary>What kinds of mails there are. The ledger names them in lower case, with hyphens.</summary>
internal enum MailKind
{
    /// <summary>Reports on a schedule.</summary>
    Digest,

    /// <summary>What has changed in a digest that was sent.</summary>
    Correction,

    /// <summary>A report began to return rows.</summary>
    Alert,

    /// <summary>It returns none any more.</summary>
    AllClear,

    /// <summary>Rows that a watch found.</summary>
    Watch,

    /// <summary>No mail: the warehouse was restored from a backup, and a person has said how mails go on.</summary>
    Restore,
}

/// <summary>One mail to one person: whoever holds the same key means the same mail.</summary>
/// <param name="Name">The digest, or the report that alerts.</param>
/// <param name="Occurrence">Which of them.</param>
/// <param name="Recipient">The address; empty: the occurrence as a whole.</param>
internal sealed record MailKey(MailKind Kind, string Name, Occurrence Occurrence, string Recipient)
{
    /// <summary>A short name for people, the same each time: twelve digits of the key's SHA-256.</summary>
    public string Id =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Kind.Name(), Name, Occurrence, Recipient))))[
            ..12
        ];

    /// <summary>The Message-ID: the same each time, so that a client that is given the mail twice can tell.</summary>
    public string MessageId(string domain) => $"<{Kind.Name()}.{Name.Replace('/', '.')}.{Id}@{domain}>";
}
