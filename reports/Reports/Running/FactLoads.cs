using System.Collections.Concurrent;
using System.Globalization;
using Reports.Definitions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Reports.Running;

/// <summary>When each fact was last loaded, and which facts a statement reads.</summary>
internal sealed class FactLoads(IReadOnlyDictionary<string, DateTimeOffset> loads, IReadOnlyDictionary<string, string> views, IReadOnlySet<string> facts)
{
    /// <summary>Reads the ledger and the views' texts.</summary>
    /// <exception cref="WarehouseException">There is no ledger (the hint says what to run), or the account may not read it.</exception>
    public static async Task<FactLoads> ReadAsync(ClickHouseClient client, QueryOptions query, CancellationToken token)
    {
        var loaded = await client.QueryAsync(
            """
            SELECT fact, toUnixTimestamp64Milli(max(assumeNotNull(finished_at))) AS loaded_at
            FROM etl_run
            ARRAY JOIN facts AS fact
            WHERE outcome = 'published' AND finished_at IS NOT NULL
            GROUP BY fact
            ORDER BY fact
            """, token, query).ConfigureAwait(false);
        var views = await client.QueryAsync(
            "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND as_select != '' ORDER BY name", token, query).ConfigureAwait(false);
        return new FactLoads(
            loaded.Rows.ToDictionary(r => r[0].GetString()!, r => DateTimeOffset.FromUnixTimeMilliseconds(r[1].GetInt64())),
            views.Rows.ToDictionary(r => r[0].GetString()!, r => r[1].GetString()!),
            Directory.EnumerateFiles(ProjectFolder.Combine("warehouse-sql", "facts"), "*.sql").Select(f => Path.GetFileNameWithoutExtension(f)!).ToHashSet(StringComparer.Ordinal));
    }

    // A list of all reports asks for each of them, and many readers ask for that.
    private readonly ConcurrentDictionary<string, Freshness> known = [];

    /// <summary>The age of the data that a statement reads.</summary>
    public Freshness Of(string sql) => known.GetOrAdd(sql, Look);

    private Freshness Look(string sql)
    {
        var named = new SortedSet<string>(StringComparer.Ordinal);
        Collect(sql, named, []);
        var at = named.Where(loads.ContainsKey).Select(f => loads[f]).ToList();
        return new Freshness(at.Count > 0 ? at.Min() : null, [.. named], [.. named.Where(f => !loads.ContainsKey(f))])
        {
            Stamp = string.Join(' ', named.Select(f => $"{f}@{(loads.TryGetValue(f, out var loaded) ? loaded.ToUnixTimeMilliseconds() : 0)}")),
        };
    }

    // Views may stand on views; each is followed once.
    private void Collect(string sql, SortedSet<string> named, HashSet<string> followed)
    {
        foreach (var name in SqlParameters.Identifiers(sql))
        {
            if (facts.Contains(name))
            {
                named.Add(name);
            }
            else if (views.TryGetValue(name, out var text) && followed.Add(name))
            {
                Collect(text, named, followed);
            }
        }
    }
}
