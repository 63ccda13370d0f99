using System.Globalization;
using System.Text.Json;
using WarehouseSql.ClickHouse;

namespace WarehouseSql.Runs;

/// <summary>How long a fact's rows are kept, and which are gone.</summary>
/// <param name="SetDays">How many days an operator had them kept; null: nobody did, or it was taken back.</param>
/// <param name="SetBy">Who did; empty: nobody.</param>
/// <param name="SetAt">When (UTC).</param>
/// <param name="Before">All rows of days before it are gone; null: none are.</param>
/// <param name="Removed">How many of these were removed by now.</param>
/// <param name="ErasedAt">When rows of a site were last erased because it had asked for it; null: never.</param>
public sealed record FactRetention(
    int? SetDays,
    string SetBy,
    DateTimeOffset SetAt,
    DateOnly? Before,
    long Removed,
    DateTimeOffset? ErasedAt
)
{
    /// <summary>Of a fact that nothing was ever set or removed of.</summary>
    public static FactRetention None { get; } = new(null, "", default, null, 0, null);
}

/// <summary>
/// The log <c>etl_retention</c>: what operators set, and what was removed. It is only added to; all that is written to it or asked of it
/// stands here, but for the views that outlive their facts' rows.
/// </summary>
public static class RetentionLog
{
    /// <summary>What stands in the log, by fact.</summary>
    /// <param name="ask">Asks the warehouse, as the account that wants to know.</param>
    public static async Task<IReadOnlyDictionary<string, FactRetention>> ReadAsync(Func<string, Task<ResultTable>> ask)
    {
        var found = await ask(
            """
            SELECT fact, toInt64(ifNull(argMaxIf(days, at, days IS NOT NULL), 0)), argMaxIf(who, at, days IS NOT NULL),
              toUnixTimestamp64Milli(maxIf(at, days IS NOT NULL)), toString(ifNull(max(before), toDate(0))),
              toInt64(sumIf(rows, before IS NOT NULL)), toUnixTimestamp64Milli(maxIf(at, days IS NULL AND before IS NULL))
            FROM etl_retention
            GROUP BY fact
            """
        );
        return found.Rows.ToDictionary(
            r => r[0].GetString()!,
            r => new FactRetention(
                r[1].GetInt64() is > 0 and var days ? (int)days : null,
                r[2].GetString() ?? "",
                Time(r[3]) ?? default,
                DateOnly.Parse(r[4].GetString()!, CultureInfo.InvariantCulture) is var before && before.Year > 1970 ? before : null,
                r[5].ValueKind == JsonValueKind.Number ? r[5].GetInt64() : 0,
                Time(r[6])
            )
        );
    }

    // Of no line it is 0 or NULL, as the account's settings have it.
    private static DateTimeOffset? Time(JsonElement at) =>
        at.ValueKind == JsonValueKind.Number && at.GetInt64() > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(at.GetInt64()) : null;

    /// <summary>Notes that an operator has a fact's rows kept for so many days; 0: as the fact's header says.</summary>
    public static Task SetAsync(ClickHouseClient client, string fact, int days, string who, CancellationToken token) =>
        client.ExecuteAsync(
            "INSERT INTO etl_retention (fact, who, days) SELECT {fact:String}, {who:String}, {days:UInt32}",
            token,
            QueryOptions.With(("fact", fact), ("who", who), ("days", days.ToString(CultureInfo.InvariantCulture))) with
            {
                Settings = QueryOptions.Insert.Settings,
            }
        );

    /// <summary>Notes that rows of a site were erased: what was answered before is no answer any longer.</summary>
    public static Task NoteErasedAsync(ClickHouseClient client, string fact, long rows, CancellationToken token) =>
        client.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"INSERT INTO etl_retention (fact, rows) VALUES ('{fact}', {rows})"),
            token,
            QueryOptions.Insert
        );

    /// <summary>Notes that the rows of all days before <paramref name="before"/> are gone: from now on readers go by it.</summary>
    public static Task NoteRemovedAsync(ClickHouseClient client, string fact, DateOnly before, long rows, CancellationToken token) =>
        client.ExecuteAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"INSERT INTO etl_retention (fact, before, rows) VALUES ('{fact}', '{before:yyyy-MM-dd}', {rows})"
            ),
            token,
            QueryOptions.Insert
        );
}
