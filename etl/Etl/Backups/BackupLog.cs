using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Backups;

/// <summary>A backup, or a restore of one, as the warehouse notes it.</summary>
/// <param name="Name">The backup.</param>
/// <param name="Kind">full, incremental or restore.</param>
/// <param name="Base">The full backup that an incremental one needs; else empty.</param>
/// <param name="At">The time whose rows it has (UTC).</param>
internal sealed record BackupEntry(string Name, string Kind, string Base, DateTime At)
{
    /// <summary>When it ended (UTC); null: it goes on, or was killed.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>running, good or failed.</summary>
    public string Outcome { get; init; } = "running";

    /// <summary>The rows of all tables, as readers see them.</summary>
    public long Rows { get; init; }

    /// <summary>Seconds that it took.</summary>
    public double Seconds { get; init; }

    /// <summary>Why it failed.</summary>
    public string Error { get; init; } = "";

    /// <summary>Whether it is a backup, and not a restore, that ended well.</summary>
    public bool IsGoodBackup => Kind != "restore" && Outcome == "good";
}

/// <summary>The table <c>etl_backup</c> on the first node.</summary>
internal static class BackupLog
{
    /// <summary>All of it, the latest first.</summary>
    /// <exception cref="WarehouseException">The warehouse failed, or has no such table.</exception>
    public static async Task<IReadOnlyList<BackupEntry>> ReadAsync(ClickHouseClient first, CancellationToken token)
    {
        var found = await first.QueryAsync(
            "SELECT name, kind, base, taken_at, finished_at, outcome, rows, seconds, error FROM etl_backup FINAL ORDER BY taken_at DESC",
            token,
            new QueryOptions { Settings = new Dictionary<string, string> { ["date_time_output_format"] = "iso" } }
        );
        return
        [
            .. found.Rows.Select(r => new BackupEntry(r[0].GetString()!, r[1].GetString()!, r[2].GetString()!, r[3].GetDateTime())
            {
                FinishedAt = r[4].ValueKind == System.Text.Json.JsonValueKind.Null ? null : r[4].GetDateTime(),
                Outcome = r[5].GetString()!,
                Rows = r[6].GetInt64(),
                Seconds = r[7].GetDouble(),
                Error = r[8].GetString()!,
            }),
        ];
    }

    /// <summary>Notes one.</summary>
    /// <exception cref="WarehouseException">The warehouse failed.</exception>
    public static Task WriteAsync(ClickHouseClient first, BackupEntry entry, CancellationToken token)
    {
        string[] values =
        [
            SqlText.Quote(entry.Name),
            SqlText.Quote(entry.Kind),
            SqlText.Quote(entry.Base),
            Time(entry.At),
            entry.FinishedAt is { } at ? Time(at) : "NULL",
            SqlText.Quote(entry.Outcome),
            entry.Rows.ToString(CultureInfo.InvariantCulture),
            entry.Seconds.ToString("0.###", CultureInfo.InvariantCulture),
            SqlText.Quote(entry.Error),
            "toUnixTimestamp64Micro(now64(6))",
        ];
        return first.ExecuteAsync(
            $"INSERT INTO etl_backup (name, kind, base, taken_at, finished_at, outcome, rows, seconds, error, version) SELECT {string.Join(", ", values)}",
            token,
            QueryOptions.Insert
        );
    }

    private static string Time(DateTime at) =>
        string.Create(CultureInfo.InvariantCulture, $"toDateTime64('{at:yyyy-MM-dd HH:mm:ss.fff}', 3, 'UTC')");
}
