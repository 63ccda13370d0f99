using System.Globalization;
using Reports.Catalogs;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Values;
using SourceSql;
using WarehouseSql.Runs;

namespace Reports.Web;

/// <summary>What the template <c>loads</c> can name.</summary>
internal sealed record LoadsModel(WebPart Web, string MadeAt, IReadOnlyList<SystemLoads> Systems);

/// <summary>The loads of a system's extracts.</summary>
internal sealed record SystemLoads(string Name, IReadOnlyList<ExtractLoad> Extracts);

/// <summary>When an extract was loaded, and how its last run went; the texts of a run are empty where it never ran.</summary>
/// <param name="Loaded">How long ago it was loaded, in words.</param>
/// <param name="LoadedAt">When that was; empty: never.</param>
/// <param name="Outcome">How its last run ended.</param>
/// <param name="Rows">The rows that the run read.</param>
/// <param name="Took">How long the run took, in words.</param>
/// <param name="Error">Why it failed; empty: it didn't.</param>
internal sealed record ExtractLoad(
    string Name,
    string About,
    string Schedule,
    string Loaded,
    string LoadedAt,
    bool HasRun,
    string Outcome,
    string StartedAt,
    string Rows,
    string Quarantined,
    string Took,
    string Error
)
{
    /// <summary>Whether it was loaded ever.</summary>
    public bool IsLoaded => LoadedAt.Length > 0;

    /// <summary>Whether its last run failed.</summary>
    public bool IsFailed => Outcome is "failed" or "half";

    /// <summary>Of an extract and its runs.</summary>
    public static ExtractLoad Of(ExtractDefinition extract, ExtractRuns? runs, DateTimeOffset now) =>
        new(
            extract.Name,
            extract.About,
            extract.Schedule,
            runs?.DataUpTo is { } at ? CellText.Ago(now - at) : "never loaded",
            runs?.DataUpTo is { } loaded ? CellText.Instant(loaded) : "",
            runs is not null,
            runs?.Outcome.Name() ?? "",
            runs is null ? "" : CellText.Instant(runs.StartedAt),
            runs?.Rows.ToString("N0", CultureInfo.InvariantCulture) ?? "",
            runs?.Quarantined.ToString("N0", CultureInfo.InvariantCulture) ?? "",
            runs is null ? "" : CellText.OfNumber(runs.Seconds, new ColumnFormat(ColumnFormatKind.Seconds)),
            runs?.Error ?? ""
        );
}
