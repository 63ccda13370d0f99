using System.Globalization;
using System.Text.RegularExpressions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>Keeps the rows of small views that reports ask for again and again (<c>kept: true</c> in a view's header).</summary>
/// <remarks>
/// A view reads either its facts, or a table of what it said of them. A load that changes one of its facts first has it read the facts,
/// then publishes, then keeps its rows anew. Killed at any moment, the view says the truth, if more slowly, and the next load goes on:
/// what is kept is never another truth. Only the loads of one extract change a view's facts, and the extract's lock lets in one of them.
/// </remarks>
internal sealed partial class KeptViews(ClickHouseClient client, IReadOnlyList<ViewDefinition> views)
{
    /// <summary>What the name of every table of kept rows begins with; the run and the view's name follow.</summary>
    public const string Prefix = "_kept_";

    private static readonly QueryOptions AsReports = new() { Settings = SharedSql.Settings };

    /// <summary>Those of all views whose facts are all among <paramref name="facts"/>.</summary>
    /// <param name="client">The node.</param>
    /// <param name="inOrder">All views, each after those that it reads.</param>
    /// <param name="facts">An extract's facts.</param>
    public static KeptViews Of(ClickHouseClient client, IReadOnlyList<ViewDefinition> inOrder, IReadOnlyCollection<string> facts)
    {
        var (bodies, own) = (Views.Bodies(inOrder), facts.ToHashSet(StringComparer.Ordinal));
        // A fact of another extract isn't among these, but stands in the SELECT: `make check` refuses such a view.
        return new KeptViews(client, [.. inOrder.Where(v => v.Kept && Views.FactsOf(v.Body, bodies, own).Count > 0)]);
    }

    /// <summary>Has the views read their facts, which are about to change.</summary>
    public async Task LetGoAsync(CancellationToken token)
    {
        foreach (var view in await KeptAsync(token))
        {
            await client.ExecuteAsync(view.Create, token);
        }
    }

    /// <summary>Keeps the rows of those that read their facts. What a reader may be reading still, stays until the next load.</summary>
    /// <returns>Why some aren't kept, for people; empty: all are. They read their facts, so nothing is wrong but their speed.</returns>
    public async Task<string> KeepAsync(ulong run, CancellationToken token)
    {
        var doing = "";
        try
        {
            var kept = await KeptAsync(token);
            foreach (var view in views.Except(kept))
            {
                doing = view.Name;
                var table = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{run}_{view.Name}");
                await client.ExecuteAsync($"CREATE TABLE {table} ENGINE = MergeTree ORDER BY tuple() AS {view.Sql}", token, AsReports);
                await client.ExecuteAsync($"CREATE OR REPLACE VIEW {view.Name} AS SELECT * FROM {table}", token);
                await DropAllButLastAsync(view.Name, token);
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
        foreach (var view in await KeptAsync(token))
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

    private async Task<List<ViewDefinition>> KeptAsync(CancellationToken token)
    {
        if (views.Count == 0)
        {
            return [];
        }

        var found = await client.QueryAsync(
            $"SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND name IN ({string.Join(", ", views.Select(v => SqlText.Quote(v.Name)))})",
            token
        );
        return [.. views.Where(v => found.Rows.Any(r => r[0].GetString() == v.Name && Kept().IsMatch(r[1].GetString()!)))];
    }

    private async Task DropAllButLastAsync(string view, CancellationToken token)
    {
        var tables = await client.QueryAsync(
            $"SELECT name FROM system.tables WHERE database = currentDatabase() AND match(name, '^{Prefix}[0-9]+_{view}$') ORDER BY name DESC LIMIT 1000 OFFSET 2",
            token
        );
        foreach (var table in tables.Rows)
        {
            await client.ExecuteAsync($"DROP TABLE IF EXISTS {table[0].GetString()}", token);
        }
    }

    [GeneratedRegex($@"\b{Prefix}[0-9]+_")]
    private static partial Regex Kept();
}
