using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// The first walk of <c>docs/changing.md</c>, done with its files and commands: a new system is SQL files and nothing else.
/// </summary>
public sealed class SixthSystemTests(EnginesFixture fixture) : IDisposable
{
    private static readonly string[] Parts =
    [
        "warehouse-sql/migrations",
        "warehouse-sql/facts",
        "warehouse-sql/functions",
        "warehouse-sql/views",
        "etl/extracts",
        "reports/definitions",
        "reports/digests",
        "reports/watches",
        "reports/dumps",
        "reports/templates",
    ];

    private readonly TempFolder root = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => root.Dispose();

    [Fact]
    public async Task Shop_FromItsFilesAlone_IsLoadedVerifiedAndReported()
    {
        foreach (var part in Parts)
        {
            foreach (var file in Directory.EnumerateFiles(Project.Here.PathOf(part), "*", SearchOption.AllDirectories))
            {
                root.Write(Project.Relative(file), await File.ReadAllTextAsync(file, Token));
            }
        }

        WriteShop();
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false);
        await pipeline.SourceAsync(
            """
            CREATE SCHEMA shop;
            CREATE TABLE shop.orders (id bigserial PRIMARY KEY, site text, at timestamptz NOT NULL, cents bigint);
            INSERT INTO shop.orders (site, at, cents) VALUES
              ('a', '2026-01-05 10:00:00Z', 100), ('b', '2026-01-31 23:59:59Z', 250), ('a', '2026-02-01 00:00:00Z', 30), (NULL, '2026-02-02Z', 1)
            """
        );
        var environment = pipeline.Environment(
            ("WAREHOUSE_ROOT", root.Path),
            ("ConnectionStrings__Shop", fixture.Engines.Replica.ConnectionString(pipeline.SourceDatabase, "shop"))
        );

        Assert.Contains("9000_shop", (await RunAsync("etl/Etl", environment, "migrate")).Output, StringComparison.Ordinal);
        await RunAsync("etl/Etl", environment, "check");
        await RunAsync("reports/Reports.Cli", environment, "check");
        Assert.Matches(@"shop/orders\s+4\s+1\s.*published", (await RunAsync("etl/Etl", environment, "extract", "shop/orders")).Output);
        await pipeline.SourceAsync("INSERT INTO shop.orders (site, at, cents) VALUES ('c', '2026-02-03Z', 7)");
        Assert.Matches(@"shop/orders\s.*published", (await RunAsync("etl/Etl", environment, "extract", "shop/orders")).Output);
        Assert.Contains(
            "agree with the source",
            (await RunAsync("etl/Etl", environment, "verify", "shop/orders")).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "month,sites,orders,euros\n2026-01-01,2,2,3.5\n2026-02-01,2,2,0.37\n",
            (await RunAsync("reports/Reports.Cli", environment, "run", "shop/orders-by-month", "--format", "csv")).Output
        );
    }

    private void WriteShop()
    {
        root.Write(
            "etl/extracts/shop/orders.sql",
            """
            /*---
            about: What was ordered
            source: Shop
            mode: append
            key: [id]
            cursor: id
            event_time: at AT TIME ZONE 'UTC'
            schedule: 0 0/15 * * * ?
            unreadable: if(ifNull(site, '') = '', 'no site', '')
            facts: [shop_order]
            ---*/
            SELECT id, site, at, cents
            FROM orders
            """
        );
        root.Write(
            "warehouse-sql/migrations/9000_shop.sql",
            """
            CREATE TABLE IF NOT EXISTS shop_order (
              order_id Int64,
              site LowCardinality(String),
              ordered_at DateTime64(6, 'UTC'),
              cents Nullable(Int64),
              _run UInt64
            )
            ENGINE = {ReplacingMergeTree}(_run)
            PARTITION BY toYYYYMM(ordered_at)
            ORDER BY order_id;
            """
        );
        root.Write(
            "warehouse-sql/facts/shop_order.sql",
            """
            /*---
            about: Orders
            grain: one row per order
            key: [order_id]
            partition: toYYYYMM(ordered_at)
            columns:
              order_id: {is: the order's number}
              site: {is: the anonymous site, identifies: site}
              ordered_at: {is: when it was ordered, unit: UTC}
              cents: {is: what it cost, unit: euro cents}
            ---*/
            SELECT
              id AS order_id,
              assumeNotNull(site) AS site,
              at AS ordered_at,
              cents
            FROM {landing}
            """
        );
        root.Write(
            "reports/definitions/shop/orders-by-month.sql",
            """
            /*---
            title: Orders by month
            asks: How much is ordered in each month?
            columns:
              month: {is: its first day}
              sites: {format: integer, is: sites that ordered}
              orders: {format: integer, is: orders}
              euros: {is: what they cost}
            ---*/
            SELECT
              toStartOfMonth(ordered_at) AS month,
              uniqExact(site) AS sites,
              count() AS orders,
              sum(cents) / 100 AS euros
            FROM shop_order
            GROUP BY month
            ORDER BY month
            """
        );
        root.Write(
            "reports/definitions/shop/orders-by-month.test.yaml",
            """
            - name: two orders of one site
              given:
                shop_order:
                  - {order_id: 1, site: a, ordered_at: '2026-01-05 10:00:00', cents: 100}
                  - {order_id: 2, site: a, ordered_at: '2026-01-06 10:00:00', cents: 50}
              expect:
                - {month: '2026-01-01', sites: 1, orders: 2, euros: 1.5}
            """
        );
    }

    private static async Task<Ended> RunAsync(string project, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var ended = await ChildProgram.RunAsync(project, environment, arguments);
        Assert.True(ended.Code == 0, $"{project} {string.Join(' ', arguments)}: {ended.Output}{ended.Errors}");
        return ended;
    }
}
