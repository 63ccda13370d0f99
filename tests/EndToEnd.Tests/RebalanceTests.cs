using Etl.Loading;
using Etl.Source;
using SourceSql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Rows move to nodes that are new.</summary>
public sealed class RebalanceTests(EnginesFixture fixture, ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    // Pulp's rows are removed when they are older.
    private static readonly DateTimeOffset s_now = new(2026, 10, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private (string, string)[] One => [("Warehouse:Url", cluster.First.Url)];
    private (string, string)[] Two => [("Warehouse:Url", cluster.Url)];

    private (string, string)[] Three =>
        [("Warehouse:Url", $"{cluster.Url} {cluster.Third.Url}"), ("Warehouse:Cluster", ClusterFixture.Larger)];

    [Fact]
    public async Task RunAsync_ThirdNode_MovesWholeSitesAndLoadsGoOn()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, cluster: cluster);
        pipeline.Clock = new SetClock(s_now);
        await pipeline.FillSystemsAsync();
        // Dealt out by a text, a uuid, a number, and a number that may be NULL.
        string[] extracts = [Pipeline.Actions, "foreman/uploads", "pulp/systems", "openstack/poc2institution"];
        foreach (var extract in extracts)
        {
            await pipeline.LoadAsync(extract);
        }

        var before = await RowsAsync(pipeline, Two);
        Assert.Equal(
            extracts.SelectMany(e => ExtractDefinition.Find(Project.Here.Extracts(), e).Facts).Order(),
            before.Where(f => f.Value.Count > 0).Select(f => f.Key).Order()
        );
        var told = await ProgramAsync(pipeline, Three, "--dry-run");
        Assert.Matches("[0-9,]+ rows would move", told.Output);
        Assert.Contains("from node 1 to 2", told.Errors, StringComparison.Ordinal);
        Assert.Contains("from node 2 to 3", told.Errors, StringComparison.Ordinal);
        await AssertWholeAsync(pipeline, before, Two);

        // Killed in the middle, nobody may load or ask; the next attempt goes on.
        await using (var killed = Of(pipeline, Three))
        {
            var moved = 0;
            await Assert.ThrowsAsync<IOException>(() => killed.RunAsync(dryRun: false, _ => Stop(ref moved), Token));
        }

        foreach (var settings in ((string, string)[][])[Two, Three])
        {
            var refused = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync(Pipeline.Actions, null, settings));
            Assert.Contains("rows are being moved to 3 nodes", refused.Message, StringComparison.Ordinal);
            Assert.Contains("rows are being moved to 3 nodes", await ReportFaultAsync(pipeline, settings), StringComparison.Ordinal);
        }

        Assert.Matches("[0-9,]+ rows moved; `make schedule` and `make serve` need", (await ProgramAsync(pipeline, Three)).Output);
        await AssertWholeAsync(pipeline, before, Three);

        // Who still knows two nodes is refused.
        var old = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync(Pipeline.Actions, null, Two));
        Assert.Matches("is node ([12]) of 3, and Warehouse__Url has it as node \\1 of 2", old.Message);

        // What comes later goes where the site's rows are, and both sides agree.
        await pipeline.SourceAsync("UPDATE action_logs SET id = id + 1000000 WHERE id % 3 = 0");
        foreach (var extract in extracts)
        {
            var verified = await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Verify), Three);
            Assert.NotEmpty(verified.Changes);
            Assert.All(verified.Changes, c => Assert.True(c.Same, $"{c.Fact} {c.Partition}: {c.RowsBefore} and {c.RowsAfter}"));
        }

        await AssertWholeAsync(pipeline, before, Three);
    }

    [Fact]
    public async Task RunAsync_WhatCannotBe_IsRefusedAndNothingMoves()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false, cluster: cluster);
        await pipeline.MigrateAsync(cluster.First.Url);
        foreach (var site in (string[])["a", "b", "c", "d", "e", "f", "g", "h"])
        {
            await pipeline.AddActionAsync(site, 1, "2026-01-01T00:00:00");
        }

        await pipeline.LoadAsync(Pipeline.Actions, null, One);

        // The new node is in front; a load goes on; rows of a source that can't be asked.
        await RefusedAsync(
            pipeline,
            "holds no warehouse|holds rows of another warehouse",
            ("Warehouse:Url", $"{cluster.Second.Url} {cluster.First.Url}")
        );
        await using (var replica = Replica.Of("Fuel", pipeline.Environment()["ConnectionStrings__Fuel"]))
        {
            await replica.LockAsync(Pipeline.Actions, allowPrimary: false, Token);
            await RefusedAsync(pipeline, Pipeline.Actions, Two);
        }

        await RefusedAsync(pipeline, "isn't made of the 2 nodes of Warehouse__Url: it has 3 servers, 2", [.. Two, Three[1]]);
        await RefusedAsync(pipeline, "set ConnectionStrings__Fuel", [.. Two, ("ConnectionStrings:Fuel", null!)]);
        Assert.Equal(["8"], await AskAsync(pipeline, One, "SELECT count() FROM fuel_action"));
        await pipeline.LoadAsync(Pipeline.Actions, null, One);

        // A row that lies where it doesn't belong: who has moved it by hand?
        await MoveAsync(pipeline, Two);
        foreach (var node in pipeline.Nodes)
        {
            await node.ExecuteAsync("INSERT INTO fuel_action (installation_uid, operation_id) VALUES ('odd', 1)", Token);
        }

        await RefusedAsync(
            pipeline,
            "has rows of fuel_action that belong to another node, those of installation_uid 'odd' among them",
            Three
        );
        await pipeline.LoadAsync(Pipeline.Actions, null, Two);
    }

    private static async Task AssertWholeAsync(Pipeline pipeline, Dictionary<string, List<string>> before, (string, string)[] settings)
    {
        Assert.All(await RowsAsync(pipeline, settings), fact => Assert.Equal(before[fact.Key], fact.Value));

        var options = WarehouseOptions.Read(pipeline.Configuration(settings));
        var sites = new List<string>();
        foreach (var url in options.Nodes)
        {
            using var node = new ClickHouseClient(options, url);
            var own = (
                await node.QueryAsync(
                    "SELECT DISTINCT installation_uid FROM fuel_action UNION DISTINCT SELECT site FROM foreman_site",
                    Token
                )
            ).Texts;
            Assert.True(own.Count() > 3, $"{url} has {own.Count()} sites");
            sites.AddRange(own);
        }

        Assert.Equal(sites.Distinct().Count(), sites.Count);
    }

    // Of each fact.
    private static async Task<Dictionary<string, List<string>>> RowsAsync(Pipeline pipeline, (string, string)[] settings)
    {
        var rows = new Dictionary<string, List<string>>();
        foreach (var fact in Project.Here.FactNames())
        {
            rows.Add(
                fact,
                [
                    .. (await AskAsync(pipeline, settings, $"SELECT toString(tuple(* EXCEPT (_run))) FROM {fact}")).Order(
                        StringComparer.Ordinal
                    ),
                ]
            );
        }

        return rows;
    }

    private static async Task<IReadOnlyList<string>> AskAsync(Pipeline pipeline, (string, string)[] settings, string sql)
    {
        var options = WarehouseOptions.Read(pipeline.Configuration(settings));
        using var whole = new ClickHouseClient(options with { Database = options.WholeDatabase });
        return
        [
            .. (await whole.QueryAsync(sql, Token, new QueryOptions { Settings = SharedSql.Settings })).Rows.Select(r => r[0].ToString()),
        ];
    }

    private static Rebalance Of(Pipeline pipeline, (string, string)[] settings) =>
        new(pipeline.Configuration(settings), pipeline.Project, pipeline.Clock);

    private static async Task MoveAsync(Pipeline pipeline, (string, string)[] settings)
    {
        await using var rebalance = Of(pipeline, settings);
        Assert.NotEmpty(await rebalance.RunAsync(dryRun: false, _ => { }, Token));
    }

    private static void Stop(ref int moved)
    {
        if (++moved == 5)
        {
            throw new IOException("killed");
        }
    }

    private static async Task RefusedAsync(Pipeline pipeline, string expected, params (string, string)[] settings)
    {
        await using var rebalance = Of(pipeline, settings);
        var fault = await Assert.ThrowsAnyAsync<WarehouseSql.Programs.UserException>(() =>
            rebalance.RunAsync(dryRun: false, _ => { }, Token)
        );
        Assert.Matches(expected, fault.Message);
    }

    private static async Task<string> ReportFaultAsync(Pipeline pipeline, (string Name, string Value)[] settings)
    {
        await using var program = ChildProgram.Start("reports/Reports.Cli", Environment(pipeline, settings), "run", "fuel/os-distribution");
        var ended = await program.WaitAsync();
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        return ended.Errors;
    }

    private static async Task<Ended> ProgramAsync(Pipeline pipeline, (string Name, string Value)[] settings, params string[] arguments)
    {
        await using var program = ChildProgram.Start("etl/Etl", Environment(pipeline, settings), ["rebalance", .. arguments]);
        var ended = await program.WaitAsync();
        Assert.Equal(0, ended.Code);
        return ended;
    }

    private static Dictionary<string, string> Environment(Pipeline pipeline, (string Name, string Value)[] settings) =>
        pipeline.Environment([.. settings.Select(s => (s.Name.Replace(":", "__", StringComparison.Ordinal), s.Value))]);
}
