using Etl.Loading;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Verify: partition by partition against the source, whatever differs, on whichever side; and heal.</summary>
public sealed class VerifyTests(EnginesFixture fixture)
{
    private static readonly LoadRequest s_verify = new(LoadKind.Verify);
    private static readonly LoadRequest s_heal = new(LoadKind.Heal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What happens in the warehouse or at the source, and how many rows January has there afterwards.</summary>
    public static TheoryData<string, string, int, int> Damages =>
        new()
        {
            { "warehouse", Altered("duration_s + 0.000001 AS duration_s"), 20, 20 },
            { "warehouse", Altered("NULL AS environment_id"), 20, 20 },
            { "warehouse", Altered("4711 AS operation_id"), 21, 20 },
            { "warehouse", "DELETE FROM fuel_action WHERE operation_id = 3 AND installation_uid = 'january'", 19, 20 },
            {
                "source",
                "UPDATE action_logs SET body = replace(body, 'deploy', 'other') WHERE external_id = 3 AND master_node_uid = 'january'",
                20,
                20
            },
            { "source", "DELETE FROM action_logs WHERE external_id = 3 AND master_node_uid = 'january'", 20, 19 },
            {
                "source",
                "INSERT INTO action_logs (id, master_node_uid, external_id, body) SELECT -1, 'january', 99, body FROM action_logs WHERE external_id = 3 AND master_node_uid = 'january'",
                20,
                21
            },
        };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task RunAsync_OneRowDiffers_IsFoundAndHealed(string side, string damage, int here, int there)
    {
        using var pipeline = await FilledAsync();
        Assert.All((await pipeline.LoadAsync(Pipeline.Actions, s_verify)).Changes, change => Assert.True(change.Same, change.ToString()));

        await (side == "source" ? pipeline.SourceAsync(damage) : pipeline.Warehouse.ExecuteAsync(damage, Token));
        var damaged = await pipeline.ChecksumsAsync("fuel_action");
        var expected = new PartitionChange("fuel_action", "202601", here, there, Same: false);
        Assert.Equal([expected], (await pipeline.LoadAsync(Pipeline.Actions, s_verify)).Changes.Where(c => !c.Same));
        Assert.Equal(damaged, await pipeline.ChecksumsAsync("fuel_action"));

        var healed = await pipeline.LoadAsync(Pipeline.Actions, s_heal);
        Assert.Equal([expected], healed.Changes.Where(c => !c.Same));
        Assert.Equal(["fuel_action/202601"], healed.Run.Partitions);
        Assert.All((await pipeline.LoadAsync(Pipeline.Actions, s_verify)).Changes, change => Assert.True(change.Same, change.ToString()));
        Assert.Equal(
            there.ToString(System.Globalization.CultureInfo.InvariantCulture),
            await pipeline.AskOneAsync("SELECT count() FROM fuel_action WHERE started_at < '2026-02-01'")
        );
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_Window_ComparesOnlyItsMonths()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE external_id = 3");
        var result = await pipeline.LoadAsync(
            Pipeline.Actions,
            s_verify with
            {
                Window = new TimeWindow(new(2026, 2, 5), new(2026, 2, 6)),
            }
        );
        Assert.Equal([new PartitionChange("fuel_action", "202602", 20, 19, Same: false)], result.Changes);
    }

    [Fact]
    public async Task RunAsync_SnapshotWithHistory_AgreesAndIsHealedByAdding()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES
            ('a', '{"clusters_num": 1}', '2026-01-10'), ('b', '{"clusters_num": 2}', '2026-01-10')
            """
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.SourceAsync(
            "UPDATE installation_structures SET structure = '{\"clusters_num\": 3}', modification_date = '2026-01-20' WHERE master_node_uid = 'a'"
        );
        await pipeline.LoadSettledAsync(Pipeline.Structures);
        Assert.All(
            (await pipeline.LoadAsync(Pipeline.Structures, s_verify)).Changes,
            change => Assert.True(change.Same, change.ToString())
        );

        await pipeline.Warehouse.ExecuteAsync("DELETE FROM fuel_installation WHERE installation_uid = 'b'", Token);
        Assert.Equal(
            [new PartitionChange("fuel_installation", "202601", 1, 2, Same: false)],
            (await pipeline.LoadAsync(Pipeline.Structures, s_verify)).Changes.Where(c => !c.Same)
        );
        await pipeline.LoadAsync(Pipeline.Structures, s_heal);
        Assert.Equal(
            ["a 1", "a 3", "b 2"],
            await pipeline.AskAsync("SELECT installation_uid, environments FROM fuel_installation ORDER BY ALL")
        );
        Assert.All(
            (await pipeline.LoadAsync(Pipeline.Structures, s_verify)).Changes,
            change => Assert.True(change.Same, change.ToString())
        );
    }

    [Fact]
    public async Task RunAsync_GeneratedCollector_AgreesWithTheSource()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        foreach (var extract in (string[])[Pipeline.Actions, Pipeline.Structures])
        {
            await pipeline.LoadAsync(extract);
            var changes = (await pipeline.LoadAsync(extract, s_verify)).Changes;
            Assert.NotEmpty(changes);
            Assert.All(changes, change => Assert.True(change.Same && change.RowsBefore > 0, change.ToString()));
        }
    }

    [Fact]
    public async Task Verify_AsAProgram_FailsWhereSomethingDiffers()
    {
        using var pipeline = await FilledAsync();
        var same = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), "verify", Pipeline.Actions);
        Assert.True(same.Code == 0, same.Errors);
        Assert.Contains("2 partitions agree with the source", same.Output, StringComparison.Ordinal);
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE external_id = 3 AND master_node_uid = 'january'");
        var differs = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), "verify", Pipeline.Actions);
        Assert.Equal(1, differs.Code);
        Assert.Matches(@"fuel_action\s+202601\s+20\s+19\s+differ", differs.Output);
        Assert.Contains("1 of 2 partitions differ from the source", differs.Output, StringComparison.Ordinal);
        var healed = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), "verify", Pipeline.Actions, "--heal");
        Assert.Equal(0, healed.Code);
        Assert.Equal("39", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    // A copy of a row that a later run seems to have loaded.
    private static string Altered(string column) =>
        $"INSERT INTO fuel_action SELECT * REPLACE ({column}, _run + 1 AS _run) FROM (SELECT * FROM fuel_action FINAL WHERE operation_id = 3 AND installation_uid = 'january')";

    /// <summary>January and February with 20 operations each; loaded.</summary>
    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT month, n, json_build_object('action_name', 'deploy', 'cluster_id', n, 'start_timestamp', start || 'T10:00:00', 'end_timestamp', start || 'T10:00:01.5')
            FROM (VALUES ('january', '2026-01-03'), ('february', '2026-02-03')) AS m (month, start), generate_series(1, 20) AS n
            """
        );
        await pipeline.LoadSettledAsync();
        return pipeline;
    }
}
