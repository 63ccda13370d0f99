using WarehouseSql.ClickHouse;

namespace Etl.Loading;

/// <summary>Partitions of tables: which there are, and linking them from one table into another.</summary>
internal static class Partitions
{
    /// <summary>Has FINAL merge the rows of each partition for themselves, as readers do: a key lies in one of them.</summary>
    public const string ForThemselves = "SETTINGS do_not_merge_across_partitions_select_final = 1";

    private const int MostInStatement = 500;

    /// <summary>The ids of a table's partitions, in order.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(ClickHouseClient client, string table, CancellationToken token) =>
        [.. (await OfAsync(client, [table], token))[table]];

    /// <summary>As <see cref="OfAsync(ClickHouseClient, string, CancellationToken)"/>, of several tables at once.</summary>
    public static async Task<ILookup<string, string>> OfAsync(ClickHouseClient client, IEnumerable<string> tables, CancellationToken token)
    {
        var partitions = await client.QueryAsync(
            $"SELECT DISTINCT table, partition_id FROM system.parts WHERE database = currentDatabase() AND table IN ({Listed(tables)}) AND active ORDER BY 2",
            token
        );
        return partitions.Rows.ToLookup(r => r[0].GetString()!, r => r[1].GetString()!);
    }

    /// <summary>Adds partitions of one table to another, whose parts are linked, not copied.</summary>
    public static async Task AttachAsync(
        ClickHouseClient client,
        string from,
        string to,
        IEnumerable<string> partitions,
        CancellationToken token
    )
    {
        // Thousands in one statement are more text than ClickHouse reads; several statements only ever make a table that nobody reads yet.
        foreach (var some in partitions.Chunk(MostInStatement))
        {
            await client.ExecuteAsync(
                $"ALTER TABLE {to} {string.Join(", ", some.Select(p => $"ATTACH PARTITION ID '{p}' FROM {from}"))}",
                token
            );
        }
    }

    /// <summary>Ids as they stand in a list of SQL.</summary>
    public static string Listed(IEnumerable<string> partitions) => string.Join(", ", partitions.Select(p => $"'{p}'"));
}
