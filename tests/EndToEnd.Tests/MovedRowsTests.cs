using Etl.Loading;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Operations whose time changes at the source lie in another month then, and in that one only.</summary>
public sealed class MovedRowsTests(EnginesFixture fixture)
{
    private const string Place = "SELECT installation_uid, operation_id, toYYYYMM(started_at) FROM fuel_action ORDER BY ALL";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    // One partition is staged, which is attached alone; and several.
    [InlineData(false)]
    [InlineData(true)]
    public async Task Load_RowOfAnotherMonthNow_LeavesItsOldOne(bool several)
    {
        using var pipeline = await FilledAsync();
        await MoveAsync(pipeline, 2, "2026-03-02T00:00:00");
        if (several)
        {
            await pipeline.AddActionAsync("a", 9, "2026-01-09T00:00:00");
        }

        await pipeline.LoadAsync();

        await AssertPlacesAsync(
            pipeline,
            several ? ["a 1 202601", "a 2 202603", "a 3 202602", "a 9 202601"] : ["a 1 202601", "a 2 202603", "a 3 202602"]
        );
        Assert.Equal(
            several ? ["202601 2", "202602 1", "202603 1"] : ["202601 1", "202602 1", "202603 1"],
            await pipeline.AskAsync("SELECT partition, rows FROM etl_partition WHERE fact = 'fuel_action' ORDER BY 1")
        );
        // No load takes what has left for lost, and both sides agree.
        await pipeline.AddActionAsync("a", 10, "2026-01-10T00:00:00");
        await pipeline.LoadAsync();
        var verified = await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify));
        Assert.All(verified.Changes, c => Assert.True(c.Same, c.ToString()));
    }

    [Fact]
    public async Task Load_HealthChecksOfAnotherMonthNow_LeaveTheirOldOne()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ('a', 1,
              '{"action_name": "ostf", "start_timestamp": "2026-01-01T00:00:00", "additional_info": {"testruns": [{"testset": "sanity", "tests": [{"id": "t", "name": "T", "status": "success"}, {"id": "u", "name": "U", "status": "failure"}]}]}}')
            """
        );
        await pipeline.LoadAsync();
        await pipeline.SourceAsync("UPDATE action_logs SET id = 100, body = replace(body, '2026-01', '2026-02')");
        await pipeline.LoadAsync();
        Assert.Equal(
            ["t 202602", "u 202602"],
            await pipeline.AskAsync("SELECT test_id, toYYYYMM(started_at) FROM fuel_health_check ORDER BY ALL")
        );
        Assert.Equal(["202602 1"], await pipeline.AskAsync("SELECT toYYYYMM(started_at), count() FROM fuel_action GROUP BY 1"));
    }

    [Fact]
    public async Task Load_RowThatChangesWhileItIsRead_IsKeptAsItWasReadLast()
    {
        const string extract = "etl/extracts/fuel/action_logs.sql";
        using var project = new ProjectCopy().Change(extract, "FROM action_logs", "FROM action_logs WHERE pg_sleep(0.3)::text = ''");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        for (var i = 1; i <= 4; i++)
        {
            await pipeline.AddActionAsync("a", i, "2026-05-01T00:00:00");
        }

        await pipeline.SourceAsync("UPDATE action_logs SET id = external_id * 10");
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "1")), Token);
        await Wait.UntilAsync(
            async () =>
                load.IsCompleted
                || (
                    (await pipeline.RunTablesAsync()).Find(t => t.EndsWith("_fuel_action", StringComparison.Ordinal)) is { } staging
                    && await pipeline.AskOneAsync($"SELECT count() FROM {staging}") != "0"
                ),
            "a row is read"
        );
        // Behind the one that is read now, before the last.
        await pipeline.SourceAsync("UPDATE action_logs SET id = 35, body = replace(body, '2026-05', '2026-04') WHERE external_id = 1");
        Assert.Equal(5, (await load).Run.RowsRead);
        await AssertPlacesAsync(pipeline, ["a 1 202604", "a 2 202605", "a 3 202605", "a 4 202605"]);
    }

    [Fact]
    public async Task Backfill_RowOfTheWindowNow_LeavesWhereItWas()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("UPDATE action_logs SET body = replace(body, '2026-01-02', '2026-02-02') WHERE external_id = 2");
        await pipeline.BackfillAsync("2026-02-01", "2026-03-01");
        await AssertPlacesAsync(pipeline, ["a 1 202601", "a 2 202602", "a 3 202602"]);
        await pipeline.LoadAsync();
    }

    [Theory]
    [InlineData(nameof(LoadKind.Accept))]
    [InlineData(nameof(LoadKind.Heal))]
    public async Task WholeRead_RowOfAnotherMonthNow_LeavesItsOldOne(string kind)
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("UPDATE action_logs SET body = replace(body, '2026-01-02', '2027-02-02') WHERE external_id = 2");
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(Enum.Parse<LoadKind>(kind), Force: true));
        await AssertPlacesAsync(pipeline, ["a 1 202601", "a 2 202702", "a 3 202602"]);
        await pipeline.LoadAsync();
    }

    [Fact]
    public async Task Settle_OneKeyStagedInThreePartitions_LeavesTheLatest()
    {
        using var pipeline = await FilledAsync();
        var facts = Project.Here.Facts();
        var extract = ExtractDefinition.Read(Path.Combine(ChildProgram.Root, "etl/extracts/fuel/action_logs.sql"), facts);
        var fact = facts["fuel_action"];
        var tables = new RunTables(pipeline.Warehouse, new TableEngines(), extract, [fact], [], 77);
        await pipeline.Warehouse.ExecuteAsync($"CREATE TABLE {tables.Staging(fact.Name)} AS fuel_action", Token);
        await pipeline.Warehouse.ExecuteAsync($"SYSTEM STOP MERGES {pipeline.Warehouse.Database}.{tables.Staging(fact.Name)}", Token);
        foreach (var (site, month) in (ValueTuple<string, int>[])[("x", 5), ("y", 1), ("x", 6), ("y", 3), ("x", 4), ("z", 4), ("y", 3)])
        {
            await pipeline.Warehouse.ExecuteAsync(
                $"INSERT INTO {tables.Staging(fact.Name)} (installation_uid, operation_id, started_at, _run) SETTINGS async_insert = 0 VALUES ('{site}', 1, '2026-0{month}-01 00:00:00', 77)",
                Token
            );
        }

        await new MovedRows(tables, fact).SettleStagedAsync(Token);

        Assert.Equal(
            ["x 202604", "y 202603", "z 202604"],
            await pipeline.AskAsync($"SELECT installation_uid, toYYYYMM(started_at) FROM {tables.Staging(fact.Name)} ORDER BY ALL")
        );
    }

    [Fact]
    public async Task Find_LaterRunHasPublishedTheKeyElsewhere_NamesTheStagedRow()
    {
        using var pipeline = await FilledAsync();
        var facts = Project.Here.Facts();
        var extract = ExtractDefinition.Read(Path.Combine(ChildProgram.Root, "etl/extracts/fuel/action_logs.sql"), facts);
        var fact = facts["fuel_action"];
        var tables = new RunTables(pipeline.Warehouse, new TableEngines(), extract, [fact], [], 0);
        // As a backfill that failed and goes on: an older run than the one that loaded the rows since.
        await pipeline.Warehouse.ExecuteAsync($"CREATE TABLE {tables.Staging(fact.Name)} AS fuel_action", Token);
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO {tables.Staging(fact.Name)} (installation_uid, operation_id, started_at, _run) SETTINGS async_insert = 0 VALUES ('a', 2, '2026-06-01 00:00:00', 0)",
            Token
        );
        Assert.Equal([("202606", 1L)], await new MovedRows(tables, fact).FindAsync(null, Token));
        Assert.Equal([("202606", 1L)], await new MovedRows(tables, fact).FindAsync(["202606"], Token));
        Assert.Empty(await new MovedRows(tables, fact).FindAsync(["202601", "202606"], Token));
    }

    [Fact]
    public async Task Migrate_RowsThatLieTwice_KeepsTheLaterAndMissesNone()
    {
        using var pipeline = await FilledAsync();
        // As loads of earlier versions left them.
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO fuel_action SELECT * REPLACE (started_at + INTERVAL 100 DAY AS started_at, _run + 1 AS _run) FROM fuel_action WHERE operation_id = 2 SETTINGS async_insert = 0",
            Token
        );
        await pipeline.Warehouse.ExecuteAsync("DELETE FROM schema_migration WHERE number >= 11", Token);
        await pipeline.MigrateAsync();
        await AssertPlacesAsync(pipeline, ["a 1 202601", "a 2 202604", "a 3 202602"]);
        Assert.Equal(
            ["202601 1", "202602 1"],
            await pipeline.AskAsync("SELECT partition, rows FROM etl_partition WHERE fact = 'fuel_action' ORDER BY 1")
        );
        await pipeline.LoadAsync();
    }

    [Fact]
    public void CanBe_PartitionOfTheKeyAlone_IsFalse() =>
        Assert.Equal(
            ["fuel_action", "fuel_health_check", "fuel_task"],
            Project.Here.Facts().Values.Where(MovedRows.CanBe).Select(f => f.Name)
        );

    // Each key once, also for those who look at all that is stored.
    private static async Task AssertPlacesAsync(Pipeline pipeline, string[] expected)
    {
        Assert.Equal(expected, await pipeline.AskAsync(Place));
        Assert.Equal(expected, (await pipeline.AskAsync(Place + " SETTINGS final = 0")).Distinct());
    }

    // Another row with the same key, as after a site was read anew.
    private static Task MoveAsync(Pipeline pipeline, int operation, string start) =>
        pipeline.SourceAsync(
            $$"""
            UPDATE action_logs SET id = nextval(pg_get_serial_sequence('action_logs', 'id')), body = '{"start_timestamp": "{{start}}"}'
            WHERE external_id = {{operation}}
            """
        );

    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.AddActionAsync("a", 2, "2026-01-02T00:00:00");
        await pipeline.AddActionAsync("a", 3, "2026-02-01T00:00:00");
        await pipeline.LoadSettledAsync();
        return pipeline;
    }
}
