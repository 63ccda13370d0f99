using System.Text;
using Reports.Definitions;
using Reports.Rendering;

namespace Reports.Catalogs;

/// <summary>The catalogue as one page, everything linked both ways.</summary>
internal sealed class CatalogPage(Templates templates, TimeProvider time)
{
    /// <summary>The page's file name, beside the index of reports.</summary>
    public const string FileName = "catalog.html";

    /// <summary>The page.</summary>
    /// <param name="catalog">What it lists.</param>
    /// <param name="hasPages">Whether the reports' own pages stand beside it.</param>
    /// <param name="isWeb">Whether it is served, and its links with it; else it is a file.</param>
    public byte[] Render(Catalog catalog, bool hasPages, bool isWeb = false) => Encoding.UTF8.GetBytes(templates.Render("catalog", new
    {
        HasPages = hasPages,
        Index = isWeb ? "/" : "index.html",
        PageOf = isWeb ? "/reports/" : "",
        Ending = isWeb ? "" : ".html",
        MadeAt = CellText.Instant(time.GetUtcNow()),
        Counts = string.Join(", ", CellText.Count(catalog.Extracts.Count, "extract"), CellText.Count(catalog.Facts.Count, "fact"), CellText.Count(catalog.Views.Count, "view"), CellText.Count(catalog.Reports.Count, "report")),
        Systems = catalog.Systems.Select(s => System(catalog, s)).ToList(),
    }));

    private static object System(Catalog catalog, string system)
    {
        var extracts = catalog.Extracts.Where(e => e.System == system).ToList();
        var facts = extracts.SelectMany(e => e.Facts).Where(catalog.Facts.ContainsKey).ToList();
        var views = catalog.Views.Where(v => v.Facts.Count > 0 && v.Facts.All(facts.Contains)).ToList();
        var reports = catalog.Reports.Where(r => r.Definition.System == system).OrderBy(r => r.Definition.Title, StringComparer.Ordinal).ToList();
        return new
        {
            Name = system,
            Count = $"{CellText.Count(facts.Count, "fact")}, {CellText.Count(reports.Count, "report")}",
            Extracts = extracts.Select(e => new { e.Name, e.About, e.Mode, e.Meaning, e.Schedule, e.Facts }).ToList(),
            Facts = facts.Select(f => Fact(catalog, f)).ToList(),
            Views = views.Select(v => new { v.Name, v.About, Columns = string.Join(", ", v.Columns), v.Facts }).ToList(),
            Reports = reports.Select(Report).ToList(),
        };
    }

    private static object Fact(Catalog catalog, string name)
    {
        var fact = catalog.Facts[name];
        var types = catalog.Schema.Tables.TryGetValue(name, out var table) ? table.Columns : [];
        return new
        {
            Name = name,
            fact.About,
            fact.Grain,
            Key = string.Join(", ", fact.Key),
            Extract = catalog.ExtractOf(name)?.Name,
            Reports = catalog.Reports.Where(r => r.Facts.Contains(name)).Select(r => r.Definition.Name).ToList(),
            Columns = fact.Columns.Select(c => new
            {
                Name = c.Key,
                Type = types.GetValueOrDefault(c.Key, ""),
                c.Value.Is,
                Unit = c.Value.Unit ?? "",
                Identifies = c.Value.Identifies == "nothing" ? "" : c.Value.Identifies,
            }).ToList(),
        };
    }

    private static object Report(CatalogReport report) => new
    {
        report.Definition.Name,
        report.Definition.Title,
        report.Definition.Asks,
        Chart = report.Definition.Chart is { } c ? $"{(c.IsLine ? "line" : "bars")}: {string.Join(", ", c.Y)} by {c.X}{(c.Series is null ? "" : $", one for each {c.Series}")}" : "none",
        Parameters = report.Definition.Parameters.Select(p => new { p.Name, p.Is }).ToList(),
        Columns = report.Definition.Columns.Select(c => new { Name = c.Key, Is = Meaning(c.Value) }).ToList(),
        report.Facts,
    };

    private static string Meaning(ColumnDefinition column) => column switch
    {
        { Title: { } title, Is: { } meaning } => $"{title}: {meaning}",
        _ => column.Is ?? column.Title ?? "",
    };
}
