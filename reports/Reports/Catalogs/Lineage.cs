using Reports.Definitions;
using SourceSql;
using WarehouseSql.Definitions;

namespace Reports.Catalogs;

/// <summary>
/// Which column is made of which: from a source's column by an extract and a fact, by views, to a report's. What views and reports compute
/// is taken from the server's analysis of their SQL; what a fact's column is made of, from the names in its SELECT and the extract's
/// <c>parse:</c>.
/// </summary>
internal sealed class Lineage
{
    private readonly Catalog catalog;
    private readonly Dictionary<ColumnName, IReadOnlySet<ColumnName>> made = [];
    private readonly Dictionary<string, IReadOnlySet<ColumnName>> named = [];

    private Lineage(Catalog catalog) => this.catalog = catalog;

    /// <summary>All columns that there are: of extracts (as <c>system/extract.column</c>), facts, views and reports.</summary>
    public IEnumerable<ColumnName> Columns => made.Keys.Concat(made.Values.SelectMany(m => m)).Distinct();

    /// <summary>Reads a project's files, and asks the server of each view and report what it is made of.</summary>
    /// <param name="explain">Answers <c>EXPLAIN QUERY TREE</c> of a SELECT with values of its parameters, line by line.</param>
    public static async Task<Lineage> ReadAsync(
        Project project,
        Func<string, IReadOnlyDictionary<string, string?>, Task<IEnumerable<string>>> explain,
        TimeProvider time
    )
    {
        var lineage = new Lineage(Catalog.Read(project));
        foreach (var (name, body) in Views.Bodies(project.Views()))
        {
            lineage.Add(name, new QueryTree(await explain(body, new Dictionary<string, string?>())));
        }

        foreach (var report in lineage.catalog.Reports.Select(r => r.Definition))
        {
            lineage.Add(report.Name, new QueryTree(await explain(report.Sql, report.Bind(new Dictionary<string, string>(), time))));
        }

        foreach (var fact in lineage.catalog.Facts.Values)
        {
            lineage.Add(fact);
        }

        return lineage;
    }

    /// <summary>What a column is directly computed of; none where it comes from the source.</summary>
    public IEnumerable<ColumnName> MadeOf(ColumnName column) => InOrder(made.GetValueOrDefault(column, new HashSet<ColumnName>()));

    /// <summary>The columns that are directly computed of it.</summary>
    public IEnumerable<ColumnName> MakesUp(ColumnName column) => InOrder(made.Where(m => m.Value.Contains(column)).Select(m => m.Key));

    /// <summary>The columns that are computed of it, directly or by others.</summary>
    public IReadOnlySet<ColumnName> AllOf(ColumnName column)
    {
        var (found, next) = (new HashSet<ColumnName>(), new Queue<ColumnName>([column]));
        while (next.TryDequeue(out var one))
        {
            MakesUp(one).Where(found.Add).ToList().ForEach(next.Enqueue);
        }

        return found;
    }

    /// <summary>The views and reports that choose, join or group by it, or by a column that is made of it, and don't show it.</summary>
    public IEnumerable<string> ChosenBy(ColumnName column)
    {
        var all = AllOf(column).Prepend(column).ToHashSet();
        return named.Where(n => n.Value.Overlaps(all) && all.All(c => c.Table != n.Key)).Select(n => n.Key).Order(StringComparer.Ordinal);
    }

    /// <summary>The views and reports that read a table or view, directly or by views.</summary>
    public IEnumerable<string> ReadersOf(string table)
    {
        var (found, next) = (new SortedSet<string>(StringComparer.Ordinal), new Queue<string>([table]));
        while (next.TryDequeue(out var one))
        {
            foreach (var reader in named.Where(n => n.Value.Any(c => c.Table == one)).Select(n => n.Key).Where(found.Add))
            {
                next.Enqueue(reader);
            }
        }

        return found;
    }

    private void Add(string name, QueryTree tree)
    {
        named[name] = tree.All();
        foreach (var column in tree.Columns)
        {
            made[new ColumnName(name, column)] = tree.MadeOf(column);
        }
    }

    private void Add(FactDefinition fact)
    {
        var extract = catalog.ExtractOf(fact.Name);
        var source = extract is null ? null : SelectList.Names(extract.Select);
        var items = SelectList.Items(fact.Select) ?? [];
        // Names that a WITH before the list or an ARRAY JOIN behind it gives: what those are made of.
        var around = SqlParameters.Identifiers(
            fact.Select[..SelectList.MainSelect(fact.Select)] + fact.Select[(items.Count == 0 ? 0 : items[^1].End)..]
        );
        foreach (var (name, text, _) in items)
        {
            made[new ColumnName(fact.Name, name)] = extract is null || source is null ? new HashSet<ColumnName>() : Sources(text);
        }

        IReadOnlySet<ColumnName> Sources(string text)
        {
            var (found, seen) = (new HashSet<ColumnName>(), new HashSet<string>());
            Collect(SqlParameters.Identifiers(text));
            if (found.Count == 0)
            {
                Collect(around);
            }

            return found;

            void Collect(IEnumerable<string> identifiers)
            {
                foreach (var one in identifiers.Where(seen.Add))
                {
                    if (extract!.Parse.TryGetValue(one, out var parse))
                    {
                        Collect(SqlParameters.Identifiers(parse));
                    }
                    else if (source!.Contains(one))
                    {
                        found.Add(new ColumnName(extract.Name, one));
                    }
                }
            }
        }
    }

    private static IEnumerable<ColumnName> InOrder(IEnumerable<ColumnName> columns) =>
        columns.OrderBy(c => c.ToString(), StringComparer.Ordinal);
}
