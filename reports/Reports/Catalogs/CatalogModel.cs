using SourceSql;
using WarehouseSql.Runs;

namespace Reports.Catalogs;

/// <summary>What the template <c>catalog</c> can name.</summary>
/// <param name="HasPages">Whether the reports' pages stand beside it.</param>
/// <param name="Index">The address of the index.</param>
/// <param name="PageOf">What a report's address begins with.</param>
/// <param name="Ending">What a report's address ends with.</param>
/// <param name="Counts">How much there is of what, in words.</param>
internal sealed record CatalogModel(
    bool HasPages,
    string Index,
    string PageOf,
    string Ending,
    string MadeAt,
    string Counts,
    IReadOnlyList<CatalogSystem> Systems
);

/// <summary>All that belongs to a system.</summary>
internal sealed record CatalogSystem(
    string Name,
    string Count,
    IReadOnlyList<ShownExtract> Extracts,
    IReadOnlyList<ShownFact> Facts,
    IReadOnlyList<ShownView> Views,
    IReadOnlyList<ShownReport> Reports
);

/// <summary>An extract as people see it.</summary>
/// <param name="Mode">Append, snapshot or full.</param>
/// <param name="Meaning">What that means.</param>
internal sealed record ShownExtract(string Name, string About, string Mode, string Meaning, string Schedule, IReadOnlyList<string> Facts)
{
    /// <summary>Of an extract's header.</summary>
    public static ShownExtract Of(ExtractDefinition extract) =>
        new(
            extract.Name,
            extract.About,
            extract.Mode.Name(),
            extract.Mode switch
            {
                ExtractMode.Snapshot => "the source keeps only the present, the warehouse the history",
                ExtractMode.Full => "each load reads all of it",
                _ => "history lives at the source",
            },
            extract.Schedule,
            extract.Facts
        );
}

/// <summary>A fact as people see it.</summary>
/// <param name="Extract">The extract that makes it; null: none does.</param>
/// <param name="Reports">The names of the reports that read it.</param>
internal sealed record ShownFact(
    string Name,
    string About,
    string Grain,
    string Key,
    string? Kept,
    string? Extract,
    IReadOnlyList<string> Reports,
    IReadOnlyList<FactColumn> Columns
);

/// <summary>A column of a fact.</summary>
/// <param name="Identifies">Whom it identifies; null: nobody.</param>
internal sealed record FactColumn(string Name, string Type, string Is, string? Unit, string? Identifies);

/// <summary>A view as people see it.</summary>
internal sealed record ShownView(string Name, string About, string Columns, IReadOnlyList<string> Facts);

/// <summary>A report as people see it.</summary>
/// <param name="Chart">What its chart shows, in words.</param>
internal sealed record ShownReport(
    string Name,
    string Title,
    string Asks,
    string Chart,
    IReadOnlyList<Term> Parameters,
    IReadOnlyList<Term> Columns,
    IReadOnlyList<string> Facts
);

/// <summary>A name and what it means.</summary>
internal sealed record Term(string Name, string Is);
