using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace WarehouseSql.Migrations;

/// <summary>Which of a warehouse's nodes one is.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Nodes">How many there are.</param>
/// <param name="MovingFrom">While rows are moved to so many nodes: how many there were. Else 0.</param>
public sealed record NodePlace(int Number, int Nodes, int MovingFrom = 0);

/// <summary>The nodes of a warehouse, each with its share of the rows.</summary>
public static class WarehouseNodes
{
    // Beside the facts, each node has its own rows of it.
    private const string Quarantine = "etl_quarantine";

    private const int UnknownColumn = 47;

    // The nodes that answer say their number in it.
    private const string Present = Spread + "etl_node";

    // What a server is known by; each of them may be the same for several.
    private const string Server = "concat(hostName(), ':', toString(tcpPort()), ' ', toString(serverUUID()))";

    // What the name of a distributed table begins with; the fact's follows.
    private const string Spread = "spread_";

    /// <summary>
    /// Brings every node up to date. Where there are several, the first one also has the database that reports read: each fact is a view
    /// of a <c>Distributed</c> table over the nodes' shares of it, the project's views stand over those, and the ledgers, which lie on the
    /// first node alone, are shown as they are.
    /// </summary>
    /// <remarks>
    /// The views between reports and distributed tables keep ClickHouse from handing whole statements to the nodes: these send the columns
    /// that are asked for, each key's last row, and the first node does the rest. Handed over whole, statements failed
    /// (<c>aggregate_functions_null_for_empty</c>, IN within IN), ended the server, or would have joined facts that lie on different nodes.
    /// </remarks>
    /// <param name="options">Where the nodes are.</param>
    /// <param name="project">The project whose <c>warehouse-sql/</c> is meant.</param>
    /// <param name="engines">What the placeholders of table engines stand for.</param>
    /// <param name="progress">Is told each migration.</param>
    /// <param name="token">Cancels it.</param>
    /// <returns>The names of the migrations that this call applied, node by node.</returns>
    /// <exception cref="DefinitionException">As <see cref="Migrator.ApplyAsync"/>.</exception>
    /// <exception cref="WarehouseException">
    /// A node failed, is another one of the warehouse than it is taken for, or the cluster isn't made of these nodes.
    /// </exception>
    public static async Task<IReadOnlyList<(Uri Node, IReadOnlyList<string> Applied)>> MigrateAsync(
        WarehouseOptions options,
        Project project,
        TableEngines engines,
        Action<string> progress,
        CancellationToken token
    )
    {
        var done = new List<(Uri, IReadOnlyList<string>)>();
        foreach (var (number, url) in options.Nodes.Index())
        {
            using var node = new ClickHouseClient(options, url);
            var applied = await new Migrator(node, project, engines).ApplyAsync(progress, token);
            await TakePlaceAsync(node, number + 1, options, token);
            done.Add((url, applied));
        }

        await ShowAsync(options, project, token);
        return done;
    }

    /// <summary>
    /// Where there are several nodes, makes the database that reports read, once it is sure that the cluster is made of them.
    /// </summary>
    /// <exception cref="WarehouseException">A node failed, or the cluster is made of other servers.</exception>
    public static async Task ShowAsync(WarehouseOptions options, Project project, CancellationToken token)
    {
        if (options.Nodes.Count > 1)
        {
            await CheckClusterAsync(options, token);
            using var first = new ClickHouseClient(options);
            await ShowWholeAsync(first, options, project, token);
        }
    }

    /// <summary>
    /// Makes sure that each node is the one of the warehouse that it is taken for, that rows aren't being moved between them, and that no
    /// newer version of the project has changed them.
    /// </summary>
    /// <param name="nodes">All of them, in their order.</param>
    /// <param name="project">The project whose <c>warehouse-sql/</c> is meant.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="WarehouseException">
    /// One is another one, the warehouse has never been migrated with so many nodes, or it knows a migration that isn't here.
    /// </exception>
    public static Task CheckAsync(IReadOnlyList<ClickHouseClient> nodes, Project project, CancellationToken token) =>
        Task.WhenAll(nodes.Select((n, i) => CheckAsync(n, i + 1, nodes.Count, project, token)));

