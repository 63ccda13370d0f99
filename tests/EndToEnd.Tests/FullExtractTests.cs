using Etl.Loading;
using WarehouseSql.Programs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Extracts of mode full, whose source doesn't tell what is new; and rows that may still change without a higher cursor.</summary>
public sealed class FullExtractTests(EnginesFixture fixture)
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";

    private static readonly LoadRequest s_verify = new(LoadKind.Verify);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoadAsync_ModeFull_FollowsWhateverChangedAtTheSource()
    {
        using var project = FullProject();
        using var pipeline = await FilledAsync(project);
        await pipeline.LoadAsync();
        Assert.Equal(["1 2026-01-10", "2 2026-02-10", "3 2026-03-10"], await FactAsync(pipeline));

        // Changed in place, deleted (the only row of its month), and added with a lower cursor than was seen.
        await pipeline.SourceAsync(
            """
            UPDATE action_logs SET body = replace(body, '01-10', '01-20') WHERE external_id = 1;
            DELETE FROM action_logs WHERE external_id = 2;
            INSERT INTO action_logs (id, master_node_uid, external_id, body) VALUES (-1, 'a', 9, '{"start_timestamp": "2026-03-11T00:00:00"}')
            """
        );
        var result = await pipeline.LoadAsync();
        Assert.Equal(["1 2026-01-20", "3 2026-03-10", "9 2026-03-11"], await FactAsync(pipeline));
        Assert.Equal(3, result.Run.RowsRead);
        Assert.Equal(
            ["fuel_action/202601", "fuel_action/202602", "fuel_action/202603"],
            result.Run.Partitions.Where(p => p.StartsWith("fuel_action", StringComparison.Ordinal))
        );
        Assert.Empty((await pipeline.LoadAsync()).Run.Partitions);
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task LoadAsync_ModeFullVerified_ShowsADifferenceAndHealsIt()
    {
        using var project = FullProject();
        using var pipeline = await FilledAsync(project);
        await pipeline.LoadAsync();
        await pipeline.Warehouse.ExecuteAsync("DELETE FROM fuel_action WHERE operation_id = 2", Token);
        Assert.Equal(
            ["fuel_action/202602"],
            (await pipeline.LoadAsync(Pipeline.Actions, s_verify)).Changes.Where(c => !c.Same).Select(c => $"{c.Fact}/{c.Partition}")
        );
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Heal));
        Assert.All((await pipeline.LoadAsync(Pipeline.Actions, s_verify)).Changes, c => Assert.True(c.Same, c.ToString()));
    }

    [Fact]
    public async Task LoadAsync_ModeFullBackfilled_SaysThatALoadIsEnough()
    {
        using var project = FullProject();
        using var pipeline = await FilledAsync(project);
        var fault = await Assert.ThrowsAsync<UserException>(() => pipeline.BackfillAsync("2026-01-01", "2026-02-01"));
        Assert.Equal(
            "fuel/action_logs is of mode full: each `make extract EXTRACT=fuel/action_logs` reads all of it, so there is nothing to backfill",
            fault.Message
        );
    }

    [Fact]
    public async Task LoadAsync_UnfinishedRows_AreReadAgainUntilTheyAreFinished()
    {
        // Running until the document has an end. Without an overlap, nothing else would read them again.
        using var project = new ProjectCopy().Change(
            Extract,
            "cursor: id\n",
            "cursor: id\noverlap: 0\nunfinished: body::json->>'end_timestamp' IS NULL\n"
        );
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT 'a', n, json_build_object('start_timestamp', '2026-01-10T00:00:00', 'end_timestamp', CASE WHEN n != 2 THEN '2026-01-10T00:00:05' END) FROM generate_series(1, 4) n
            """
        );
        await pipeline.LoadSettledAsync();
        Assert.Equal("2", await pipeline.AskOneAsync("SELECT argMax(unfinished_from, run) FROM etl_run WHERE outcome = 'published'"));
        Assert.Equal(
            ["1 5", "2 NULL", "3 5", "4 5"],
            await pipeline.AskAsync("SELECT operation_id, duration_s FROM fuel_action ORDER BY 1")
        );
        await pipeline.SourceAsync(
            "UPDATE action_logs SET body = json_build_object('start_timestamp', '2026-01-10T00:00:00', 'end_timestamp', '2026-01-10T00:00:07')::text WHERE external_id = 2"
        );
        Assert.Equal(3, (await pipeline.LoadAsync()).Run.RowsRead);
        Assert.Equal(["1 5", "2 7", "3 5", "4 5"], await pipeline.AskAsync("SELECT operation_id, duration_s FROM fuel_action ORDER BY 1"));
        Assert.Equal(
            "NULL",
            await pipeline.AskOneAsync("SELECT argMax(tuple(unfinished_from), run).1 FROM etl_run WHERE outcome = 'published'")
        );
        await pipeline.LoadSettledAsync();
        Assert.Equal(0, (await pipeline.LoadAsync()).Run.RowsRead);
    }

    private static ProjectCopy FullProject()
    {
        var text = File.ReadAllText(Path.Combine(ChildProgram.Root, Extract));
        var eventTime = text[text.IndexOf("event_time:", StringComparison.Ordinal)..text.IndexOf("shard_by:", StringComparison.Ordinal)];
        return new ProjectCopy().Change(Extract, "mode: append", "mode: full").Change(Extract, eventTime, "");
    }

    private async Task<Pipeline> FilledAsync(ProjectCopy project)
    {
        var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-01-10T00:00:00");
        await pipeline.AddActionAsync("a", 2, "2026-02-10T00:00:00");
        await pipeline.AddActionAsync("a", 3, "2026-03-10T00:00:00");
        return pipeline;
    }

    private static Task<List<string>> FactAsync(Pipeline pipeline) =>
        pipeline.AskAsync("SELECT operation_id, toDate(started_at) FROM fuel_action ORDER BY 1");
}
