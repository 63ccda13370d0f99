namespace Reports.Mail;

/// <summary>What a digest's subject can name.</summary>
/// <param name="Date">The scheduled day, <c>2026-03-16</c>.</param>
/// <param name="Week">Its week by ISO 8601.</param>
internal sealed record SubjectModel(string Title, string Date, int Week);

/// <summary>What the templates <c>digest</c> can name.</summary>
/// <param name="Intro">What stands before the reports; empty: nothing.</param>
/// <param name="Banner">What readers have to know before they read it; null: nothing.</param>
/// <param name="Day">The scheduled day, in words.</param>
/// <param name="Index">The address of the index; null: there is none.</param>
internal sealed record DigestModel(
    string Title,
    string Subject,
    string Intro,
    string? Banner,
    string Day,
    IReadOnlyList<DigestSection> Parts,
    string? Index,
    string MadeAt,
    string Name
);

/// <summary>A report in a digest. Of one that failed, only what comes up to the failure is told.</summary>
internal sealed record DigestSection
{
    /// <summary>The report's title, or its name where it has none.</summary>
    public required string Title { get; init; }

    /// <summary>The question that it answers; null: it couldn't be read.</summary>
    public string? Asks { get; init; }

    /// <summary>Where its page is; null: nowhere.</summary>
    public string? Link { get; init; }

    /// <summary>Why it failed; null: it didn't.</summary>
    public string? Failure { get; init; }

    /// <summary>The days that it looks at; null: it has no such.</summary>
    public string? Period { get; init; }

    /// <summary>How old its data is.</summary>
    public string? Age { get; init; }

    /// <summary>Whether it has no row.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Whether its rows have bars.</summary>
    public bool HasBars { get; init; }

    /// <summary>What the bars show.</summary>
    public string BarTitle { get; init; } = "";

    /// <summary>The bars' class.</summary>
    public string BarClass { get; init; } = "";

    /// <summary>The table's columns.</summary>
    public IReadOnlyList<MailColumn> Columns { get; init; } = [];

    /// <summary>The table's rows.</summary>
    public IReadOnlyList<MailRow> Rows { get; init; } = [];

    /// <summary>The table as plain text.</summary>
    public string? TextTable { get; init; }

    /// <summary>What isn't shown; null: all is.</summary>
    public string? Note { get; init; }

    /// <summary>Which file holds all rows; null: none.</summary>
    public string? Files { get; init; }

    /// <summary>Its values through time; null: they aren't drawn.</summary>
    public DigestChart? Chart { get; init; }
}
