using Reports.Catalogs;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What columns are made of is what the server's analysis says, from the source to reports.</summary>
public sealed class LineageTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lineage_OfTheProject_LeadsFromTheSourceToReports()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var lineage = await Lineage.ReadAsync(
            Project.Here,
            async (sql, bound) =>
                (await runner.AskAsync($"EXPLAIN QUERY TREE run_passes = 1\n{SharedSql.ToClickHouse(sql)}", Token, bound)).Texts,
            TimeProvider.System
        );

        Assert.Equal(["fuel_deployment_counted.duration_s"], Made("fuel/deployment-time.avg_s"));
        Assert.Equal(["fuel_installation_current.release"], Made("fuel/deployment-time.release"));
        Assert.Empty(Made("fuel/deployment-time.deployments"));
        Assert.Equal(["fuel/action_logs.body"], Made("fuel_action.duration_s"));
        Assert.Equal(["fuel/action_logs.master_node_uid"], Made("fuel_action.installation_uid"));
        Assert.Contains("fuel/deployment-time.p90_s", All("fuel/action_logs.body"));
        Assert.DoesNotContain("fuel/deployment-time.release", All("fuel/action_logs.body"));
        // A status chooses the deployments that are counted, and is no part of how long they took.
        Assert.Contains("fuel/deployment-time", lineage.ChosenBy(Column("fuel_action.status")));
        Assert.DoesNotContain(All("fuel_action.status"), c => c.StartsWith("fuel/deployment-time.", StringComparison.Ordinal));
        Assert.Contains("openstack/usage-by-project", lineage.ReadersOf("openstack_item"));
        Assert.DoesNotContain("fuel/os-distribution", lineage.ReadersOf("openstack_item"));

        var columns = lineage.Columns.ToList();
        foreach (var fact in Project.Here.Facts().Values)
        {
            Assert.All(
                fact.Columns.Keys,
                c => Assert.True(lineage.MadeOf(new ColumnName(fact.Name, c)).Any(), $"{fact.Name}.{c} is of nothing")
            );
        }

        // Whatever a report's SQL is, its columns are known, and what they are made of is there.
        var loads = await runner.LoadsAsync(Token);
        foreach (var report in Project.Here.Reports().Values)
        {
            var described = await runner.ColumnsAsync(runner.Prepare(report, new Dictionary<string, string>(), loads), Token);
            Assert.Equal(described.Select(c => c.Name), columns.Where(c => c.Table == report.Name).Select(c => c.Column));
            foreach (var of in columns.Where(c => c.Table == report.Name).SelectMany(lineage.MadeOf))
            {
                Assert.True(columns.Contains(of) || of.Table.StartsWith("etl_", StringComparison.Ordinal), $"{report.Name}: {of}");
            }
        }

        ColumnName Column(string name) => Assert.Single(lineage.Columns, c => c.ToString() == name);
        IEnumerable<string> Made(string name) => lineage.MadeOf(Column(name)).Select(c => c.ToString());
        IEnumerable<string> All(string name) => lineage.AllOf(Column(name)).Select(c => c.ToString());
    }

    // One warehouse for all of them: to make one takes longer than to ask.
    private static readonly (string Sql, string Column, string Expected)[] s_selects =
    [
        ("SELECT a AS x FROM t", "x", "t.a"),
        ("SELECT a + length(b) AS x FROM t WHERE c > 1", "x", "t.a t.b"),
        ("WITH w AS (SELECT a AS y, c FROM t) SELECT max(y) AS x FROM w GROUP BY c", "x", "t.a"),
        ("SELECT x FROM (SELECT a AS x, b FROM t UNION ALL SELECT c, b FROM t UNION ALL SELECT a, b FROM u)", "x", "t.a t.c u.a"),
        ("SELECT d AS x FROM t ARRAY JOIN items AS d", "x", "t.items"),
        ("SELECT arrayMap(i -> i + a, items) AS x FROM t", "x", "t.a t.items"),
        ("SELECT a / (SELECT sum(c) AS s FROM u) AS x FROM t", "x", "t.a u.c"),
        ("SELECT t.b AS x FROM t JOIN u ON u.a = t.a WHERE t.a IN (SELECT c FROM u)", "x", "t.b"),
        ("SELECT u.b AS x FROM t LEFT JOIN u USING (a)", "x", "u.b"),
        ("SELECT sum(a) OVER (PARTITION BY b ORDER BY c) AS x FROM t", "x", "t.a t.b t.c"),
        ("SELECT count() AS x FROM t", "x", ""),
        ("SELECT 'a, column_name: b, source_id: 1' AS x, a FROM t", "x", ""),
    ];

    [Fact]
    public async Task QueryTree_OfASelect_SaysWhatColumnsAreMadeOf()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        foreach (var table in new[] { "t", "u" })
        {
            await pipeline.Warehouse.ExecuteAsync(
                $"CREATE TABLE {table} (a Int32, b String, c Int32, items Array(Int32)) ENGINE = MergeTree ORDER BY a",
                Token
            );
        }

        foreach (var (sql, column, expected) in s_selects)
        {
            var lines = await pipeline.Warehouse.QueryAsync($"EXPLAIN QUERY TREE run_passes = 1 {sql}", Token);
            var made = new QueryTree(lines.Texts).MadeOf(column).Select(c => c.ToString()).Order(StringComparer.Ordinal);
            Assert.Equal((sql, expected), (sql, string.Join(' ', made)));
        }
    }
}
