using System.Globalization;
using WarehouseSql.ClickHouse;

namespace Etl.Loading;

/// <summary>
/// What each partition of the facts held on a node when it was last published to (<c>etl_partition</c>), against what it holds now.
/// </summary>
/// <remarks>
/// Parts' own counts are enough as long as they don't fall. Where merges made them fall, the partition's rows are counted as readers see
/// them, once. Of facts whose history lives in the warehouse alone, this is the only sign of a loss.
/// </remarks>
internal sealed class PartitionCounts(ClickHouseClient client, IReadOnlyList<string> facts, ulong run)
{
    private const int MostInStatement = 1_000;

    /// <summary>The partitions that have fewer rows than were published, each in words; none on most days.</summary>
    public async Task<IReadOnlyList<string>> LostAsync(CancellationToken token)
    {
        var lost = new List<string>();
        var (noted, stored) = await NotedAndStoredAsync(token);
        foreach (var fallen in noted.Where(n => stored.GetValueOrDefault(n.Key) < n.Value.Stored).GroupBy(n => n.Key.Fact))
        {
            var seen = await SeenAsync(fallen.Key, [.. fallen.Select(n => n.Key.Partition)], token);
            lost.AddRange(
                fallen
                    .Where(n => seen.GetValueOrDefault(n.Key) < n.Value.Rows)
                    .Select(n =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{n.Key.Fact}, partition {n.Key.Partition}, has {seen.GetValueOrDefault(n.Key)} of the {n.Value.Rows} rows that were published"
                        )
                    )
            );
            await NoteAsync(
                [
                    .. fallen
                        .Where(n => seen.GetValueOrDefault(n.Key) >= n.Value.Rows)
                        .Select(n => (n.Key, n.Value.Rows, stored.GetValueOrDefault(n.Key))),
                ],
                token
            );
        }

        return lost;
    }

    /// <summary>Notes what these partitions (fact/partition) hold now.</summary>
    /// <param name="published">What was published to.</param>
    /// <param name="mayLose">Whether they may hold less than before: not where rows were only added.</param>
    public async Task NoteAsync(IEnumerable<string> published, bool mayLose, CancellationToken token)
    {
        var touched = published
            .Select(p =>
                (Fact: p[..p.IndexOf('/', StringComparison.Ordinal)], Partition: p[(p.IndexOf('/', StringComparison.Ordinal) + 1)..])
            )
            .Where(p => facts.Contains(p.Fact))
            .ToHashSet();
        if (touched.Count == 0)
        {
            return;
        }

        var seen = new Dictionary<(string Fact, string Partition), long>();
        foreach (var of in touched.GroupBy(p => p.Fact))
        {
            (await SeenAsync(of.Key, [.. of.Select(p => p.Partition)], token)).ToList().ForEach(c => seen.Add(c.Key, c.Value));
        }

        var (all, stored) = await NotedAndStoredAsync(token);
        var noted = mayLose ? [] : all;
        // What was lost before and not brought back stays lost: it is counted anew by each load.
        await NoteAsync(
            [
                .. touched.Select(p =>
                    seen.GetValueOrDefault(p) >= noted.GetValueOrDefault(p).Rows
                        ? (p, seen.GetValueOrDefault(p), stored.GetValueOrDefault(p))
                        : (p, noted[p].Rows, long.MaxValue)
                ),
            ],
            token
        );
    }

    /// <summary>Notes what all partitions hold now, whatever they held before.</summary>
    public async Task NoteAllAsync(CancellationToken token)
    {
        var (noted, stored) = await NotedAndStoredAsync(token);
        await NoteAsync(noted.Keys.Union(stored.Keys).Select(k => $"{k.Fact}/{k.Partition}"), mayLose: true, token);
    }

    /// <summary>
    /// Lowers what is noted to what a publication is about to leave: killed in the middle of it, the next load finds no loss.
    /// </summary>
    public async Task LowerAsync(IEnumerable<PartitionChange> changes, CancellationToken token) =>
        await NoteAsync([.. changes.Where(c => c.RowsAfter < c.RowsBefore).Select(c => ((c.Fact, c.Partition), c.RowsAfter, 0L))], token);

    /// <summary>As <see cref="LowerAsync"/>, by so many rows that a publication is about to take out of a fact's partitions.</summary>
    public async Task LowerByAsync(string fact, IEnumerable<(string Partition, long Rows)> taken, CancellationToken token)
    {
        var (noted, _) = await NotedAndStoredAsync(token);
        await NoteAsync(
            [
                .. taken
                    .Select(t => (Key: (fact, t.Partition), t.Rows))
                    .Where(t => noted.ContainsKey(t.Key))
                    .Select(t => (t.Key, Math.Max(0, noted[t.Key].Rows - t.Rows), 0L)),
            ],
            token
        );
    }

    // Both at once: each load asks for them, and most loads are small.
    private async Task<(
        Dictionary<(string Fact, string Partition), (long Rows, long Stored)> Noted,
        Dictionary<(string Fact, string Partition), long> Stored
    )> NotedAndStoredAsync(CancellationToken token)
    {
        var found = await client.QueryAsync(
            $"""
            SELECT true AS noted, toString(fact) AS fact, toString(partition) AS partition, toInt64(rows), toInt64(stored_rows) AS stored
            FROM etl_partition FINAL WHERE fact IN ({Names})
            UNION ALL
            SELECT false, table, partition_id, toInt64(sum(rows)), toInt64(0)
            FROM system.parts WHERE database = currentDatabase() AND table IN ({Names}) AND active GROUP BY table, partition_id
            """,
            token
        );
        var rows = found.Rows.ToLookup(
            r => r[0].GetBoolean(),
            r => (Key: (r[1].GetString()!, r[2].GetString()!), Rows: r[3].GetInt64(), Stored: r[4].GetInt64())
        );
        return (rows[true].ToDictionary(r => r.Key, r => (r.Rows, r.Stored)), rows[false].ToDictionary(r => r.Key, r => r.Rows));
    }

    private async Task<Dictionary<(string Fact, string Partition), long>> SeenAsync(
        string fact,
        IReadOnlyList<string> partitions,
        CancellationToken token
    )
    {
        var counts = new Dictionary<(string, string), long>();
        foreach (var some in partitions.Chunk(MostInStatement))
        {
            var found = await client.QueryAsync(
                $"SELECT _partition_id, count() FROM {fact} FINAL WHERE _partition_id IN ({Partitions.Listed(some)}) GROUP BY ALL {Partitions.ForThemselves}",
                token
            );
            found.Rows.ToList().ForEach(r => counts.Add((fact, r[0].GetString()!), r[1].GetInt64()));
        }

        return counts;
    }

    private async Task NoteAsync(
        IReadOnlyList<((string Fact, string Partition) Key, long Rows, long Stored)> counts,
        CancellationToken token
    )
    {
        if (counts.Count > 0)
        {
            var values = string.Join(
                ", ",
                counts.Select(c =>
                    string.Create(CultureInfo.InvariantCulture, $"('{c.Key.Fact}', '{c.Key.Partition}', {c.Rows}, {c.Stored}, {run})")
                )
            );
            await client.ExecuteAsync(
                $"INSERT INTO etl_partition (fact, partition, rows, stored_rows, _run) VALUES {values}",
                token,
                QueryOptions.Insert
            );
        }
    }

    private string Names => string.Join(", ", facts.Select(f => $"'{f}'"));
}
