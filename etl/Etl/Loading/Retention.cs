using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>How long a fact's rows are kept.</summary>
/// <param name="Days">No row gets so many days old; null: they are kept for good.</param>
/// <param name="Before">All rows of days before it are gone; null: none are.</param>
internal sealed record Kept(int? Days, DateOnly? Before)
{
    /// <summary>
    /// The day before which rows have to go now: a day's rows go before the first of them is <see cref="Days"/> old, even where this is
    /// asked for again only a day later. Null: none have to.
    /// </summary>
    public DateOnly? Due(DateOnly today)
    {
        DateOnly? due = Days is { } days ? today.AddDays(2 - days) : null;
        return due is null || due < Before ? Before : due;
    }
}

/// <summary>Removes the rows of facts that aren't kept any longer, after the views that outlive them have summed them up.</summary>
/// <remarks>
/// For each fact: what its outliving views say of the days that go is put beside what they said of earlier ones; one line in the log
/// makes readers take it from there; then the rows are erased. Killed anywhere, the next attempt goes on, and no figure is another one
/// meanwhile. The lock keeps it apart from loads: a row that came between summing up and erasing would be lost.
/// </remarks>
internal sealed class Retention(IReadOnlyList<ClickHouseClient> nodes, TableEngines engines, Project project, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly QueryOptions AsReports = new()
    {
        Timeout = TimeSpan.FromHours(1),
        Settings = new Dictionary<string, string>(SharedSql.Settings)
        {
            ["async_insert"] = "0",
            ["insert_deduplicate"] = "0",
            ["max_partitions_per_insert_block"] = "0",
        },
    };

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>Those among <paramref name="facts"/> whose rows aren't kept for good, or of which some are gone.</summary>
    public async Task<IReadOnlyDictionary<string, Kept>> OfAsync(IEnumerable<FactDefinition> facts, CancellationToken token)
    {
        var log = await RetentionLog.ReadAsync(sql => nodes[0].QueryAsync(sql, token));
        return facts
            .Select(f => (f.Name, Kept: Of(f, log.GetValueOrDefault(f.Name, FactRetention.None))))
            .Where(f => f.Kept.Days is not null || f.Kept.Before is not null)
            .ToDictionary(f => f.Name, f => f.Kept);
    }

    /// <summary>How long a fact's rows are kept: as an operator set it, and never longer than was promised.</summary>
    public static Kept Of(FactDefinition fact, FactRetention log) => new(((int?[])[fact.RetainDays, log.SetDays]).Min(), log.Before);

    /// <summary>
    /// As <see cref="OfAsync"/>, of an extract's facts; and where there are any, what keeps loading and removing apart, as long as it isn't
    /// disposed of.
    /// </summary>
    /// <exception cref="WarehouseException">The other one went on for ten minutes.</exception>
    public async Task<(IReadOnlyDictionary<string, Kept> Kept, IAsyncDisposable? Held)> HoldAsync(
        ExtractDefinition extract,
        IReadOnlyList<FactDefinition> facts,
        CancellationToken token
    )
    {
        var kept = await OfAsync(facts, token);
        if (kept.Count == 0)
        {
            return (kept, null);
        }

        var held = await LockAsync(nodes[0], extract, token);
        try
        {
            await WarehouseNodes.CheckAsync(nodes, project, token);
            // Whoever held it may have removed more.
            return (await OfAsync(facts, token), held);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Keeps everybody from removing rows of an extract's facts, and from loading them where rows are removed.</summary>
    /// <exception cref="WarehouseException">Somebody else held it for ten minutes.</exception>
    public static async Task<IAsyncDisposable> LockAsync(ClickHouseClient first, ExtractDefinition extract, CancellationToken token) =>
        await QueryLock.TakeAsync(first, $"rows {first.Database} {extract.Name}", Patience, token)
        ?? throw new WarehouseException(
            $"{extract.Name}: a load, which also removes what is due, or a removal has been running for {Patience.TotalMinutes:0} min; run it again when that has ended"
        );

    /// <summary>The condition for the rows of days before <paramref name="before"/>.</summary>
    public static string Older(FactDefinition fact, DateOnly before) =>
        string.Create(CultureInfo.InvariantCulture, $"toDate32({fact.TimeColumn}) < toDate32('{before:yyyy-MM-dd}')");

    /// <summary>Removes rows of an extract's facts that are to be kept no longer, without a load: the source may be away.</summary>
    /// <returns>How many rows went, by fact; only facts that aren't kept for good.</returns>
    /// <exception cref="WarehouseException">The warehouse failed, or a load is half published; doing it again goes on.</exception>
    public async Task<IReadOnlyList<(string Fact, long Rows)>> RemoveAsync(ExtractDefinition extract, CancellationToken token)
    {
        var facts = project.Facts();
        IReadOnlyList<FactDefinition> own = [.. extract.Facts.Select(f => facts[f])];
        var removed = new List<(string, long)>();
        var (kept, held) = await HoldAsync(extract, own, token);
        await using var _ = held;
        if (held is null)
        {
            return removed;
        }

        var halves = await RunLedger.HalfLoadsAsync(sql => nodes[0].QueryAsync(sql, token));
        if (halves.FirstOrDefault(h => h.Extract == extract.Name) is { } half)
        {
            throw new WarehouseException(
                $"{extract.Name}: the load of {half.Since:yyyy-MM-dd HH:mm} UTC is half published, and what is summed up now would lack the rest — run `make extract EXTRACT={extract.Name}`, which also removes what is due"
            );
        }

        var run = await new RunLedger(nodes[0], time).NextRunAsync(token);
        var old = (ulong)(time.GetUtcNow().AddDays(-2) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        await Task.WhenAll(nodes.Select(n => new RunTables(n, engines, extract, own, [], run).DropBeforeAsync(old, token)));
        var views = KeptViews.Of(nodes, engines, project.ViewSet(), own);
        foreach (var fact in own.Where(f => kept.ContainsKey(f.Name)))
        {
            removed.Add((fact.Name, await RemoveAsync(fact, kept[fact.Name], views, run++, token)));
        }

        return removed;
    }

    /// <summary>Removes what is due of a load's facts, once it has published; that stays so, whatever becomes of this.</summary>
    /// <returns>What people should know; empty: nothing.</returns>
    public async Task<string> FollowAsync(
        IEnumerable<FactDefinition> facts,
        IReadOnlyDictionary<string, Kept> kept,
        IEnumerable<RunTables> tables,
        KeptViews views,
        ulong run
    )
    {
        var said = new List<string>();
        try
        {
            var late = (await Task.WhenAll(tables.Select(t => t.LateAsync(CancellationToken.None)))).SelectMany(l => l);
            said.AddRange(
                late.GroupBy(l => l.Fact)
                    .Select(l =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{l.Key}: {l.Sum(n => n.Rows)} rows came after retention had removed their days (those before {kept[l.Key].Before:yyyy-MM-dd}), so no figure has them"
                        )
                    )
            );
            foreach (var fact in facts.Where(f => kept.ContainsKey(f.Name)))
            {
                await RemoveAsync(fact, kept[fact.Name], views, run++, CancellationToken.None);
            }
        }
        catch (WarehouseException e)
        {
            said.Add(
                $"rows that are to be kept no longer could not be removed: {e.Message} — run the load again, or `make retention REMOVE=1`"
            );
        }

        return string.Join("; ", said);
    }

    // The caller holds the lock. Where a node fails, doing it again goes on.
    private async Task<long> RemoveAsync(FactDefinition fact, Kept kept, KeptViews views, ulong run, CancellationToken token)
    {
        if (kept.Due(Today) is not { } due)
        {
            return 0;
        }

        var older = Older(fact, due);
        var changes = new List<(ClickHouseClient Node, List<PartitionChange> Changes)>();
        foreach (var node in nodes)
        {
            changes.Add((node, await Erasure.FindAsync(node, fact, older, token)));
        }

        var rows = changes.Sum(n => n.Changes.Sum(c => c.RowsBefore - c.RowsAfter));
        if (rows == 0)
        {
            return 0;
        }

        if (kept.Before is null || due > kept.Before)
        {
            await SumUpAsync(fact, kept.Before, due, token);
            await RetentionLog.NoteRemovedAsync(nodes[0], fact.Name, due, rows, token);
        }

        await views.LetGoAsync(trusts: true, token);
        foreach (var (node, of) in changes)
        {
            await Erasure.EraseAsync(node, fact, older, of, run, token);
        }

        // What a load says of views whose rows it could not keep, it says again.
        _ = await views.KeepAsync(
            run,
            new FactChange([.. changes.SelectMany(n => n.Changes).Select(c => $"{c.Fact}/{c.Partition}")], null),
            token
        );
        return rows;
    }

    // Of an attempt that was killed there may be sums which nobody has read.
    private async Task SumUpAsync(FactDefinition fact, DateOnly? since, DateOnly before, CancellationToken token)
    {
        foreach (var view in project.Views().Where(v => v.OutlivedFact == fact.Name))
        {
            var from = string.Create(
                CultureInfo.InvariantCulture,
                $"toDate32({view.OutlivedBy}) >= toDate32('{since ?? new DateOnly(1900, 1, 1):yyyy-MM-dd}')"
            );
            foreach (var node in nodes)
            {
                if ((await node.QueryAsync($"SELECT count() FROM {view.PastTable} WHERE {from}", token)).Scalar.GetInt64() > 0)
                {
                    await node.ExecuteAsync($"ALTER TABLE {view.PastTable} DELETE WHERE {from}", token, Erasure.Options);
                }

                await node.ExecuteAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"INSERT INTO {view.PastTable} SELECT * FROM (\n{view.Sql}\n) WHERE {from} AND toDate32({view.OutlivedBy}) < toDate32('{before:yyyy-MM-dd}')"
                    ),
                    token,
                    AsReports
                );
            }
        }
    }
}
