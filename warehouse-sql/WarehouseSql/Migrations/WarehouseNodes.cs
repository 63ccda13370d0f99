using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace WarehouseSql.Migrations;

/// <summary>The nodes of a warehouse, each with its share of the rows.</summary>
public static class WarehouseNodes
{
    // Beside the facts, each node has its own rows of it.
    private const string Quarantine = "etl_quarantine";

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
            // The other nodes' stays empty, but the first one asks them out of it.
            await node.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS {options.WholeDatabase}", token);
            done.Add((url, applied));
        }

        if (options.Nodes.Count > 1)
        {
            using var first = new ClickHouseClient(options);
            await CheckClusterAsync(first, options, token);
            await ShowWholeAsync(first, options, project, token);
        }

        return done;
    }

    /// <summary>
    /// Makes sure that a node is the one of the warehouse that it is taken for, and that no newer version of the project has changed it.
    /// </summary>
    /// <param name="node">The node, with any database of the warehouse.</param>
    /// <param name="number">Its place in Warehouse__Url, from 1.</param>
    /// <param name="nodes">How many stand there.</param>
    /// <param name="project">The project whose <c>warehouse-sql/</c> is meant.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="WarehouseException">
    /// It is another one, the warehouse has never been migrated with so many nodes, or it knows a migration that isn't here.
    /// </exception>
    public static async Task CheckAsync(ClickHouseClient node, int number, int nodes, Project project, CancellationToken token)
    {
        if (await PlaceAsync(node, token) is var place && place != (number, nodes) && (place is not null || nodes > 1))
        {
            throw Misplaced(node, place, number, nodes);
        }

        // Who only reads reports may have no migrations beside them.
        var migrations = MigrationFile.FolderIn(project);
        if (!Directory.Exists(migrations) || MigrationFile.ReadAll(migrations) is not [.., var newest])
        {
            return;
        }

        var found = await node.QueryAsync("SELECT max((number, name)) FROM schema_migration", token);
        if (found.Scalar[0].GetInt32() > newest.Number)
        {
            throw new WarehouseException(
                $"the warehouse has migration {found.Scalar[1].GetString()}, and this version of the project knows none after {newest.Name}: update it"
            );
        }
    }

    private static async Task TakePlaceAsync(ClickHouseClient node, int number, WarehouseOptions options, CancellationToken token)
    {
        var (place, nodes) = (await PlaceAsync(node, token), options.Nodes.Count);
        if (place == (number, nodes))
        {
            return;
        }

        // Before nodes noted their place there was but one.
        if (place is null && nodes > 1 && (await node.QueryAsync("SELECT count() FROM etl_run", token)).Scalar.GetInt64() > 0)
        {
            place = (1, 1);
        }

        if (place is not null)
        {
            throw Misplaced(node, place, number, nodes);
        }

        await node.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"INSERT INTO etl_node SETTINGS async_insert = 0 VALUES ({number}, {nodes})"),
            token
        );
    }

    private static async Task<(int Number, int Nodes)?> PlaceAsync(ClickHouseClient node, CancellationToken token)
    {
        var found = await node.QueryAsync("SELECT number, nodes FROM etl_node LIMIT 1", token);
        return found.Rows is [var row] ? (row[0].GetInt32(), row[1].GetInt32()) : null;
    }

    private static WarehouseException Misplaced(ClickHouseClient node, (int Number, int Nodes)? place, int number, int nodes) =>
        new(
            place is var (is_, of)
                ? $"{node.Url.Authority} is node {is_} of {of}, and Warehouse__Url has it as node {number} of {nodes}: rows would be missing or counted twice — name the same nodes in the same order; more nodes need a database of their own (Warehouse__Database), loaded from the sources"
                : $"{node.Url.Authority} has not been told that it is node {number} of {nodes}; run `make migrate`"
        );

    private static async Task ShowWholeAsync(ClickHouseClient first, WarehouseOptions options, Project project, CancellationToken token)
    {
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

        foreach (var view in project.Views())
        {
            await whole.ExecuteAsync(view.Create, token);
        }
    }

    // By what its members say of themselves: a cluster of other servers would answer, and wrongly.
    private static async Task CheckClusterAsync(ClickHouseClient first, WarehouseOptions options, CancellationToken token)
    {
        var found = await first.QueryAsync(
            $"SELECT toString(arraySort(groupArray((number, nodes)))) FROM cluster({options.Cluster}, {options.Database}, etl_node) SETTINGS final = 1",
            token
        );
        var wanted = $"[{string.Join(',', Enumerable.Range(1, options.Nodes.Count).Select(n => $"({n},{options.Nodes.Count})"))}]";
        if (found.Scalar.GetString() != wanted)
        {
            throw new WarehouseException(
                $"the cluster '{options.Cluster}' of {first.Url.Authority}'s remote_servers isn't made of the {options.Nodes.Count} nodes of Warehouse__Url: its servers hold the nodes {found.Scalar}, expected {wanted}"
            );
        }
    }
}
