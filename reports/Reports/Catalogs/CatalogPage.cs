using System.Globalization;
using System.Text;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Values;

namespace Reports.Catalogs;

/// <summary>The catalogue as one page, everything linked both ways.</summary>
internal sealed class CatalogPage(Templates templates, TimeProvider time)
{
    /// <summary>The page's file name, beside the index of reports.</summary>
    public const string FileName = ReportFiles.CatalogFile;

    /// <summary>The page.</summary>
    /// <param name="catalog">What it lists.</param>
    /// <param name="hasPages">Whether the reports' own pages stand beside it.</param>
    /// <param name="isWeb">Whether it is served, and its links with it; else it is a file.</param>
    public byte[] Render(Catalog catalog, bool hasPages, bool isWeb = false) =>
        Encoding.UTF8.GetBytes(templates.Render("catalog", Model(catalog, hasPages, isWeb)));

    private CatalogModel Model(Catalog catalog, bool hasPages, bool isWeb) =>
        new(
            hasPages,
            Index: isWeb ? "/" : "index.html",
            PageOf: isWeb ? "/reports/" : "",
            Ending: isWeb ? "" : ".html",
            CellText.Instant(time.GetUtcNow()),
            string.Join(
                ", ",
                CellText.Count(catalog.Extracts.Count, "extract"),
                CellText.Count(catalog.Facts.Count, "fact"),
                CellText.Count(catalog.Views.Count, "view"),
                CellText.Count(catalog.Reports.Count, "report")
            ),
            [.. catalog.Systems.Select(s => System(catalog, s))]
        );

    private static CatalogSystem System(Catalog catalog, string system)
    {
        var extracts = catalog.Extracts.Where(e => e.SystemName == system).ToList();
        var facts = extracts.SelectMany(e => e.Facts).Where(catalog.Facts.ContainsKey).ToList();
        var views = catalog.Views.Where(v => v.Facts.Count > 0 && v.Facts.All(facts.Contains)).ToList();
        var reports = catalog
            .Reports.Where(r => r.Definition.System == system)
            .OrderBy(r => r.Definition.Title, StringComparer.Ordinal)
            .ToList();
        return new CatalogSystem(
            system,
            $"{CellText.Count(facts.Count, "fact")}, {CellText.Count(reports.Count, "report")}",
            [.. extracts.Select(ShownExtract.Of)],
            [.. facts.Select(f => Fact(catalog, f))],
            [.. views.Select(v => new ShownView(v.Name, v.About, string.Join(", ", v.Columns), v.Facts))],
            [.. reports.Select(Report)]
        );
    }

    private static ShownFact Fact(Catalog catalog, string name)
    {
        var fact = catalog.Facts[name];
        var types = catalog.Schema.Tables.TryGetValue(name, out var table) ? table.Columns : [];
        return new ShownFact(
            name,
            fact.About,
            fact.Grain,
            Key: string.Join(", ", fact.Key),
            Kept: fact.RetainDays is { } days
                ? string.Create(CultureInfo.InvariantCulture, $"less than {days} days, as was promised")
                : null,
            catalog.ExtractOf(name)?.Name,
            [.. catalog.Reports.Where(r => r.Facts.Contains(name)).Select(r => r.Definition.Name)],
            [
                .. fact.Columns.Select(c => new FactColumn(
                    c.Key,
                    types.GetValueOrDefault(c.Key, ""),
                    c.Value.Is,
                    c.Value.Unit,
                    c.Value.Identifies == "nothing" ? null : c.Value.Identifies
                )),
            ]
        );
    }

    private static ShownReport Report(CatalogReport report) =>
        new(
            report.Definition.Name,
            report.Definition.Title,
            report.Definition.Asks,
            report.Definition.Chart is { } c
                ? $"{(c.IsLine ? "line" : "bars")}: {string.Join(", ", c.Y)} by {c.X}{(c.Series is null ? "" : $", one for each {c.Series}")}"
                : "none",
            [.. report.Definition.Parameters.Select(p => new Term(p.Name, p.Is))],
            [.. report.Definition.Columns.Select(c => new Term(c.Key, Meaning(c.Value)))],
            report.Facts
        );

    private static string Meaning(ColumnDefinition column) =>
        column switch
        {
            { Title: { } title, Is: { } meaning } => $"{title}: {meaning}",
            _ => column.Is ?? column.Title ?? "",
        };
}
