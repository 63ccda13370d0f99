namespace Reports.Mail;

/// <summary>A file that goes with a mail.</summary>
/// <param name="Name">Its name, with its ending.</param>
/// <param name="Bytes">What it holds: CSV.</param>
internal sealed record MailFile(string Name, byte[] Bytes);

/// <summary>A mail before it is sent, the same for all its readers.</summary>
internal sealed record ComposedMail
{
    /// <summary>Its subject, one line.</summary>
    public required string Subject { get; init; }

    /// <summary>Its HTML part.</summary>
    public required string Html { get; init; }

    /// <summary>Its plain part.</summary>
    public required string Text { get; init; }

    /// <summary>Whom it comes from; null: as configured.</summary>
    public string? From { get; init; }

    /// <summary>The files that go with it.</summary>
    public IReadOnlyList<MailFile> Files { get; init; } = [];

    /// <summary>What it shows, as JSON, for the ledger; empty: nothing that is kept.</summary>
    public string Figures { get; init; } = "";

    /// <summary>The figures' SHA-256.</summary>
    public string Checksum { get; init; } = "";

    /// <summary>The kind and occurrence of the mail that this one is about, so that clients show it below; null: none.</summary>
    public (MailKind Kind, Occurrence Occurrence)? About { get; init; }

    /// <summary>Reports that failed in it; the mail says so.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];
}
