using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>Brings one node's staged rows into its facts.</summary>
internal sealed class Publisher(RunTables tables, ExtractDefinition extract, IReadOnlyList<FactDefinition> facts)
{
    /// <summary>The share of a partition's rows that may go without anybody's word.</summary>
    public const double MostLoss = 0.01;

    private readonly ClickHouseClient client = tables.Client;
    private readonly Dictionary<string, MovedRows> movable = facts
        .Where(MovedRows.CanBe)
        .ToDictionary(f => f.Name, f => new MovedRows(tables, f));

    /// <summary>Leaves of each key one row's partition in what is staged. Nothing may be taken back after it.</summary>
    public async Task SettleStagedAsync(CancellationToken token)
    {
        foreach (var (fact, rows) in movable)
        {
            if ((await PartitionsAsync(tables.Staging(fact), token)).Count > 1)
            {
                await rows.SettleStagedAsync(token);
            }
        }
    }

    /// <summary>
    /// Adds the staged rows to the facts, each fact's in one atomic step; a row that is there already is replaced through its key. Returns
    /// fact/partition of what it published.
    /// </summary>
    public async Task<IReadOnlyList<string>> AttachAsync(CancellationToken token)
    {
        var published = new List<string>();
        var cloned = new List<string>();
        var all = await Partitions.OfAsync(client, tables.Targets.Select(tables.Staging), token);
        foreach (var target in tables.Targets)
        {
            var staged = all[tables.Staging(target)].ToList();
            var moved = staged.Count > 0 ? await MovedAsync(target, null, token) : [];
            published.AddRange(staged.Union(moved).Select(p => $"{target}/{p}"));
            if (staged.Count > 1 || moved.Count > 0)
            {
                // Attaching is atomic for one partition only: readers would see some of several.
                await CloneAsync(target, _ => true, token);
                await AttachAsync(tables.Staging(target), tables.Next(target), staged, token);
                await DropMovedAsync(target, moved, null, token);
                cloned.Add(target);
            }
            else
            {
                await AttachAsync(tables.Staging(target), target, staged, token);
            }
        }

        await tables.EnsureAsync(token);
        await ExchangeAsync(cloned, token);
        return published;
    }

    /// <summary>
    /// Puts the staged partitions that <paramref name="changes"/> names in the place of the live ones, each fact's in one atomic step; live
    /// ones that are empty now go.
    /// </summary>
    public async Task<IReadOnlyList<string>> ReplaceAsync(IReadOnlyCollection<PartitionChange> changes, CancellationToken token)
    {
        var changed = facts.Select(f => f.Name).Where(f => changes.Any(c => c.Fact == f)).ToList();
        var published = changes.Select(c => $"{c.Fact}/{c.Partition}").ToList();
        foreach (var fact in changed)
        {
            var replaced = changes.Where(c => c.Fact == fact).Select(c => c.Partition).ToHashSet();
            var moved = await MovedAsync(fact, replaced, token);
            published.AddRange(moved.Select(p => $"{fact}/{p}"));
            await CloneAsync(fact, p => !replaced.Contains(p), token);
            var staged = await PartitionsAsync(tables.Staging(fact), token);
            await AttachAsync(tables.Staging(fact), tables.Next(fact), [.. staged.Where(replaced.Contains)], token);
            await DropMovedAsync(fact, moved, replaced, token);
        }

        await tables.EnsureAsync(token);
        await ExchangeAsync(changed, token);
        var quarantined = await PartitionsAsync(tables.Staging(RunTables.Quarantine), token);
        await AttachAsync(tables.Staging(RunTables.Quarantine), RunTables.Quarantine, quarantined, token);
        await tables.EnsureAsync(token);
        return published;
    }

    /// <summary>How each partition of the window differs between the facts and what is staged.</summary>
    public async Task<IReadOnlyList<PartitionChange>> CompareAsync(TimeWindow? window, CancellationToken token)
    {
        var changes = new List<PartitionChange>();
        foreach (var fact in facts)
        {
            // History that is only in the warehouse has nothing to be compared with.
            var live = await SumsAsync(fact.Name, extract.KeepsDeleted ? $"WHERE {KeyOf(fact)} IN ({StagedKeys(fact)})" : "", token);
            var staged = await SumsAsync(tables.Staging(fact.Name), "", token);
            // Rows around the window are staged as well, and left out here: event_time is a hint, and the partition of a fact's row its
            // time.
            changes.AddRange(
                live.Keys.Union(staged.Keys)
                    .Where(p => window is null || window.Contains(fact, p))
                    .Order(StringComparer.Ordinal)
                    .Select(p => Change(fact.Name, p, live.GetValueOrDefault(p), staged.GetValueOrDefault(p)))
            );
        }

        return changes;
    }

    /// <summary>The rows of the window that the facts hold and the source doesn't.</summary>
    public async Task<IReadOnlyList<GoneRows>> GoneAsync(TimeWindow? window, CancellationToken token)
    {
        var gone = new List<GoneRows>();
        foreach (var fact in facts)
        {
            var found = await client.QueryAsync(
                $"SELECT _partition_id, count() FROM {fact.Name} FINAL WHERE {KeyOf(fact)} NOT IN ({StagedKeys(fact)}) GROUP BY 1 ORDER BY 1 {Partitions.ForThemselves}",
                token
            );
            gone.AddRange(
                found
                    .Rows.Select(r => new GoneRows(fact.Name, r[0].GetString()!, r[1].GetInt64()))
                    .Where(g => window is null || window.Contains(fact, g.Partition))
            );
        }

        return gone;
    }

