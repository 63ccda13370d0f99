using System.Collections.Concurrent;
using System.Text.Json;
using SourceSql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Runs;

namespace Reports.Running;

/// <summary>How far data reaches.</summary>
/// <param name="At">The sources had been read up to then; null: one of them never was.</param>
/// <param name="Extract">The extract that is furthest behind; empty: none is needed.</param>
internal sealed record DataReach(DateTimeOffset? At, string Extract);

/// <summary>When each fact was last loaded, and which facts a statement reads.</summary>
internal sealed class FactLoads(
    IReadOnlyList<FactLoad> loads,
    IReadOnlyList<HalfLoad> halves,
    IReadOnlyDictionary<string, string> views,
    IReadOnlySet<string> facts,
    IReadOnlySet<string> extracts,
    IReadOnlyDictionary<string, DateOnly>? gone = null,
    IReadOnlySet<string>? outliving = null,
    IReadOnlyList<string>? down = null,
    IReadOnlyDictionary<string, DateTimeOffset>? erased = null
)
{
    /// <summary>When anything was last loaded; null: nothing was.</summary>
    public DateTimeOffset? Latest => loads.Max(l => (DateTimeOffset?)l.Finished);

    /// <summary>Reads the ledger, and the views' texts from their files.</summary>
    /// <param name="client">The warehouse.</param>
    /// <param name="project">Whose views they are.</param>
    /// <param name="down">The nodes that don't answer, and whose rows answers are to be without.</param>
    /// <param name="query">The settings of reports.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="WarehouseException">There is no ledger (the hint says what to run), or the account may not read it.</exception>
    public static async Task<FactLoads> ReadAsync(
        ClickHouseClient client,
        Project project,
        IReadOnlyList<string> down,
        QueryOptions query,
        CancellationToken token
    )
    {
        var halves = await RunLedger.HalfLoadsAsync(sql => client.QueryAsync(sql, token, query));
        var loaded = await RunLedger.FactLoadsAsync(sql => client.QueryAsync(sql, token, query));
        var retention = await RetentionLog.ReadAsync(sql => client.QueryAsync(sql, token, query));
        var views = project.Views();
        return new FactLoads(
            loaded,
            halves,
            // As the files have them: what the warehouse says of a view whose rows are kept names a table and no fact.
            Views.Bodies(views),
            project.FactNames(),
            project.ExtractNames(),
            retention.Where(r => r.Value.Before is not null).ToDictionary(r => r.Key, r => r.Value.Before!.Value),
            views.Where(v => v.Outlives is not null).Select(v => v.Name).ToHashSet(StringComparer.Ordinal),
            down,
            retention.Where(r => r.Value.ErasedAt is not null).ToDictionary(r => r.Key, r => r.Value.ErasedAt!.Value)
        );
    }

    // A list of all reports asks for each of them, and many readers ask for that.
    private readonly ConcurrentDictionary<string, Freshness> known = [];

    /// <summary>The age of the data that a statement reads.</summary>
    public Freshness Of(string sql) => known.GetOrAdd(sql, Look);

    private Freshness Look(string sql)
    {
        var named = Views.FactsOf(sql, views, facts);
        var ofThese = loads.Where(l => named.Contains(l.Fact)).ToList();
        var half = halves.Where(h => h.Facts.Any(named.Contains)).ToList();
        var missing = Gone(sql).Select(f => (Fact: f, Before: gone![f])).OrderBy(f => f.Fact, StringComparer.Ordinal).ToList();
        var latest = ofThese.GroupBy(l => l.Fact).ToDictionary(g => g.Key, g => g.Max(l => l.Finished));
        var published = ofThese.GroupBy(l => l.Fact).ToDictionary(g => g.Key, g => g.Max(l => l.Published));
        return new Freshness(latest.Count > 0 ? latest.Values.Min() : null, [.. named], [.. named.Where(f => !latest.ContainsKey(f))])
        {
            Stamp = string.Join(
                ' ',
                [
                    .. named.Select(f => $"{f}@{(published.TryGetValue(f, out var at) ? at.ToUnixTimeMilliseconds() : 0)}"),
                    .. missing.Select(m => $"{m.Fact}-{m.Before.DayNumber}"),
                    .. half.Select(h => $"{h.Extract}@{h.Since.ToUnixTimeMilliseconds()}-{h.GoesOn}"),
                    .. named.Where(f => erased?.ContainsKey(f) == true).Select(f => $"{f}!{erased![f].ToUnixTimeMilliseconds()}"),
                    .. (down ?? []).Select(d => $"without {d}"),
                ]
            ),
            Half = half,
            Gone = missing,
            Down = named.Count > 0 ? down ?? [] : [],
        };
    }

    // Facts whose rows it misses: what a view says that outlives them, it has.
    private IEnumerable<string> Gone(string sql) =>
        gone is { Count: > 0 }
            ? Views
                .FactsOf(sql, views.Where(v => outliving?.Contains(v.Key) != true).ToDictionary(v => v.Key, v => v.Value), facts)
                .Where(gone.ContainsKey)
            : [];

    /// <summary>How far the data of facts reaches: as far as the last load of whichever of their extracts is furthest behind.</summary>
    public DataReach ReachOf(IEnumerable<string> named)
    {
        // An extract that was renamed or taken away stays in the ledger, and would hold everything back for ever.
        var behind = named
            .SelectMany(fact =>
                loads.Where(l => l.Fact == fact && extracts.Contains(l.Extract)).DefaultIfEmpty(new FactLoad(fact, fact, default, null))
            )
            // Half a load is none.
            .Select(l => halves.Any(h => h.Extract == l.Extract) ? l with { Read = null } : l)
            .OrderBy(l => l.Read ?? DateTimeOffset.MinValue)
            .FirstOrDefault();
        return behind is null ? new DataReach(DateTimeOffset.MaxValue, "") : new DataReach(behind.Read, behind.Extract);
    }
}
