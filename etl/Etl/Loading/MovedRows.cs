using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>
/// Rows of a fact that changed their partition: it is made of a time that isn't part of the key, and the source changed the time.
/// </summary>
/// <remarks>
/// Each publication takes them out of the partition where they lay, so that a key never lies in two partitions of a fact. That spares
/// every reader from merging all partitions with each other (<see cref="SharedSql.Settings"/>), which takes most of a question's time.
/// </remarks>
internal sealed class MovedRows(RunTables tables, FactDefinition fact)
{
    private static readonly QueryOptions Patient = new()
    {
        Timeout = TimeSpan.FromDays(1),
        Settings = new Dictionary<string, string>
        {
            ["max_execution_time"] = "0",
            ["mutations_sync"] = "2",
            // Thousands of partitions may be named.
            ["max_query_size"] = "4194304",
            // Keys of a first load of hundreds of millions of rows go to the disk.
            ["max_bytes_before_external_group_by"] = "1000000000",
        },
    };

    private readonly ClickHouseClient client = tables.Client;
    private readonly string staging = tables.Staging(fact.Name);
    private readonly string key = string.Join(", ", fact.Key);

    /// <summary>Whether a row of the fact can change its partition.</summary>
    public static bool CanBe(FactDefinition fact) =>
        SqlParameters.Identifiers(fact.Partition).Any(c => fact.Columns.ContainsKey(c) && !fact.Key.Contains(c));

    /// <summary>Of rows that were staged twice, in two partitions, since they changed while they were read: keeps the later ones.</summary>
    public async Task SettleStagedAsync(CancellationToken token)
    {
        var rows = $"SELECT cityHash64({key}) AS k, cityHash64(_partition_id) AS p FROM {staging}";
        if (await LieTwiceAsync(rows, token))
        {
            // A part's second number grows with each block that arrives.
            var places =
                $"SELECT {key}, _partition_id AS p, max(toUInt64(splitByChar('_', _part)[2])) AS place FROM {staging} GROUP BY ALL";
            await client.ExecuteAsync($"SYSTEM START MERGES {client.Database}.{staging}", token);
            await client.ExecuteAsync(Delete(staging, AllButLast(places)), token, Patient);
        }
    }

    /// <summary>
    /// The partitions of the fact's rows that must go, with how many: another row of the same key, of a later run, is staged in another
    /// partition, or is there already. None on most days.
    /// </summary>
    /// <param name="replaced">The fact's partitions that staged ones take the place of; null: staged rows are added.</param>
    public async Task<IReadOnlyList<(string Partition, long Rows)>> FindAsync(
        IReadOnlyCollection<string>? replaced,
        CancellationToken token
    )
    {
        var others = replaced is null ? "" : $" AND _partition_id NOT IN ({Partitions.Listed(replaced)})";
        // The first column is the quickest to tell most rows by, and one number a row the smallest set.
        var rows = $"""
            SELECT cityHash64({key}) AS k, cityHash64(_partition_id) AS p FROM {Staged(replaced)}
            UNION ALL
            SELECT cityHash64({key}), cityHash64(_partition_id)
            FROM {fact.Name}
            PREWHERE {fact.Key[0]} IN (SELECT {fact.Key[0]} FROM {Staged(replaced)})
            WHERE cityHash64({key}) IN (SELECT cityHash64({key}) FROM {Staged(replaced)}){others}
            """;
        if (!await LieTwiceAsync(rows, token))
        {
            return [];
        }

        var found = await client.QueryAsync($"SELECT p, count() FROM ({AllButLast(Places(replaced))}) GROUP BY p", token, Patient);
        return [.. found.Rows.Select(r => (r[0].GetString()!, r[1].GetInt64()))];
    }

    /// <summary>Takes what <see cref="FindAsync"/> found out of the table that is to take the fact's place.</summary>
    public Task DropAsync(IReadOnlyCollection<string>? replaced, CancellationToken token) =>
        client.ExecuteAsync(Delete(tables.Next(fact.Name), AllButLast(Places(replaced))), token, Patient);

    // Of two rows of one run, the staged one.
    private string Places(IReadOnlyCollection<string>? replaced) =>
        $"SELECT {key}, p, max(place) AS place FROM (SELECT {key}, _partition_id AS p, (_run, 1) AS place FROM {Staged(replaced)} UNION ALL SELECT {key}, _partition_id AS p, (_run, 0) AS place FROM {Live(replaced)}) GROUP BY ALL";

    private string Staged(IReadOnlyCollection<string>? replaced) =>
        replaced is null ? staging : $"{staging} WHERE _partition_id IN ({Partitions.Listed(replaced)})";

    private string Live(IReadOnlyCollection<string>? replaced) =>
        $"{fact.Name} WHERE ({key}) IN (SELECT {key} FROM {Staged(replaced)}){(replaced is null ? "" : $" AND _partition_id NOT IN ({Partitions.Listed(replaced)})")}";

    // Eight bytes for each row of what may be a large table, and a number that is wrong once in many billions of rows, which costs time and
    // nothing else. On most days no key comes twice.
    private async Task<bool> LieTwiceAsync(string rows, CancellationToken token) =>
        await AnyAsync($"SELECT count() - uniqExact(k) FROM ({rows})", token)
        && await AnyAsync($"SELECT count() FROM (SELECT k FROM ({rows}) GROUP BY k HAVING min(p) != max(p) LIMIT 1)", token);

    private async Task<bool> AnyAsync(string count, CancellationToken token) =>
        (await client.QueryAsync(count, token, Patient)).Scalar.GetInt64() > 0;

    private string AllButLast(string places) =>
        $"SELECT {key}, arrayJoin(arraySlice(arrayReverseSort(groupArray((place, p))), 2)).2 AS p FROM ({places}) GROUP BY {key} HAVING count() > 1";

    private string Delete(string table, string rows) => $"ALTER TABLE {table} DELETE WHERE ({key}, _partition_id) IN ({rows})";
}
