using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// What happened in the last second of a period, or after the last whole second before it, is in it: also where ClickHouse leaves out
/// partitions and parts of a key by the period.
/// </summary>
public sealed class LastMomentTests(EnginesFixture fixture)
{
    // Of a row at 23:59:59.999999 on 5 April.
    private static readonly string[] Conditions =
    [
        "{0} < {{to:DateTime('UTC')}}",
        "{0} < {{ to : DateTime }}",
        "{{to:DateTime('UTC')}} > {0}",
        "NOT {0} >= {{to:DateTime('UTC')}}",
        "{0} - toIntervalDay(1) < {{to:DateTime('UTC')}} - toIntervalDay(1)",
        "{0} < toStartOfDay({{to:DateTime('UTC')}})",
        "{0} < date_trunc('hour', {{to:DateTime('UTC')}})",
        "{0} < CAST('2026-04-06' AS TIMESTAMP)",
        "{0} < CAST(concat('2026', '-04-06') AS DateTime)",
        "{0} < '2026-04-06'::timestamp",
        "{0} < TIMESTAMP '2026-04-06 00:00:00'",
        "{0} < timestamp  '2026-04-06 00:00:00'",
        "{0} < toDate('2026-04-06')",
        "{0} < '2026-04-06'",
        "{0} < toDate('2026-04-05') + INTERVAL 24 HOUR",
        "{0} < {{day:Date}} + INTERVAL '24' HOURS",
        "{0} < {{day:Date}} + INTERVAL {{hours:Int32}} hour",
        "{0} < CAST('2026-04-07' AS DATE) - INTERVAL 1440 MINUTE",
        "{0} < {{day:Date}} + INTERVAL 86400 second",
        "{0} < {{day:Date}} + INTERVAL (20 + 4) HOUR",
        "{0} < {{day:Date}} + INTERVAL '24 hours'",
        "{0} < toStartOfDay({{day:Date}} + INTERVAL 12 HOUR) + INTERVAL 24 HOUR",
        "{0} < greatest({{day:Date}} + INTERVAL 1 HOUR, {{day:Date}} + INTERVAL 24 HOUR) + INTERVAL 0 SECOND",
        "{0} < ({{day:Date}} + INTERVAL 12 HOUR) + INTERVAL 12 HOUR",
        "{0} < {{day:Date}} + INTERVAL 1 DAY",
        "{0} < {{day:Date}} + INTERVAL '1 day'",
        "{0} > {{second:DateTime('UTC')}}",
        "NOT {0} <= {{second:DateTime('UTC')}}",
        "{0} > CAST('2026-04-05 23:59:59' AS TIMESTAMP)",
    ];

    [Fact]
    public async Task Period_LastFractionOfASecond_IsInIt()
    {
        var token = TestContext.Current.CancellationToken;
        using var pipeline = await Pipeline.CreateAsync(fixture);
        // A partition of that moment alone, and a part of a key: so many states of one site that parts of the key hold its times alone.
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO fuel_action (installation_uid, operation_id, started_at) SETTINGS async_insert = 0 VALUES ('a', 1, '2026-04-05 23:59:59.999999')",
            token
        );
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO fuel_installation (installation_uid, reported_at) SELECT 'a', toDateTime64('2026-04-05 23:59:59.999999', 6, 'UTC') + toIntervalDay(n) FROM (SELECT arrayJoin(range(30000)) - 20000 AS n) SETTINGS async_insert = 0, max_partitions_per_insert_block = 0",
            token
        );
        foreach (var condition in Conditions)
        {
            foreach (
                var (fact, column) in (ValueTuple<string, string>[])[("fuel_action", "started_at"), ("fuel_installation", "reported_at")]
            )
            {
                var sql = SharedSql.ToClickHouse(
                    $"SELECT countIf(toDate({column}) = '2026-04-05') FROM {fact} WHERE {string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, column)}"
                );
                var options = QueryOptions.With(
                    ("to", "2026-04-06 00:00:00"),
                    ("second", "2026-04-05 23:59:59"),
                    ("day", "2026-04-05"),
                    ("hours", "24")
                ) with
                {
                    Settings = SharedSql.Settings,
                };
                Assert.True((await pipeline.Warehouse.QueryAsync(sql, token, options)).Scalar.GetInt64() == 1, sql);
            }
        }
    }
}
