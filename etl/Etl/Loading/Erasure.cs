using System.Diagnostics;
using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>Erases rows of facts for good, and lowers what is noted of their partitions, so that nobody takes that for a loss.</summary>
internal static class Erasure
{
    /// <summary>A statement that erases has ended when the rows are gone, however many there are.</summary>
    public static QueryOptions Options { get; } =
        new()
        {
            Timeout = TimeSpan.FromDays(1),
            Settings = new Dictionary<string, string>
            {
                ["mutations_sync"] = "2",
                ["max_execution_time"] = "0",
                ["async_insert"] = "0",
                ["insert_deduplicate"] = "0",
                ["max_partitions_per_insert_block"] = "0",
            },
        };

    // Tables of which rows replace others, and others.
    private static QueryOptions Seen { get; } =
        Options with
        {
            Settings = new Dictionary<string, string>(Options.Settings) { ["final"] = "1" },
        };

    /// <summary>The rows of a table that meet a condition, as readers see them.</summary>
    public static async Task<long> CountAsync(ClickHouseClient node, string table, string condition, CancellationToken token) =>
        (await node.QueryAsync($"SELECT count() FROM {table} WHERE {condition}", token, Seen)).Scalar.GetInt64();

    /// <summary>Erases the rows of a table that is no fact and that meet a condition, on each node.</summary>
    /// <returns>How many went.</returns>
    public static async Task<long> DeleteAsync(
        IReadOnlyList<ClickHouseClient> nodes,
        string table,
        string condition,
        CancellationToken token
    )
    {
        var rows = 0L;
        foreach (var node in nodes)
        {
            var there = await CountAsync(node, table, condition, token);
            if (there > 0)
            {
                await node.ExecuteAsync($"ALTER TABLE {table} DELETE WHERE {condition}", token, Options);
                rows += there;
            }
        }

        return rows;
    }

    /// <summary>What the partitions of a fact would lose by the rows that meet a condition, as readers see them.</summary>
    public static async Task<List<PartitionChange>> FindAsync(
        ClickHouseClient node,
        FactDefinition fact,
        string condition,
        CancellationToken token
    )
    {
        var found = await node.QueryAsync(
            $"SELECT _partition_id, count(), countIf(ifNull({condition}, false)) FROM {fact.Name} FINAL WHERE _partition_id IN (SELECT DISTINCT _partition_id FROM {fact.Name} WHERE {condition}) GROUP BY 1 ORDER BY 1 {Partitions.ForThemselves}",
            token,
            Options
        );
        return
        [
            .. found.Rows.Select(r => new PartitionChange(
                fact.Name,
                r[0].GetString()!,
                r[1].GetInt64(),
                r[1].GetInt64() - r[2].GetInt64(),
                Same: false
            )),
        ];
    }

    /// <summary>Erases the rows of these partitions that meet the condition.</summary>
    public static async Task EraseAsync(
        ClickHouseClient node,
        FactDefinition fact,
        string condition,
        IReadOnlyList<PartitionChange> changes,
        ulong run,
        CancellationToken token
    )
    {
        // A partition's note is lowered first: killed in the middle, nobody finds a loss.
        var counts = new PartitionCounts(node, [fact.Name], run);
        await counts.LowerAsync(changes, token);
        foreach (var change in changes)
        {
            var erase =
                change.RowsAfter == 0
                    ? $"DROP PARTITION ID '{change.Partition}'"
                    : $"DELETE IN PARTITION ID '{change.Partition}' WHERE {condition}";
            await node.ExecuteAsync($"ALTER TABLE {fact.Name} {erase}", token, Options);
        }

        await counts.NoteAsync(changes.Select(c => $"{c.Fact}/{c.Partition}"), mayLose: true, token);
    }

    /// <summary>
    /// As <see cref="EraseAsync"/>, and nothing of the rows stays on the disk, where old parts of a table do for some minutes: the other rows
    /// go into a new table, which takes the place of the old one.
    /// </summary>
    /// <param name="node">Where.</param>
    /// <param name="fact">The fact; nobody may load it meanwhile.</param>
    /// <param name="condition">Which rows.</param>
    /// <param name="changes">The partitions that have such rows.</param>
    /// <param name="next">The name of the new table until then; there is none of it.</param>
    /// <param name="run">The number under which the partitions' rows are noted.</param>
    /// <param name="token">Cancels it; the old table stays then.</param>
    /// <exception cref="WarehouseException">The server failed, or rows came meanwhile.</exception>
    public static async Task RewriteAsync(
        ClickHouseClient node,
        FactDefinition fact,
        string condition,
        IReadOnlyList<PartitionChange> changes,
        string next,
        ulong run,
        CancellationToken token
    )
    {
        var counts = new PartitionCounts(node, [fact.Name], run);
        await counts.LowerAsync(changes, token);
        await node.ExecuteAsync($"CREATE TABLE {next} AS {fact.Name}", token);
        var touched = changes.Select(c => c.Partition).ToHashSet();
        var all = await Partitions.OfAsync(node, fact.Name, token);
        await Partitions.AttachAsync(node, fact.Name, next, all.Where(p => !touched.Contains(p)), token);
        var rest = changes.Sum(c => c.RowsAfter);
        if (rest > 0)
        {
            var only = $"_partition_id IN ({Partitions.Listed(touched)})";
            await node.ExecuteAsync(
                $"INSERT INTO {next} SELECT * FROM {fact.Name} FINAL WHERE {only} AND NOT ifNull({condition}, false) {Partitions.ForThemselves}",
                token,
                Options
            );
            var found = (await node.QueryAsync($"SELECT count() FROM {next} FINAL WHERE {only}", token, Options)).Scalar.GetInt64();
            if (found != rest)
            {
                throw new WarehouseException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{fact.Name}: {rest} rows were to stay, and {found} were copied: nothing was erased; run it again"
                    )
                );
            }
        }

        await node.ExecuteAsync($"EXCHANGE TABLES {fact.Name} AND {next}", token);
        await node.ExecuteAsync($"DROP TABLE {next} SYNC", token);
        await counts.NoteAsync(changes.Select(c => $"{c.Fact}/{c.Partition}"), mayLose: true, token);
    }

    /// <summary>Waits until the server has removed old parts of tables from its disk, as migration 0016 has it do soon.</summary>
    /// <returns>The tables that have some still.</returns>
    public static async Task<IReadOnlyList<string>> WaitAsync(
        ClickHouseClient node,
        IReadOnlyCollection<string> tables,
        TimeSpan patience,
        CancellationToken token
    )
    {
        IReadOnlyList<string> old;
        for (var began = Stopwatch.StartNew(); ; await Task.Delay(300, token))
        {
            old = await OldPartsAsync(node, tables, token);
            if (old.Count == 0 || began.Elapsed > patience)
            {
                return old;
            }
        }
    }

    private static async Task<IReadOnlyList<string>> OldPartsAsync(
        ClickHouseClient node,
        IReadOnlyCollection<string> tables,
        CancellationToken token
    )
    {
        var old = await node.QueryAsync(
            $"SELECT DISTINCT table FROM system.parts WHERE database = currentDatabase() AND table IN ({Partitions.Listed(tables)}) AND NOT active ORDER BY 1",
            token
        );
        return [.. old.Texts];
    }
}
