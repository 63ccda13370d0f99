using System.Globalization;
using Etl.Source;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>Rows of a fact that move from one node to another, or would.</summary>
internal sealed record MovedShare(string Fact, int From, int To, long Rows);

/// <summary>Gives nodes that are new their share of a warehouse's rows: whole sites move there.</summary>
/// <remarks>
/// Meanwhile the nodes say so themselves, so that nothing is loaded and no report answered. A site's rows are copied, compared on both
/// nodes, and only then erased on the old one. A row that is copied twice collapses on its key: killed anywhere, the next attempt goes on.
/// </remarks>
internal sealed class Rebalance(IConfiguration configuration, Project project, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan ReportsEnd = TimeSpan.FromMinutes(2);

    private static readonly QueryOptions Copying = new()
    {
        Timeout = TimeSpan.FromDays(1),
        Settings = new Dictionary<string, string>
        {
            ["async_insert"] = "0",
            ["insert_deduplicate"] = "0",
            ["max_partitions_per_insert_block"] = "0",
            ["max_execution_time"] = "0",
        },
    };

    private readonly WarehouseOptions options = WarehouseOptions.Read(configuration);
    private readonly List<ClickHouseClient> nodes = [];
    private readonly List<IAsyncDisposable> held = [];

    /// <summary>Moves what has to move, or only counts it.</summary>
    /// <param name="dryRun">Whether it only counts.</param>
    /// <param name="progress">Is told what was moved.</param>
    /// <param name="token">Cancels it; doing it again goes on.</param>
    /// <returns>What moved, or would.</returns>
    /// <exception cref="UserException">The nodes can't be these ones, a load is running or half published, or a server failed.</exception>
    public async Task<IReadOnlyList<MovedShare>> RunAsync(bool dryRun, Action<MovedShare> progress, CancellationToken token)
    {
        nodes.AddRange(ClickHouseClient.OfNodes(options));
        var before = await CountBeforeAsync(token);
        if (before == nodes.Count)
        {
            return [];
        }

        var extracts = project.Extracts();
        var facts = project.Facts();
        var shares = new List<(FactDefinition Fact, Func<int, string> Node, string Column)>();
        foreach (var extract in extracts)
        {
            shares.AddRange(await HoldAsync(extract, [.. extract.Facts.Select(f => facts[f])], token));
        }

        // All are looked at before the first row moves.
        var going = new List<(Share Share, IReadOnlyList<int> To)>();
        foreach (var (fact, node, column) in shares)
        {
            for (var i = 0; i < nodes.Count; i++)
            {
                var share = new Share(fact.Name, column, node(before), node(nodes.Count), i);
                going.Add((share, await TargetsAsync(share, token)));
            }
        }

        if (!dryRun)
        {
            await BeginAsync(before, token);
        }

        var moved = new List<MovedShare>();
        foreach (var (share, to) in going.Where(g => g.To.Count > 0))
        {
            moved.AddRange(await MoveAsync(share, to, dryRun, progress, token));
        }

        if (!dryRun)
        {
            await EndAsync([.. facts.Keys], token);
        }

        return moved;
    }

    /// <summary>Lets others load and remove again.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(held.Select(h => h.DisposeAsync().AsTask()));
        nodes.ForEach(n => n.Dispose());
    }

    // How many nodes have rows by now. The others are behind them, and have nothing.
    private async Task<int> CountBeforeAsync(CancellationToken token)
    {
        var places = new List<NodePlace?>();
        foreach (var node in nodes)
        {
            // What is new has no tables.
            await new Migrator(node, project, TableEngines.Read(configuration)).ApplyAsync(_ => { }, token);
            places.Add(await WarehouseNodes.PlaceAsync(node, token));
        }

        var before = places[0] switch
        {
            null when await WarehouseNodes.HasRunsAsync(nodes[0], token) => 1,
            null => throw new WarehouseException($"{nodes[0].Url.Authority} holds no warehouse; run `make migrate`"),
            { MovingFrom: > 0 } moving => moving.MovingFrom,
            var first => first.Nodes,
        };
        if (before > nodes.Count || (places[0] is { MovingFrom: > 0 } and var already && already.Nodes != nodes.Count))
        {
            throw new WarehouseException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{nodes[0].Url.Authority} is one of {Math.Max(before, places[0]!.Nodes)} nodes, and Warehouse__Url has {nodes.Count}: name all of them, the new ones last; fewer nodes need a database of their own (Warehouse__Database), loaded from the sources"
                )
            );
        }

        foreach (var (i, place) in places.Index())
        {
            var isSound =
                place is null ? i >= before || before == 1
                : place.MovingFrom > 0 ? place == new NodePlace(i + 1, nodes.Count, before)
                // Killed at the very end, or at the very beginning.
                : place == new NodePlace(i + 1, nodes.Count) || (i < before && place == new NodePlace(i + 1, before));
            if (!isSound || (i >= before && place is null && await WarehouseNodes.HasRunsAsync(nodes[i], token)))
            {
                throw new WarehouseException(
                    $"{nodes[i].Url.Authority} holds rows of another warehouse, or is another node of this one: name the {before} nodes in their order, and behind them servers whose database {options.Database} is empty"
                );
            }
        }

        return before;
    }

    // Keeps loads and removals away, and asks the source by what its rows are dealt out.
    private async Task<List<(FactDefinition Fact, Func<int, string> Node, string Column)>> HoldAsync(
        ExtractDefinition extract,
        IReadOnlyList<FactDefinition> facts,
        CancellationToken token
    )
    {
        if (configuration.GetConnectionString(extract.Source) is null)
        {
            foreach (var fact in facts)
            {
                foreach (var node in nodes)
                {
                    if ((await node.QueryAsync($"SELECT count() FROM {fact.Name}", token)).Scalar.GetInt64() > 0)
                    {
                        throw new WarehouseException(
                            $"{fact.Name} has rows, and its source has to be held and asked meanwhile: set ConnectionStrings__{extract.Source}"
                        );
                    }
                }
            }

            return [];
        }

        var one = await HeldExtract.TakeAsync(configuration, nodes[0], extract, token);
        held.Add(one);
        var source = (await one.Replica.DescribeAsync(extract, token)).First(c => c.Name == (extract.ShardBy ?? extract.Key[0]));
        return
        [
            .. facts.Select(fact =>
            {
                var column =
                    fact.Columns.ContainsKey(source.Name) ? source.Name
                    : fact.SiteColumn is { } site ? site
                    : throw new DefinitionException(
                        fact.Path,
                        0,
                        $"none of its columns is {source.Name} or `identifies: site`, so its rows can't be dealt out"
                    );
                return (fact, (Func<int, string>)NodeOf, column);

                string NodeOf(int count) =>
                    Shards.Sql(column, source.PostgresType, source.IsNullable, count)
                    ?? throw new DefinitionException(
                        extract.Path,
                        0,
                        $"rows that were dealt out by {source.Name}, which is of the type {source.PostgresType}, can't be dealt out anew"
                    );
            }),
        ];
    }

    // Where the rows that a node has of a fact go. What lies elsewhere than its column leads to would be lost on the way, or stay behind.
    private async Task<IReadOnlyList<int>> TargetsAsync(Share share, CancellationToken token)
    {
        var node = nodes[share.From];
        // What an attempt that was killed had begun to erase, the server goes on erasing.
        while (
            (
                await node.QueryAsync(
                    $"SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = '{share.Fact}' AND NOT is_done AND latest_fail_reason = ''",
                    token
                )
            ).Scalar.GetInt64() > 0
        )
        {
            await Task.Delay(200, token);
        }

        var found = await node.QueryAsync(
            $"SELECT toInt32({share.Before}) AS before, toInt32({share.After}) AS after, toString(any({share.Column})) FROM (SELECT DISTINCT {share.Column} FROM {share.Fact}) GROUP BY before, after",
            token
        );
        var places = found.Rows.Select(r => (Before: r[0].GetInt32(), After: r[1].GetInt32(), Example: r[2].GetString())).ToList();
        foreach (var (_, _, example) in places.Where(p => p.Before != share.From && p.After != share.From))
        {
            throw new WarehouseException(
                $"{node.Url.Authority} has rows of {share.Fact} that belong to another node, those of {share.Column} '{example}' among them: nothing was moved — load the warehouse into a database of its own (Warehouse__Database)"
            );
        }

        return [.. places.Select(p => p.After).Where(to => to != share.From).Order()];
    }

    private async Task BeginAsync(int before, CancellationToken token)
    {
        if (await RunLedger.HalfLoadsAsync(sql => nodes[0].QueryAsync(sql, token)) is [var half, ..])
        {
            throw new WarehouseException(
                $"the last load of {half.Extract} is half published: run `make extract EXTRACT={half.Extract}` first"
            );
        }

        // The database that reports will read: it isn't asked before all is done, and there is none of a cluster that can't be.
        await WarehouseNodes.ShowAsync(options, project, token);
        foreach (var (number, node) in nodes.Index())
        {
            await WarehouseNodes.TellAsync(node, new NodePlace(number + 1, nodes.Count, before), token);
        }

        await ForgottenSites.CopyAsync(nodes, token);
        // Whoever asks now is refused; who asked before is waited for.
        var began = time.GetTimestamp();
        while (await AskedBeforeAsync(nodes[0], time.GetElapsedTime(began), token))
        {
            if (time.GetElapsedTime(began) > ReportsEnd)
            {
                throw new WarehouseException(
                    $"a report has been running for {ReportsEnd.TotalMinutes:0} min; run it again when that has ended"
                );
            }

            await Task.Delay(100, token);
        }
    }

    private async Task<bool> AskedBeforeAsync(ClickHouseClient node, TimeSpan since, CancellationToken token) =>
        (
            await node.QueryAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT count() FROM system.processes WHERE current_database IN ('{options.Database}', '{options.Database}_all') AND query_kind = 'Select' AND query NOT LIKE '%sleepEachRow%' AND elapsed >= {since.TotalSeconds:0.###}"
                ),
                token
            )
        ).Scalar.GetInt64() > 0;

    private async Task<List<MovedShare>> MoveAsync(
        Share share,
        IReadOnlyList<int> targets,
        bool dryRun,
        Action<MovedShare> progress,
        CancellationToken token
    )
    {
        var (source, moved) = (nodes[share.From], new List<MovedShare>());
        foreach (var to in targets)
        {
            var there = await CountAsync(source, share, to, token);
            if (!dryRun)
            {
                await nodes[to]
                    .InsertAsync(
                        $"INSERT INTO {share.Fact} FORMAT Native",
                        (stream, t) =>
                            source.CopyToAsync($"SELECT * FROM {share.Fact} FINAL WHERE {share.Goes(to)}", "Native", stream, t, Copying),
                        token,
                        Copying
                    );
                var here = await CountAsync(nodes[to], share, to, token);
                if (here != there)
                {
                    throw new WarehouseException(
                        $"{share.Fact}: {there.Rows} rows were copied from {source.Url.Authority} to {nodes[to].Url.Authority}, and {here.Rows} lie there, or other ones; nothing was erased"
                    );
                }
            }

            moved.Add(new MovedShare(share.Fact, share.From + 1, to + 1, there.Rows));
            progress(moved[^1]);
        }

        if (!dryRun)
        {
            await source.ExecuteAsync($"ALTER TABLE {share.Fact} DELETE WHERE {share.Leaves}", token, Erasure.Options);
        }

        return moved;
    }

    private static async Task<(long Rows, string Sum)> CountAsync(ClickHouseClient node, Share share, int to, CancellationToken token)
    {
        var found = await node.QueryAsync(
            $"SELECT count(), toString(sum(cityHash64(*))) FROM {share.Fact} FINAL WHERE {share.Goes(to)}",
            token,
            Copying
        );
        return (found.Rows[0][0].GetInt64(), found.Rows[0][1].GetString() ?? "");
    }

    // The first node last: reports ask it.
    private async Task EndAsync(IReadOnlyList<string> facts, CancellationToken token)
    {
        var run = await new RunLedger(nodes[0], time).NextRunAsync(token);
        foreach (var node in nodes)
        {
            await new PartitionCounts(node, facts, run).NoteAllAsync(token);
        }

        foreach (var (number, node) in Enumerable.Reverse(nodes.Index()))
        {
            await WarehouseNodes.TellAsync(node, new NodePlace(number + 1, nodes.Count), token);
        }
    }

    /// <summary>What a node has of a fact.</summary>
    /// <param name="Fact">The fact.</param>
    /// <param name="Column">By which its rows are dealt out.</param>
    /// <param name="Before">The SQL for the node, from 0, that had a row.</param>
    /// <param name="After">The SQL for the node that gets it.</param>
    /// <param name="From">The node.</param>
    private sealed record Share(string Fact, string Column, string Before, string After, int From)
    {
        /// <summary>The condition for its rows that belong to another node.</summary>
        public string Leaves => Of(string.Create(CultureInfo.InvariantCulture, $"{Before} = {From} AND {After} != {From}"));

        /// <summary>The condition for its rows that belong to that node, here and there.</summary>
        public string Goes(int to) => Of(string.Create(CultureInfo.InvariantCulture, $"{Before} = {From} AND {After} = {to}"));

        // Each value is looked at once: there are far fewer sites than rows.
        private string Of(string condition) =>
            $"{Column} IN (SELECT {Column} FROM (SELECT DISTINCT {Column} FROM {Fact}) WHERE {condition})";
    }
}
