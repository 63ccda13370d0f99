using Reports.Definitions;
using SourceSql;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;

namespace Reports.Catalogs;

/// <summary>A view as its header tells it, and the facts and views that it reads.</summary>
internal sealed record CatalogView(string Name, string About, IReadOnlyList<string> Columns, IReadOnlyList<string> Facts);

/// <summary>A report, and the facts that it reads, directly or through views.</summary>
internal sealed record CatalogReport(ReportDefinition Definition, IReadOnlyList<string> Facts);

/// <summary>
/// Every extract, fact, view and report of the project, and what each is made of: read from the files' headers, without a warehouse.
/// </summary>
internal sealed record Catalog(
    IReadOnlyList<ExtractDefinition> Extracts,
    IReadOnlyDictionary<string, FactDefinition> Facts,
    IReadOnlyList<CatalogView> Views,
    IReadOnlyList<CatalogReport> Reports,
    SchemaSnapshot Schema
)
{
    /// <summary>The systems, by name.</summary>
    public IEnumerable<string> Systems =>
        Extracts.Select(e => e.SystemName).Concat(Reports.Select(r => r.Definition.System)).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Reads a project's files.</summary>
    /// <exception cref="DefinitionException">One of them is faulty.</exception>
    public static Catalog Read(Project project)
    {
        var (facts, files, schema) = (project.Facts(), project.Views(), SchemaSnapshot.Of(project));
        var (bodies, names) = (WarehouseSql.Definitions.Views.Bodies(files), facts.Keys.ToHashSet(StringComparer.Ordinal));
        IReadOnlyList<string> FactsOf(string sql) => [.. WarehouseSql.Definitions.Views.FactsOf(sql, bodies, names)];
        return new Catalog(
            project.Extracts(),
            facts,
            [
                .. files
                    .OrderBy(f => f.Name, StringComparer.Ordinal)
                    .Select(f => new CatalogView(
                        f.Name,
                        f.About,
                        schema.Views.TryGetValue(f.Name, out var view) ? [.. view.Columns.Keys] : [],
                        FactsOf(f.Body)
                    )),
            ],
            [.. project.Reports().Values.Select(r => new CatalogReport(r, FactsOf(r.Sql)))],
            schema
        );
    }

    /// <summary>The extract that makes a fact; null: none does.</summary>
    public ExtractDefinition? ExtractOf(string fact) => Extracts.FirstOrDefault(e => e.Facts.Contains(fact));

    /// <summary>What a reader would miss, a line each: empty where every header is complete and everything is linked.</summary>
    public IEnumerable<string> Gaps()
    {
        foreach (var fact in Facts.Values)
        {
            if (ExtractOf(fact.Name) is null)
            {
                yield return $"fact {fact.Name}: no extract makes it";
            }

            var columns = Schema.Tables.TryGetValue(fact.Name, out var table)
                ? table.Columns.Keys.Where(c => c != table.Version).ToList()
                : [];
            if (!columns.SequenceEqual(fact.Columns.Keys))
            {
                yield return $"fact {fact.Name}: its header tells {string.Join(", ", fact.Columns.Keys)}; the table has {string.Join(", ", columns)}";
            }
        }

        foreach (var extract in Extracts.Where(e => e.About.Length == 0 || e.Facts.Count == 0))
        {
            yield return $"extract {extract.Name}: no `about` or no `facts`";
        }

        foreach (var view in Views.Where(v => v.About.Length == 0))
        {
            yield return $"view {view.Name}: no `about`";
        }
    }
}
