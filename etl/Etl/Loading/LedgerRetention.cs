using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>A table of the warehouse that is no fact, and whose rows an operator may have go.</summary>
/// <param name="Table">The table.</param>
/// <param name="Time">The SQL for a row's time (UTC).</param>
/// <param name="Due">What else has to hold for an old row to go.</param>
/// <param name="Why">What is kept whatever its age, in words; empty: nothing is.</param>
internal sealed record LedgerRetention(string Table, string Time, string Due, string Why)
{
    /// <summary>Less than this would have mails sent again that are still due.</summary>
    public const int FewestDays = 30;

    /// <summary>Those that there are.</summary>
    public static IReadOnlyList<LedgerRetention> All { get; } =
    [
        new(RunTables.Quarantine, "fromUnixTimestamp64Micro(toInt64(_run), 'UTC')", "true", ""),
        // Which rows a watch has seen, and what an alert still says, has no age; and nobody gets the last mail of each kind twice.
        new(
            "report_delivery",
            "at",
            "kind IN ('digest', 'correction') AND (kind, name, occurrence) NOT IN (SELECT kind, name, max(occurrence) FROM report_delivery GROUP BY kind, name)",
            "without each digest's last mail, alerts and watches"
        ),
    ];

    /// <summary>The condition for the rows that go, kept for so many days.</summary>
    public string Old(int days) =>
        string.Create(CultureInfo.InvariantCulture, $"toDate({Time}) < toDate(now('UTC')) - {days - 1} AND {Due}");

    /// <summary>Removes the rows that are to be kept no longer, where an operator said so (<c>etl_retention</c>).</summary>
    /// <returns>How many went, by table.</returns>
    /// <exception cref="WarehouseException">A server failed; doing it again goes on.</exception>
    public static async Task<IReadOnlyList<(string Table, long Rows)>> RemoveAsync(
        IReadOnlyList<ClickHouseClient> nodes,
        CancellationToken token
    )
    {
        var log = await RetentionLog.ReadAsync(sql => nodes[0].QueryAsync(sql, token));
        var removed = new List<(string, long)>();
        foreach (var ledger in All)
        {
            if (log.GetValueOrDefault(ledger.Table)?.SetDays is not { } days)
            {
                continue;
            }

            removed.Add((ledger.Table, await Erasure.DeleteAsync(nodes, ledger.Table, ledger.Old(days), token)));
        }

        return removed;
    }
}
