using Etl.Definitions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>Brings one node's staged rows into its facts.</summary>
internal sealed class Publisher(RunTables tables, ExtractDefinition extract, IReadOnlyList<FactDefinition> facts)
{
    private const double MostLoss = 0.01;
    private readonly ClickHouseClient client = tables.Client;

    /// <summary>Adds the staged rows to the facts; a row that is there already is replaced through its key. Returns fact/partition of what it published.</summary>
    public async Task<IReadOnlyList<string>> AttachAsync(CancellationToken token)
    {
        var published = new List<string>();
        foreach (var target in tables.Targets)
        {
            published.AddRange(await AttachAsync(target, tables.Staging(target), target, _ => true, token).ConfigureAwait(false));
        }

        return published;
    }

    /// <summary>Puts the staged partitions of <paramref name="window"/> in the place of the live ones, each fact's in one atomic step; live ones that are empty now go.</summary>
    public async Task<IReadOnlyList<string>> ReplaceAsync(TimeWindow? window, IReadOnlyCollection<PartitionChange> changes, CancellationToken token)
    {
        foreach (var fact in facts)
        {
            var replaced = changes.Where(c => c.Fact == fact.Name).Select(c => c.Partition).ToHashSet();
            var next = tables.Next(fact.Name);
            await client.ExecuteAsync($"CREATE TABLE {next} AS {fact.Name}", token).ConfigureAwait(false);
            await AttachAsync(fact.Name, fact.Name, next, p => !replaced.Contains(p), token).ConfigureAwait(false);
            await AttachAsync(fact.Name, tables.Staging(fact.Name), next, replaced.Contains, token).ConfigureAwait(false);
        }

        foreach (var fact in facts.Where(f => changes.Any(c => c.Fact == f.Name)))
        {
            await client.ExecuteAsync($"EXCHANGE TABLES {fact.Name} AND {tables.Next(fact.Name)}", token).ConfigureAwait(false);
        }

        await AttachAsync(RunTables.Quarantine, tables.Staging(RunTables.Quarantine), RunTables.Quarantine, _ => true, token).ConfigureAwait(false);
        return [.. changes.Select(c => $"{c.Fact}/{c.Partition}")];
    }

    /// <summary>How each partition of the window differs between the facts and what is staged.</summary>
    /// <exception cref="WarehouseException">Staged rows lie outside of the window: event_time and a fact's partition disagree.</exception>
    public async Task<IReadOnlyList<PartitionChange>> CompareAsync(TimeWindow? window, CancellationToken token)
    {
        var changes = new List<PartitionChange>();
        foreach (var fact in facts)
        {
            // The history of a snapshot extract is only in the warehouse: just the rows that the source still has can be compared.
            var only = extract.Mode == ExtractMode.Snapshot ? $"WHERE ({string.Join(", ", fact.Key)}) IN (SELECT {string.Join(", ", fact.Key)} FROM {tables.Staging(fact.Name)})" : "";
            var live = await SumsAsync(fact.Name, only, token).ConfigureAwait(false);
            var staged = await SumsAsync(tables.Staging(fact.Name), "", token).ConfigureAwait(false);
            if (window is not null && staged.Keys.FirstOrDefault(p => !window.Contains(fact, p)) is { } outside)
            {
                throw new WarehouseException($"{extract.Name}: rows of {window} make partition {outside} of {fact.Name}, which lies outside; the extract's event_time and the fact's partition have to mean the same time");
            }

            changes.AddRange(live.Keys.Union(staged.Keys)
                .Where(p => window is null || window.Contains(fact, p))
                .Order(StringComparer.Ordinal)
                .Select(p => Change(fact.Name, p, live.GetValueOrDefault(p), staged.GetValueOrDefault(p))));
        }

        return changes;
    }

    /// <summary>Refuses a publication that would lose much.</summary>
    /// <exception cref="WarehouseException">A partition would lose more than 1 % of its rows.</exception>
    public static void RefuseLoss(IEnumerable<PartitionChange> changes)
    {
        var worst = changes.Where(c => c.RowsAfter < c.RowsBefore * (1 - MostLoss)).MaxBy(c => c.RowsBefore - c.RowsAfter);
        if (worst is not null)
        {
            throw new WarehouseException($"{worst.Fact}, partition {worst.Partition}, would go from {worst.RowsBefore} to {worst.RowsAfter} rows; nothing was published — find out where they went, or say FORCE=1");
        }
    }

    private static PartitionChange Change(string fact, string partition, (long Rows, ulong Sum) live, (long Rows, ulong Sum) staged) =>
        new(fact, partition, live.Rows, staged.Rows, live == staged);

    // The checksum is the exclusive or of the rows' hashes: the same for any order, and for any way in which the rows lie in parts.
    private async Task<Dictionary<string, (long Rows, ulong Sum)>> SumsAsync(string table, string where, CancellationToken token)
    {
        var sums = await client.QueryAsync(
            $"SELECT _partition_id, count(), toString(groupBitXor(cityHash64(formatRowNoNewline('RowBinary', * EXCEPT (_run))))) FROM {table} FINAL {where} GROUP BY _partition_id",
            token).ConfigureAwait(false);
        return sums.Rows.ToDictionary(r => r[0].GetString()!, r => (r[1].GetInt64(), ulong.Parse(r[2].GetString()!, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private async Task<IEnumerable<string>> AttachAsync(string target, string from, string to, Func<string, bool> which, CancellationToken token)
    {
        var partitions = await client.QueryAsync(
            "SELECT DISTINCT partition_id FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active ORDER BY 1",
            token,
            QueryOptions.With(("database", client.Database), ("table", from))).ConfigureAwait(false);
        var attached = partitions.Texts.Where(which).ToList();
        if (attached.Count > 0)
        {
            await client.ExecuteAsync($"ALTER TABLE {to} {string.Join(", ", attached.Select(p => $"ATTACH PARTITION ID '{p}' FROM {from}"))}", token).ConfigureAwait(false);
        }

        return attached.Select(p => $"{target}/{p}");
    }
}
