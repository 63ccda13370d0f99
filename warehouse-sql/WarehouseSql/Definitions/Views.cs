using System.Text.RegularExpressions;

namespace WarehouseSql.Definitions;

/// <summary>The views of <c>warehouse-sql/views</c>.</summary>
public static partial class Views
{
    /// <summary>All views, each after those that it reads.</summary>
    /// <exception cref="DefinitionException">A view is faulty, or views read each other in a circle.</exception>
    public static IReadOnlyList<ViewDefinition> InOrder(string folder)
    {
        var waiting = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.sql").Order(StringComparer.Ordinal).Select(ViewDefinition.Read).ToList()
            : [];
        var ordered = new List<ViewDefinition>();
        while (waiting.Count > 0)
        {
            var ready =
                waiting.Find(v => !waiting.Exists(other => other != v && Reads(v, other)))
                ?? throw new DefinitionException(
                    waiting[0].Path,
                    waiting[0].BodyLine,
                    $"views read each other in a circle: {string.Join(", ", waiting.Select(v => v.Name))}"
                );
            ordered.Add(ready);
            waiting.Remove(ready);
        }

        return ordered;
    }

    /// <summary>The facts that a statement reads, directly or through views.</summary>
    /// <param name="sql">The statement; a name in a text or a comment of it isn't read.</param>
    /// <param name="views">The SELECTs of all views, by name.</param>
    /// <param name="facts">The names of all facts.</param>
    public static IReadOnlySet<string> FactsOf(string sql, IReadOnlyDictionary<string, string> views, IReadOnlySet<string> facts)
    {
        var (named, followed) = (new SortedSet<string>(StringComparer.Ordinal), new HashSet<string>());
        Collect(sql);
        return named;

        // Views may stand on views; each is followed once.
        void Collect(string text)
        {
            foreach (var name in SqlParameters.Identifiers(text))
            {
                if (facts.Contains(name))
                {
                    named.Add(name);
                }
                else if (views.TryGetValue(name, out var view) && followed.Add(name))
                {
                    Collect(view);
                }
            }
        }
    }

    /// <summary>The SELECTs of views, by name, as <see cref="FactsOf"/> takes them.</summary>
    public static IReadOnlyDictionary<string, string> Bodies(IEnumerable<ViewDefinition> views) =>
        views.ToDictionary(v => v.Name, v => v.Body);

    /// <summary>What keeps views from being kept that say <c>kept: true</c>.</summary>
    /// <param name="inOrder">As <see cref="InOrder"/> gave them.</param>
    /// <param name="factsOfExtracts">The facts of each extract.</param>
    /// <param name="keys">The keys of the facts, by name.</param>
    /// <param name="times">The time columns of the facts that have one, by name.</param>
    public static IEnumerable<DefinitionException> Faults(
        IReadOnlyList<ViewDefinition> inOrder,
        IReadOnlyCollection<IReadOnlyCollection<string>> factsOfExtracts,
        IReadOnlyDictionary<string, IReadOnlyList<string>> keys,
        IReadOnlyDictionary<string, string>? times = null
    )
    {
        var (bodies, facts) = (Bodies(inOrder), factsOfExtracts.SelectMany(f => f).ToHashSet(StringComparer.Ordinal));
        foreach (var view in inOrder.Where(v => v.Outlives is not null))
        {
            var read = FactsOf(view.Body, bodies, facts);
            var time = times?.GetValueOrDefault(view.OutlivedFact!);
            if (view.Kept || view.Outlives != $"{view.OutlivedFact}.{time}" || !read.SequenceEqual([view.OutlivedFact!]))
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`outlives:` is fact.column, for a view that isn't kept and reads that fact alone, and the column by which the fact's partitions go; found {view.Outlives} of a view of {string.Join(", ", read)}"
                );
            }
        }

        foreach (var view in inOrder.Where(v => v.Kept))
        {
            var read = FactsOf(view.Body, bodies, facts);
            if (read.Count == 0 || !factsOfExtracts.Any(f => read.All(f.Contains)))
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`kept: true` is for facts of one extract, since its loads alone compute the rows anew; found {string.Join(", ", read)}"
                );
            }

            if (view.PartitionOf is { } fact && !read.SequenceEqual([fact]))
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`partition_of: {fact}` is for a view of {fact} alone; found {string.Join(", ", read)}"
                );
            }

            foreach (var column in view.Group.Where(c => view.PartitionOf is not { } of || keys.GetValueOrDefault(of)?.Contains(c) != true))
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`group:` is for columns of the key of `partition_of:`'s fact, whose rows are known to stay together; found {column}"
                );
            }

            foreach (var name in inOrder.Where(v => v == view || Reads(view, v)).SelectMany(v => Clock().Matches(SqlText.Code(v.Body))))
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`kept: true` is for rows that change with the facts alone; found {name.Value.Trim()}…), which says something else each time"
                );
            }
        }
    }

    private static bool Reads(ViewDefinition view, ViewDefinition other) => SqlParameters.Identifiers(view.Body).Contains(other.Name);

    [GeneratedRegex(
        @"\b(now|now64|today|yesterday|utc_now|utc_today|current_date|current_timestamp|rand\w*|random\w*|generateUUID\w*)\s*\(",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Clock();
}