    /// <summary>
    /// Stages the rows that the source deleted as well, so that the partitions that <paramref name="changes"/> names keep them when they
    /// are replaced.
    /// </summary>
    public async Task KeepGoneAsync(IReadOnlyCollection<PartitionChange> changes, CancellationToken token)
    {
        foreach (var fact in facts.Where(f => changes.Any(c => c.Fact == f.Name)))
        {
            var replaced = Partitions.Listed(changes.Where(c => c.Fact == fact.Name).Select(c => c.Partition));
            await client.ExecuteAsync(
                $"INSERT INTO {tables.Staging(fact.Name)} SELECT * FROM {fact.Name} FINAL WHERE _partition_id IN ({replaced}) AND {KeyOf(fact)} NOT IN ({StagedKeys(fact)}) {Partitions.ForThemselves}",
                token,
                RangeStream.LandingSettings
            );
        }
    }

    /// <summary>An aggregate over rows, whatever their order: 64 bits of all that these columns hold.</summary>
    public static string ChecksumOf(string columns) => $"groupBitXor(cityHash64(formatRowNoNewline('RowBinary', {columns})))";

    private string StagedKeys(FactDefinition fact) => $"SELECT {KeyOf(fact)} FROM {tables.Staging(fact.Name)}";

    // Eight bytes for each row of what may be a large table.
    private static string KeyOf(FactDefinition fact) => $"cityHash64({string.Join(", ", fact.Key)})";

    /// <summary>
    /// Refuses a publication that would lose much: a source that is caught in the middle of its own restore must never empty the warehouse.
    /// </summary>
    /// <param name="changes">What would be published.</param>
    /// <param name="few">So many rows of a fact may go all the same, unless they are its last.</param>
    /// <exception cref="WarehouseException">A partition would lose more than 1 % of its rows.</exception>
    public static void RefuseLoss(IEnumerable<PartitionChange> changes, long few = 0)
    {
        var worst = changes
            .GroupBy(c => c.Fact)
            .Where(fact => fact.Where(IsLoss).Sum(Lost) > (fact.Sum(c => c.RowsAfter) > 0 ? few : 0))
            .SelectMany(fact => fact.Where(IsLoss))
            .MaxBy(Lost);
        if (worst is not null)
        {
            throw new WarehouseException(
                $"{worst.Fact}, partition {worst.Partition}, would go from {worst.RowsBefore} to {worst.RowsAfter} rows; nothing was published — find out where they went, or say FORCE=1"
            );
        }
    }

    private static bool IsLoss(PartitionChange change) => change.RowsAfter < change.RowsBefore * (1 - MostLoss);

    private static long Lost(PartitionChange change) => change.RowsBefore - change.RowsAfter;

    private static PartitionChange Change(string fact, string partition, (long Rows, ulong Sum) live, (long Rows, ulong Sum) staged) =>
        new(fact, partition, live.Rows, staged.Rows, live == staged);

    // The checksum is the exclusive or of the rows' hashes: the same for any order, and for any way in which the rows lie in parts.
    private async Task<Dictionary<string, (long Rows, ulong Sum)>> SumsAsync(string table, string where, CancellationToken token)
    {
        var sums = await client.QueryAsync(
            $"SELECT _partition_id, count(), toString({ChecksumOf("* EXCEPT (_run)")}) FROM {table} FINAL {where} GROUP BY _partition_id {Partitions.ForThemselves}",
            token
        );
        return sums.Rows.ToDictionary(
            r => r[0].GetString()!,
            r => (r[1].GetInt64(), ulong.Parse(r[2].GetString()!, System.Globalization.CultureInfo.InvariantCulture))
        );
    }

    // The partitions that lose rows since these lie in another one now. Killed in the middle of it, the next load finds no loss.
    private async Task<IReadOnlyList<string>> MovedAsync(string target, IReadOnlyCollection<string>? replaced, CancellationToken token)
    {
        if (
            !movable.TryGetValue(target, out var rows)
            || (await PartitionsAsync(target, token)).All(p => replaced?.Contains(p) == true)
            || await rows.FindAsync(replaced, token) is not { Count: > 0 } moved
        )
        {
            return [];
        }

        await tables.Counts.LowerByAsync(target, moved, token);
        return [.. moved.Select(m => m.Partition)];
    }

    private Task DropMovedAsync(
        string target,
        IReadOnlyList<string> moved,
        IReadOnlyCollection<string>? replaced,
        CancellationToken token
    ) => moved.Count > 0 ? movable[target].DropAsync(replaced, token) : Task.CompletedTask;

    // Parts are linked, not copied.
    private async Task CloneAsync(string target, Func<string, bool> which, CancellationToken token)
    {
        await client.ExecuteAsync($"CREATE TABLE {tables.Next(target)} AS {target}", token);
        var live = await PartitionsAsync(target, token);
        await AttachAsync(target, tables.Next(target), [.. live.Where(which)], token);
    }

    private async Task ExchangeAsync(IEnumerable<string> targets, CancellationToken token)
    {
        foreach (var target in targets)
        {
            await client.ExecuteAsync($"EXCHANGE TABLES {target} AND {tables.Next(target)}", token);
        }
    }

    private Task<IReadOnlyList<string>> PartitionsAsync(string table, CancellationToken token) => Partitions.OfAsync(client, table, token);

    private Task AttachAsync(string from, string to, IReadOnlyList<string> partitions, CancellationToken token) =>
        Partitions.AttachAsync(client, from, to, partitions, token);
}
