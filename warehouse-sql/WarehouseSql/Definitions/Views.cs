using System.Text.RegularExpressions;

namespace WarehouseSql.Definitions;

/// <summary>The views of <c>warehouse-sql/views</c>.</summary>
public static partial class Views
{
    /// <summary>All views, each after those that it reads.</summary>
    /// <exception cref="DefinitionException">A view is faulty, or views read each other in a circle.</exception>
    public static IReadOnlyList<ViewDefinition> InOrder(string? folder = null)
    {
        folder ??= ViewDefinition.Folder;
        var waiting = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.sql").Order(StringComparer.Ordinal).Select(ViewDefinition.Read).ToList()
            : [];
        var ordered = new List<ViewDefinition>();
        while (waiting.Count > 0)
        {
            var ready =
                waiting.Find(v => !waiting.Exists(other => other != v && Reads(v.Body, other.Name)))
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

    /// <summary>Whether <paramref name="sql"/> names the table or view <paramref name="name"/> as a word.</summary>
    public static bool Reads(string sql, string name) => Regex.IsMatch(sql, $@"\b{Regex.Escape(name)}\b");

    /// <summary>The facts that each view reads, directly or through others.</summary>
    /// <param name="inOrder">As <see cref="InOrder"/> gave them.</param>
    /// <param name="facts">The names of all facts.</param>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> FactsOf(
        IReadOnlyList<ViewDefinition> inOrder,
        IEnumerable<string> facts
    )
    {
        var known = facts.ToList();
        var read = new Dictionary<string, IReadOnlySet<string>>();
        foreach (var view in inOrder)
        {
            read[view.Name] = known
                .Where(f => Reads(view.Body, f))
                .Concat(read.Where(r => Reads(view.Body, r.Key)).SelectMany(r => r.Value).ToList())
                .ToHashSet(StringComparer.Ordinal);
        }

        return read;
    }

    /// <summary>What keeps views from being kept that say <c>kept: true</c>.</summary>
    /// <param name="inOrder">As <see cref="InOrder"/> gave them.</param>
    /// <param name="factsOfExtracts">The facts of each extract.</param>
    public static IEnumerable<DefinitionException> Faults(
        IReadOnlyList<ViewDefinition> inOrder,
        IReadOnlyCollection<IReadOnlyCollection<string>> factsOfExtracts
    )
    {
        var read = FactsOf(inOrder, factsOfExtracts.SelectMany(f => f));
        foreach (var view in inOrder.Where(v => v.Kept))
        {
            if (read[view.Name].Count == 0 || !factsOfExtracts.Any(f => read[view.Name].All(f.Contains)))
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`kept: true` is for facts of one extract, since its loads alone compute the rows anew; found {string.Join(", ", read[view.Name].Order(StringComparer.Ordinal))}"
                );
            }

            foreach (
                var name in inOrder.Where(v => v == view || Reads(view.Body, v.Name)).SelectMany(v => Clock().Matches(SqlText.Code(v.Body)))
            )
            {
                yield return new DefinitionException(
                    view.Path,
                    view.BodyLine,
                    $"`kept: true` is for rows that change with the facts alone; found {name.Value.Trim()}…), which says something else each time"
                );
            }
        }
    }

    [GeneratedRegex(
        @"\b(now|now64|today|yesterday|utc_now|utc_today|current_date|current_timestamp|rand\w*|random\w*|generateUUID\w*)\s*\(",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Clock();
}