    /// <summary>As <see cref="CheckAsync(IReadOnlyList{ClickHouseClient}, Project, CancellationToken)"/>, of one.</summary>
    /// <param name="node">The node, with any database of the warehouse.</param>
    /// <param name="number">Its place in Warehouse__Url, from 1.</param>
    /// <param name="nodes">How many stand there.</param>
    /// <param name="project">The project whose <c>warehouse-sql/</c> is meant.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="WarehouseException">As there.</exception>
    public static async Task CheckAsync(ClickHouseClient node, int number, int nodes, Project project, CancellationToken token)
    {
        var (place, newest) = await LookAsync(node, token);
        if (place is { MovingFrom: > 0 } || (place != new NodePlace(number, nodes) && (place is not null || nodes > 1)))
        {
            throw Misplaced(node, place, number, nodes);
        }

        // Who only reads reports may have no migrations beside them.
        var folder = MigrationFile.FolderIn(project);
        if (Directory.Exists(folder) && MigrationFile.ReadAll(folder) is [.., var known] && newest.Number > known.Number)
        {
            throw new WarehouseException(
                $"the warehouse has migration {newest.Name}, and this version of the project knows none after {known.Name}: update it"
            );
        }
    }

    /// <summary>Which node it is; null where it has never been told.</summary>
    /// <exception cref="WarehouseException">The node failed, or its warehouse is older than this version.</exception>
    public static async Task<NodePlace?> PlaceAsync(ClickHouseClient node, CancellationToken token) => (await LookAsync(node, token)).Place;

    /// <summary>The nodes that don't answer, by their addresses: reports without their rows would lack them.</summary>
    /// <param name="whole">The first node, with the database that has the rows of all of them.</param>
    /// <param name="query">The settings of reports.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="WarehouseException">The first node failed.</exception>
    public static async Task<IReadOnlyList<string>> DownAsync(ClickHouseClient whole, QueryOptions query, CancellationToken token)
    {
        if (whole.Nodes == 1)
        {
            return [];
        }

        var found = await whole.QueryAsync($"SELECT DISTINCT toInt32(number) FROM {Present}", token, WithoutDownNodes(query));
        var present = found.Rows.Select(r => r[0].GetInt32()).ToHashSet();
        return [.. whole.NodeUrls.Where((_, i) => !present.Contains(i + 1)).Select(u => u.Authority)];
    }

    /// <summary>Has a statement leave out nodes that don't answer, where it would fail else.</summary>
    public static QueryOptions WithoutDownNodes(QueryOptions query) =>
        query with
        {
            Settings = new Dictionary<string, string>(query.Settings) { ["skip_unavailable_shards"] = "1" },
        };

