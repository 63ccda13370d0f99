using System.Globalization;
using Etl.Loading;
using WarehouseSql.ClickHouse;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Backfills: a time's rows anew in place of what the warehouse has of it, and nothing else touched.</summary>
public sealed class BackfillTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_Backfill_ReplacesThePartitions()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync(
            """
            DELETE FROM action_logs WHERE master_node_uid = 'january' AND external_id = 7;
            UPDATE action_logs SET body = replace(body, 'deploy', 'provision') WHERE master_node_uid = 'january' AND external_id = 8;
            INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ('january', 1001, '{"start_timestamp": "2026-01-31T23:59:59.999999"}')
            """
        );
        var result = await pipeline.BackfillAsync("2026-01-01", "2026-02-01");
        Assert.Equal(
            ["1001 NULL", "8 provision"],
            await pipeline.AskAsync(
                "SELECT operation_id, action_name FROM fuel_action WHERE operation_id IN (7, 8, 1001) AND installation_uid = 'january' ORDER BY toString(operation_id)"
            )
        );
        Assert.Equal(["200 1", "200 2", "200 3", "1 0"], await CountsAsync(pipeline));
        Assert.Equal([new PartitionChange("fuel_action", "202601", 200, 200, Same: false)], result.Changes);
        Assert.Equal(
            "backfill published 2026-01-01 2026-02-01 fuel_action/202601",
            await pipeline.AskOneAsync(
                "SELECT kind, outcome, range_from, range_to, arrayStringConcat(partitions, ' ') FROM etl_run ORDER BY run DESC LIMIT 1"
            )
        );
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_PartOfAMonth_LoadsTheWholeMonthAndNoOther()
    {
        using var pipeline = await FilledAsync();
        // Each month lacks a row at the source now; only that of the window may go from the warehouse.
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE external_id = 1 AND master_node_uid != 'undated'");
        var result = await pipeline.BackfillAsync("2026-02-10", "2026-02-11");
        Assert.Equal(("2026-02-01", "2026-03-01"), (result.Run.RangeFrom, result.Run.RangeTo));
        // And the row that tells no time.
        Assert.Equal(200, result.Run.RowsRead);
        Assert.Equal(["200 1", "199 2", "200 3", "1 0"], await CountsAsync(pipeline));
    }

    [Fact]
    public async Task RunAsync_WindowOverTheEndOfAMonth_LoadsBothMonths()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE external_id = 1 AND master_node_uid != 'undated'");
        var result = await pipeline.BackfillAsync("2026-01-31", "2026-02-02");
        Assert.Equal(("2026-01-01", "2026-03-01"), (result.Run.RangeFrom, result.Run.RangeTo));
        Assert.Equal(["199 1", "199 2", "200 3", "1 0"], await CountsAsync(pipeline));
    }

    [Fact]
    public async Task RunAsync_MuchWouldBeLost_IsRefusedWithoutForce()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE master_node_uid = 'february' AND external_id <= 3");
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.BackfillAsync("2026-02-01", "2026-03-01"));
        Assert.Equal(
            "fuel_action, partition 202602, would go from 200 to 197 rows; nothing was published — find out where they went, or say FORCE=1",
            fault.Message
        );
        Assert.Equal(["200 1", "200 2", "200 3", "1 0"], await CountsAsync(pipeline));

        // What was staged is kept for whoever says so, and is published without being read again but for the overlap.
        await pipeline.BackfillAsync("2026-02-01", "2026-03-01", force: true);
        Assert.Equal(["200 1", "197 2", "200 3", "1 0"], await CountsAsync(pipeline));
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_MonthIsEmptyAtTheSource_EmptiesThePartition()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE master_node_uid = 'february'");
        await Assert.ThrowsAsync<WarehouseException>(() => pipeline.BackfillAsync("2026-02-01", "2026-03-01"));
        await pipeline.BackfillAsync("2026-02-01", "2026-03-01", force: true);
        Assert.Equal(["200 1", "200 3", "1 0"], await CountsAsync(pipeline));
    }

    [Fact]
    public async Task RunAsync_DryRun_PublishesNothing()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE master_node_uid = 'february'");
        var before = await pipeline.ChecksumsAsync("fuel_action", "fuel_health_check", "etl_quarantine");
        var result = await pipeline.BackfillAsync("2026-01-01", "2026-03-01", dryRun: true);
        Assert.Equal(
            [new("fuel_action", "202601", 200, 200, Same: true), new PartitionChange("fuel_action", "202602", 200, 0, Same: false)],
            result.Changes
        );
        Assert.Equal(before, await pipeline.ChecksumsAsync("fuel_action", "fuel_health_check", "etl_quarantine"));
        Assert.Equal("checked", await pipeline.AskOneAsync("SELECT outcome FROM etl_run ORDER BY run DESC LIMIT 1"));
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_BackfillOfEverything_ChangesNothingInLoadedData()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync();
        var before = await pipeline.ChecksumsAsync("fuel_action", "fuel_health_check", "etl_quarantine");
        var result = await pipeline.BackfillAsync("2026-01-01", "2027-01-01");
        Assert.All(result.Changes, change => Assert.True(change.Same, change.ToString()));
        Assert.NotEmpty(result.Changes);
        Assert.Equal(before, await pipeline.ChecksumsAsync("fuel_action", "fuel_health_check", "etl_quarantine"));
    }

    [Fact]
    public async Task RunAsync_AfterABackfill_GoesOnWhereLoadsWere()
    {
        using var pipeline = await FilledAsync();
        await pipeline.BackfillAsync("2026-01-01", "2026-02-01");
        await pipeline.AddActionAsync("april", 1, "2026-04-01T00:00:00");
        var all = int.Parse(Assert.Single(await pipeline.AskSourceAsync("SELECT max(id) FROM action_logs")), CultureInfo.InvariantCulture);
        Assert.Equal(all.ToString(CultureInfo.InvariantCulture), (await pipeline.LoadAsync()).Run.RangeTo);
        Assert.Equal(["200 1", "200 2", "200 3", "1 4", "1 0"], await CountsAsync(pipeline));
    }

    [Fact]
    public async Task RunAsync_SnapshotsBackfill_NeverDestroysHistory()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES
            ('changed', '{"clusters": [{"id": 1, "status": "new"}]}', '2026-01-10'), ('deleted', '{"clusters": [{"id": 1}]}', '2026-01-11')
            """
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.SourceAsync(
            """
            UPDATE installation_structures SET structure = '{"clusters": [{"id": 1, "status": "error"}]}', modification_date = '2026-01-20' WHERE master_node_uid = 'changed';
            DELETE FROM installation_structures WHERE master_node_uid = 'deleted'
            """
        );
        // Lost half of it, says a comparison with the source; but the source keeps no history, so there is nothing to refuse.
        await pipeline.BackfillAsync("2026-01-01", "2026-02-01", extract: Pipeline.Structures);
        await pipeline.BackfillAsync("2025-01-01", "2027-01-01", force: true, extract: Pipeline.Structures);
        Assert.Equal(
            [
                "changed 2026-01-10 00:00:00.000000 new",
                "changed 2026-01-20 00:00:00.000000 error",
                "deleted 2026-01-11 00:00:00.000000 NULL",
            ],
            await pipeline.AskAsync("SELECT installation_uid, reported_at, status FROM fuel_environment ORDER BY ALL")
        );
        Assert.Equal("3", await pipeline.AskOneAsync("SELECT count() FROM fuel_installation"));
    }

    [Fact]
    public async Task RunAsync_EventTimeAndPartitionDisagree_LosesNothing()
    {
        const string extract = "etl/extracts/fuel/action_logs.sql";
        using var project = new ProjectCopy();
        project.Change(extract, project.Block(extract, "event_time:", "shard_by:"), "event_time: timestamp '2026-01-15'\n");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-02-01T00:00:00");
        await pipeline.LoadAsync();
        Assert.Empty((await pipeline.BackfillAsync("2026-01-01", "2026-02-01")).Changes);
        Assert.Equal(
            [new PartitionChange("fuel_action", "202602", 1, 0, Same: false)],
            (
                await pipeline.LoadAsync(
                    Pipeline.Actions,
                    new LoadRequest(LoadKind.Verify, new TimeWindow(new(2026, 2, 1), new(2026, 3, 1)))
                )
            ).Changes
        );
        await Assert.ThrowsAsync<WarehouseException>(() => pipeline.BackfillAsync("2026-02-01", "2026-03-01"));
        Assert.Equal("1", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    [Fact]
    public async Task Backfill_AsAProgram_ShowsWhatChanged()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE master_node_uid = 'january' AND external_id <= 100");
        string[] january = ["backfill", Pipeline.Actions, "--from", "2026-01-01", "--to", "2026-02-01"];
        var refused = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), january);
        Assert.Equal(1, refused.Code);
        Assert.Contains("would go from 200 to 100 rows", refused.ErrorLines[^1], StringComparison.Ordinal);
        var done = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), [.. january, "--force"]);
        Assert.True(done.Code == 0, done.Errors);
        Assert.Matches(@"fuel_action\s+202601\s+200\s+100\s+differ", done.Output);
    }

    /// <summary>January to March with 200 operations each, and one without a time; loaded.</summary>
    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT month, n, json_build_object('action_name', 'deploy', 'start_timestamp', to_char(start + n * interval '3 hours', 'YYYY-MM-DD"T"HH24:MI:SS'))
            FROM (VALUES ('january', timestamp '2026-01-01'), ('february', '2026-02-01'), ('march', '2026-03-01')) AS m (month, start), generate_series(1, 200) AS n;
            INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ('undated', 1, '{}')
            """
        );
        await pipeline.LoadAsync();
        return pipeline;
    }

    // Rows of each month; 0 where an operation has no time.
    private static Task<List<string>> CountsAsync(Pipeline pipeline) =>
        pipeline.AskAsync(
            "SELECT count(), ifNull(toMonth(started_at), 0) AS month FROM fuel_action GROUP BY month ORDER BY month = 0, month"
        );
}
