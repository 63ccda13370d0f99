using System.Globalization;
using Reports.Definitions;
using WarehouseSql.Runs;

namespace Reports.Running;

/// <summary>When the facts that a report reads were last loaded.</summary>
/// <param name="At">The oldest of the facts' latest published loads; null: none of them was ever loaded, or it reads no fact.</param>
/// <param name="Facts">The facts that its SQL names, directly or through views.</param>
/// <param name="Never">Those among them that were never loaded.</param>
internal sealed record Freshness(DateTimeOffset? At, IReadOnlyList<string> Facts, IReadOnlyList<string> Never)
{
    /// <summary>The loads that have put a part of their rows into one of the facts, and not yet all of them.</summary>
    public IReadOnlyList<HalfLoad> Half { get; init; } = [];

    /// <summary>The facts of which rows are kept no longer, each with the day before which all of them are gone.</summary>
    public IReadOnlyList<(string Fact, DateOnly Before)> Gone { get; init; } = [];

    /// <summary>The nodes that don't answer, and whose rows its figures are without.</summary>
    public IReadOnlyList<string> Down { get; init; } = [];

    /// <summary>Another text after each load of one of the facts.</summary>
    public string Stamp { get; init; } = "";
}

/// <summary>A report that is about to run: with which values, on data of what age.</summary>
internal sealed record ReportRun(
    ReportDefinition Report,
    IReadOnlyList<(ReportParameter Parameter, string Value)> Parameters,
    Freshness Freshness,
    DateTimeOffset AskedAt
)
{
    /// <summary>What the public is told of the rows; null: nothing.</summary>
    public string? PublicNote { get; init; }

    /// <summary>What readers of its result should know of it; null: nothing.</summary>
    public string? Note =>
        string.Join(
            ' ',
            [
                .. Freshness.Down.Select(d =>
                    $"Node {d} of the warehouse doesn't answer: these figures are without its rows, and too low."
                ),
                .. Freshness.Half.Select(Half),
                .. Freshness.Gone.Where(g => Begins is null || Begins < g.Before).Select(Gone),
                .. PublicNote is { } note ? [note] : Array.Empty<string>(),
            ]
        )
            is { Length: > 0 } all
            ? all
            : null;

    // The first day that it asks for; null: it doesn't say.
    private DateOnly? Begins =>
        Parameters.FirstOrDefault(p => p.Parameter is { Name: "from", Type: "Date" }).Value is { } from
        && DateOnly.TryParse(from, CultureInfo.InvariantCulture, out var day)
            ? day
            : null;

    private static string Gone((string Fact, DateOnly Before) fact) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Rows of {fact.Fact} are kept for a limited time: those of days before {fact.Before:yyyy-MM-dd} are gone, and these figures are without them."
        );

    private static string Half(HalfLoad load) =>
        load.GoesOn
            ? $"A load of {load.Extract} is putting its rows in: some of them may not be counted yet. Ask again in a minute."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"A load of {load.Extract} at {load.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC ended while it put its rows in: until it has run again some of them may be counted and others not."
            );
}

/// <summary>How it ended.</summary>
/// <param name="Rows">The rows that the sinks took.</param>
/// <param name="CutAfter">The number of rows after which a limit cut the result off; null: it is whole.</param>
/// <param name="Took">How long it took.</param>
internal sealed record ReportOutcome(long Rows, long? CutAfter, TimeSpan Took);