    /// <summary>Tells a node which one it is.</summary>
    /// <exception cref="WarehouseException">The node failed.</exception>
    public static Task TellAsync(ClickHouseClient node, NodePlace place, CancellationToken token) =>
        node.ExecuteAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"INSERT INTO etl_node (number, nodes, moving_from) SETTINGS async_insert = 0, insert_deduplicate = 0 VALUES ({place.Number}, {place.Nodes}, {place.MovingFrom})"
            ),
            token
        );

    /// <summary>Whether anything was ever loaded by way of this node.</summary>
    /// <exception cref="WarehouseException">The node failed.</exception>
    public static async Task<bool> HasRunsAsync(ClickHouseClient node, CancellationToken token) =>
        (await node.QueryAsync("SELECT count() FROM etl_run", token)).Scalar.GetInt64() > 0;

    // In one statement: each load and each report asks it.
    private static async Task<(NodePlace? Place, (int Number, string? Name) Newest)> LookAsync(
        ClickHouseClient node,
        CancellationToken token
    )
    {
        try
        {
            var found = await node.QueryAsync(
                "SELECT groupArray((number, nodes, moving_from)), (SELECT max((number, name)) FROM schema_migration) FROM etl_node FINAL",
                token
            );
            var (places, newest) = (found.Rows[0][0], found.Rows[0][1]);
            NodePlace? place =
                places.GetArrayLength() == 0 ? null : new(places[0][0].GetInt32(), places[0][1].GetInt32(), places[0][2].GetInt32());
            return (place, (newest[0].GetInt32(), newest[1].GetString()));
        }
        catch (WarehouseException e) when (e.Code == UnknownColumn)
        {
            throw new WarehouseException(
                $"{node.Url.Authority}: the warehouse is older than this version of the project; run `make migrate`",
                e
            );
        }
    }

    private static async Task TakePlaceAsync(ClickHouseClient node, int number, WarehouseOptions options, CancellationToken token)
    {
        var (place, wanted) = (await PlaceAsync(node, token), new NodePlace(number, options.Nodes.Count));
        if (place == wanted)
        {
            return;
        }

        // Before nodes noted their place there was but one.
        if (place is null && wanted.Nodes > 1 && await HasRunsAsync(node, token))
        {
            place = new(1, 1);
        }

        if (place is not null)
        {
            throw Misplaced(node, place, number, wanted.Nodes);
        }

        await TellAsync(node, wanted, token);
    }

    private static WarehouseException Misplaced(ClickHouseClient node, NodePlace? place, int number, int nodes) =>
        new(
            place is { MovingFrom: > 0 } ? $"rows are being moved to {place.Nodes} nodes: run `make rebalance` to its end"
            : place is not null
                ? $"{node.Url.Authority} is node {place.Number} of {place.Nodes}, and Warehouse__Url has it as node {number} of {nodes}: rows would be missing or counted twice — name the same nodes in the same order; where new ones stand behind them, `make rebalance` moves rows there"
            : $"{node.Url.Authority} has not been told that it is node {number} of {nodes}; run `make migrate`"
        );

    private static async Task ShowWholeAsync(ClickHouseClient first, WarehouseOptions options, Project project, CancellationToken token)
    {
        // The other nodes' stays empty, but the first one asks them out of it.
        foreach (var url in options.Nodes)
        {
            using var node = new ClickHouseClient(options, url);
            await node.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS {options.WholeDatabase}", token);
        }

        using var whole = first.WithDatabase(options.WholeDatabase);
        var tables = await first.QueryAsync(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View' AND name NOT LIKE '\\_%' ORDER BY name",
            token
        );
        var of = options.Database + ".";
        HashSet<string> spread =
        [
            .. project.FactNames(),
            Quarantine,
            .. project.Views().Where(v => v.Outlives is not null).Select(v => v.PastTable),
        ];
        foreach (var table in tables.Texts)
        {
            // A view can't be asked with FINAL, as the ledgers are.
            if (!spread.Contains(table))
            {
                await whole.ExecuteAsync(
                    $"CREATE OR REPLACE TABLE {table} AS {of}{table} ENGINE = Merge({options.Database}, '^{table}$')",
                    token
                );
                continue;
            }

            await whole.ExecuteAsync(
                $"CREATE OR REPLACE TABLE {Spread}{table} AS {of}{table} ENGINE = Distributed({options.Cluster}, {options.Database}, {table})",
                token
            );
            await whole.ExecuteAsync($"CREATE OR REPLACE VIEW {table} AS SELECT * FROM {Spread}{table}", token);
        }

        await whole.ExecuteAsync(
            $"CREATE OR REPLACE TABLE {Present} AS {of}etl_node ENGINE = Distributed({options.Cluster}, {options.Database}, etl_node)",
            token
        );
        foreach (var view in project.Views())
        {
            await whole.ExecuteAsync(view.Create, token);
        }
    }

    // By what its servers say of themselves: a cluster of other ones would answer, and wrongly.
    private static async Task CheckClusterAsync(WarehouseOptions options, CancellationToken token)
    {
        var wanted = new List<string?>();
        foreach (var url in options.Nodes)
        {
            using var node = new ClickHouseClient(options, url);
            wanted.Add((await node.QueryAsync($"SELECT {Server}", token)).Scalar.GetString());
        }

        using var first = new ClickHouseClient(options);
        var found = await first.QueryAsync($"SELECT {Server} FROM cluster({options.Cluster}, system.one)", token);
        List<string?> servers = [.. found.Rows.Select(r => r[0].GetString())];
        if (!servers.Order(StringComparer.Ordinal).SequenceEqual(wanted.Order(StringComparer.Ordinal)))
        {
            throw new WarehouseException(
                $"the cluster '{options.Cluster}' of {first.Url.Authority}'s remote_servers isn't made of the {options.Nodes.Count} nodes of Warehouse__Url: it has {servers.Count} servers, {servers.Count(wanted.Contains)} of them among these"
            );
        }
    }
}
