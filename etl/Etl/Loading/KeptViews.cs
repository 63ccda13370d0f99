using System.Globalization;
using System.Text.RegularExpressions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Etl.Loading;

/// <summary>What a load did to its facts.</summary>
/// <param name="Published">fact/partition of all that it published.</param>
/// <param name="Added">The table of the rows that it added to a fact; null: partitions of rows took the place of others.</param>
internal sealed record FactChange(IReadOnlyCollection<string> Published, Func<string, string>? Added);

/// <summary>Keeps the rows of small views that reports ask for again and again (<c>kept: true</c> in a view's header).</summary>
/// <remarks>
/// A view reads either its facts, or a table of what it said of them. A load that changes one of its facts first has it read the facts,
/// then publishes, then keeps its rows anew. Killed at any moment, the view says the truth, if more slowly, and the next load goes on:
/// what is kept is never another truth. Only the loads of one extract change a view's facts, and the extract's lock lets in one of them.
/// </remarks>
internal sealed partial class KeptViews(
    ClickHouseClient client,
    IReadOnlyList<ViewDefinition> views,
    IReadOnlyDictionary<string, string> partitions,
    string definition
)
{
    /// <summary>What the name of every table of kept rows begins with; the run and the view's name follow.</summary>
    public const string Prefix = "_kept_";

    private const long MostRowsAtOnce = 20_000_000;

    private static readonly QueryOptions AsReports = new() { Settings = SharedSql.Settings, Timeout = TimeSpan.FromHours(1) };

    // The tables whose rows the views had when this load let go of them.
    private readonly Dictionary<string, string> before = [];

    /// <summary>
    /// As the other <c>Of</c>, of a whole warehouse. None where facts are spread over nodes, or copied to replicas: what one server keeps
    /// is half the truth there, or none.
    /// </summary>
    public static KeptViews Of(
        IReadOnlyList<ClickHouseClient> nodes,
        TableEngines engines,
        ViewSet all,
        IReadOnlyCollection<FactDefinition> facts
    ) => Of(nodes[0], nodes.Count == 1 && !engines.Replicated ? all : all with { InOrder = [] }, facts);

    /// <summary>Those of all views whose facts are all among <paramref name="facts"/>.</summary>
    /// <param name="client">The node.</param>
    /// <param name="all">All views.</param>
    /// <param name="facts">An extract's facts.</param>
    public static KeptViews Of(ClickHouseClient client, ViewSet all, IReadOnlyCollection<FactDefinition> facts)
    {
        var inOrder = all.InOrder;
        var (bodies, own) = (Views.Bodies(inOrder), facts.Select(f => f.Name).ToHashSet(StringComparer.Ordinal));
        // A fact of another extract isn't among these, but stands in the SELECT: `make check` refuses such a view.
        return new KeptViews(
            client,
            [.. inOrder.Where(v => v.Kept && Views.FactsOf(v.Body, bodies, own).Count > 0)],
            facts.ToDictionary(f => f.Name, f => f.Partition),
            all.Checksum
        );
    }

    /// <summary>Has the views read their facts, which are about to change.</summary>
    /// <param name="trusts">
    /// Whether what they have is right for the partitions that don't change: not where the load is there to mend what is wrong.
    /// </param>
    /// <param name="token">Cancels it.</param>
    public async Task LetGoAsync(bool trusts, CancellationToken token)
    {
        foreach (var (view, table) in await KeptAsync(token))
        {
            if (trusts)
            {
                before[view.Name] = table;
            }

            await client.ExecuteAsync(view.Create, token);
        }
    }

    /// <summary>Keeps the rows of those that read their facts. What a reader may be reading still, stays until the next load.</summary>
    /// <param name="run">The load's run.</param>
    /// <param name="change">What it did.</param>
    /// <param name="token">Cancels it.</param>
    /// <returns>Why some aren't kept, for people; empty: all are. They read their facts, so nothing is wrong but their speed.</returns>
    public async Task<string> KeepAsync(ulong run, FactChange change, CancellationToken token)
    {
        var doing = "";
        try
        {
            var kept = (await KeptAsync(token)).Select(k => k.View);
            foreach (var view in views.Except(kept))
            {
                doing = view.Name;
                var table = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{run}_{view.Name}");
                await FillAsync(view, table, change, token);
                await client.ExecuteAsync($"CREATE OR REPLACE VIEW {view.Name} AS SELECT * FROM {table}", token);
                await DropAllButAsync(2, view.Name, "", token);
            }

            return "";
        }
        catch (WarehouseException e)
        {
            return $"the rows of {doing} could not be kept, so reports read its facts, which takes longer: {e.Message}";
        }
    }

    /// <summary>The kept views that don't say what their facts say; none unless somebody changed facts by hand.</summary>
    public async Task<IReadOnlyList<string>> FalseOnesAsync(CancellationToken token)
    {
        var wrong = new List<string>();
        foreach (var (view, _) in await KeptAsync(token))
        {
            var (facts, kept) = (await SumAsync($"({view.Sql})", token), await SumAsync(view.Name, token));
            if (facts != kept)
            {
                wrong.Add(view.Name);
            }
        }

        return wrong;
    }

    private async Task<string> SumAsync(string from, CancellationToken token)
    {
        var sum = await client.QueryAsync($"SELECT count(), {Publisher.ChecksumOf("*")} FROM {from}", token, AsReports);
        return string.Join(' ', sum.Rows[0].Select(v => v.ToString()));
    }

    private async Task FillAsync(ViewDefinition view, string table, FactChange change, CancellationToken token)
    {
        var partition = view.PartitionOf is { } of ? partitions[of] : "tuple()";
        // Nothing is added to it later, so that nothing is to be merged; a merge would cut dictionaries of texts short again.
        await client.ExecuteAsync(
            $"CREATE TABLE {table} ENGINE = MergeTree PARTITION BY {partition} ORDER BY ({string.Join(", ", view.Group)}) SETTINGS max_bytes_to_merge_at_max_space_in_pool = 1 EMPTY AS {view.Sql}",
            token,
            AsReports
        );
        if (view.PartitionOf is not null && before.GetValueOrDefault(view.Name) is { } last && await MeansTheSameAsync(last, token))
        {
            await FillChangedAsync(view, table, last, change, token);
        }
        else if (view.PartitionOf is { } fact)
        {
            await FillAsync(view, table, fact, await Partitions.OfAsync(client, fact, token), token);
        }
        else
        {
            await client.ExecuteAsync($"INSERT INTO {table} {Sorted(view)}", token, Filling("{}"));
        }

        await client.ExecuteAsync($"ALTER TABLE {table} MODIFY COMMENT '{definition}'", token);
    }

    // Views may have been changed since, and not been migrated.
    private async Task<bool> MeansTheSameAsync(string table, CancellationToken token)
    {
        var comment = await client.QueryAsync(
            "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
            token,
            QueryOptions.With(("table", table))
        );
        return comment.Texts.Contains(definition);
    }

    // What this load didn't change is linked, not computed.
    private async Task FillChangedAsync(ViewDefinition view, string table, string last, FactChange change, CancellationToken token)
    {
        var fact = view.PartitionOf!;
        var changed = change
            .Published.Where(p => p.StartsWith(fact + "/", StringComparison.Ordinal))
            .Select(p => p[(fact.Length + 1)..])
            .ToHashSet();
        var old = await Partitions.OfAsync(client, last, token);
        var grown = change.Added is not null && view.Group.Count > 0 ? old.Where(changed.Contains).ToList() : [];
        await Partitions.AttachAsync(client, last, table, old.Where(p => !changed.Contains(p)), token);
        if (grown.Count > 0)
        {
            // Also groups of rows that moved into another partition: each was added there.
            var group = string.Join(", ", view.Group);
            var touched = $"({group}) IN (SELECT {group} FROM {change.Added!(fact)})";
            // Copied: a DELETE of some rows takes ClickHouse seconds, however few they are.
            await InsertAsync(last, grown, $"SELECT * FROM {last} WHERE NOT ({touched})");
            await InsertAsync(fact, grown, $"SELECT * FROM ({view.Sql}) WHERE {touched}");
        }

        await FillAsync(view, table, fact, [.. changed.Except(grown)], token);

        Task InsertAsync(string of, IEnumerable<string> partitions, string select) =>
            client.ExecuteAsync($"INSERT INTO {table} {select}", token, Filling(of, partitions));
    }

    // So many rows at once: the server's memory stays flat, however many there are.
    private async Task FillAsync(ViewDefinition view, string table, string fact, IReadOnlyList<string> partitions, CancellationToken token)
    {
        var parts = await client.QueryAsync(
            "SELECT partition_id, toInt64(sum(rows)) FROM system.parts WHERE database = currentDatabase() AND table = {fact:String} AND active GROUP BY 1",
            token,
            QueryOptions.With(("fact", fact))
        );
        var rows = parts.Rows.ToDictionary(r => r[0].GetString()!, r => r[1].GetInt64());
        var (portion, size) = (new List<string>(), 0L);
        foreach (var partition in partitions)
        {
            if (portion.Count > 0 && size + rows.GetValueOrDefault(partition) > MostRowsAtOnce)
            {
                await InsertAsync();
            }

            portion.Add(partition);
            size += rows.GetValueOrDefault(partition);
        }

        await InsertAsync();

        async Task InsertAsync()
        {
            if (portion.Count > 0)
            {
                await client.ExecuteAsync($"INSERT INTO {table} {Sorted(view)}", token, Filling(fact, portion));
            }

            (portion, size) = ([], 0);
        }
    }

    // Whole blocks of one place of the key make few parts, and each part's texts are the same again and again.
    private static string Sorted(ViewDefinition view) =>
        view.Group.Count == 0 ? view.Sql : $"SELECT * FROM ({view.Sql}) ORDER BY {string.Join(", ", view.Group)}";

    private static QueryOptions Filling(string fact, IEnumerable<string> partitions)
    {
        var only = $"_partition_id IN ({Partitions.Listed(partitions)})";
        return Filling($"{{{SqlText.Quote(fact)}: {SqlText.Quote(only)}}}");
    }

    private static QueryOptions Filling(string filters) =>
        AsReports with
        {
            Settings = new Dictionary<string, string>(SharedSql.Settings)
            {
                ["async_insert"] = "0",
                // By itself a column's dictionary ends at 8192 texts, and GROUP BY looks at the others row by row; each part has its own.
                ["low_cardinality_max_dictionary_size"] = "1000000",
                ["max_insert_block_size"] = "2000000",
                ["min_insert_block_size_rows"] = "2000000",
                ["min_insert_block_size_bytes"] = "1000000000",
                ["max_bytes_before_external_sort"] = "1000000000",
                ["max_bytes_before_external_group_by"] = "1000000000",
                ["max_partitions_per_insert_block"] = "0",
                ["max_query_size"] = "4194304",
                ["additional_table_filters"] = filters,
            },
        };

    private async Task<List<(ViewDefinition View, string Table)>> KeptAsync(CancellationToken token)
    {
        if (views.Count == 0)
        {
            return [];
        }

        var found = await client.QueryAsync(
            $"SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND name IN ({string.Join(", ", views.Select(v => SqlText.Quote(v.Name)))})",
            token
        );
        var tables = found.Rows.ToDictionary(r => r[0].GetString()!, r => Kept().Match(r[1].GetString()!).Value);
        return [.. views.Where(v => tables.GetValueOrDefault(v.Name) is { Length: > 0 }).Select(v => (v, tables[v.Name]))];
    }

    /// <summary>Drops the rows that views kept before those that they keep now; readers are waited for.</summary>
    public async Task DropEarlierAsync(CancellationToken token)
    {
        foreach (var (view, _) in await KeptAsync(token))
        {
            await DropAllButAsync(1, view.Name, " SYNC", token);
        }
    }

    // What is kept now is the last one.
    private async Task DropAllButAsync(int last, string view, string how, CancellationToken token)
    {
        var tables = await client.QueryAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT name FROM system.tables WHERE database = currentDatabase() AND match(name, '^{Prefix}[0-9]+_{view}$') ORDER BY name DESC LIMIT 1000 OFFSET {last}"
            ),
            token
        );
        foreach (var table in tables.Texts)
        {
            await client.ExecuteAsync($"DROP TABLE IF EXISTS {table}{how}", token);
        }
    }

    [GeneratedRegex($@"\b{Prefix}[0-9]+_\w+")]
    private static partial Regex Kept();
}
