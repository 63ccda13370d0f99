using Etl.Loading;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Backfills that failed and are run again: they go on from what was staged, and miss nothing that came meanwhile.</summary>
public sealed class BackfillResumeTests(EnginesFixture fixture)
{
    private static readonly LoadRequest s_winter = new(LoadKind.Backfill, new TimeWindow(new(2026, 1, 1), new(2026, 3, 1)));

    [Fact]
    public async Task RunAsync_FailedBackfillAgain_GoesOnFromWhatWasStaged()
    {
        using var pipeline = await FilledAsync();
        var failed = await FailAsync(pipeline);
        Assert.Equal("failed 3000", failed[1..].Aggregate((a, b) => $"{a} {b}"));
        Assert.NotEmpty(await pipeline.RunTablesAsync());

        // Meanwhile a row of the window comes and is loaded: what was staged doesn't know it.
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ('january', 9999, '{\"start_timestamp\": \"2026-01-15T00:00:00\"}')"
        );
        await pipeline.LoadAsync();
        Assert.NotEmpty(await pipeline.RunTablesAsync());

        var result = await pipeline.LoadAsync(Pipeline.Actions, s_winter, ("Etl:RowsPerRange", "500"));

        Assert.Equal(failed[0], $"{result.Run.Run}");
        // The last 1,000 rows are read again, all of March but the new one.
        Assert.Equal(3001, result.Run.RowsRead);
        Assert.Equal(["1501 1", "1500 2", "1500 3"], await CountsAsync(pipeline));
        Assert.Empty(await pipeline.RunTablesAsync());
        Assert.All(
            (await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify))).Changes,
            c => Assert.True(c.Same, c.ToString())
        );
    }

    [Fact]
    public async Task RunAsync_OtherWindowAfterAFailure_BeginsAnew()
    {
        using var pipeline = await FilledAsync();
        var failed = await FailAsync(pipeline);

        var result = await pipeline.LoadAsync(
            Pipeline.Actions,
            s_winter with
            {
                Window = new TimeWindow(new(2026, 2, 1), new(2026, 3, 1)),
            }
        );

        Assert.NotEqual(failed[0], $"{result.Run.Run}");
        Assert.Equal(1500, result.Run.RowsRead);
        Assert.Equal(["1500 1", "1500 2", "1500 3"], await CountsAsync(pipeline));
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_RangeBrokenOffBeforeTheFailure_CountsNothingTwice()
    {
        using var pipeline = await FilledAsync();
        await FailAsync(pipeline);
        // As if the first attempt had been killed in the middle of its last range.
        var staging = (await pipeline.RunTablesAsync()).Single(t => t.EndsWith("_fuel_action", StringComparison.Ordinal));
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO {staging} SELECT * FROM {staging} LIMIT 100",
            TestContext.Current.CancellationToken
        );

        await pipeline.LoadAsync(Pipeline.Actions, s_winter, ("Etl:RowsPerRange", "500"));

        Assert.Equal(["1500 1", "1500 2", "1500 3"], await CountsAsync(pipeline));
    }

    // Fails when all is staged; returns the run, its outcome and its rows.
    private static async Task<string[]> FailAsync(Pipeline pipeline)
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            pipeline.LoadAsync(
                Pipeline.Actions,
                s_winter,
                p => _ = p.Doing == "checking" ? throw new InvalidOperationException("the power went out") : p,
                ("Etl:RowsPerRange", "500")
            )
        );
        return (
            await pipeline.AskOneAsync("SELECT run, outcome, rows_read FROM etl_run WHERE kind = 'backfill' ORDER BY run DESC LIMIT 1")
        ).Split(' ');
    }

    /// <summary>January to March with 1,500 operations each; loaded.</summary>
    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT month, n, json_build_object('action_name', 'deploy', 'start_timestamp', to_char(start + n * interval '20 minutes', 'YYYY-MM-DD"T"HH24:MI:SS'))
            FROM (VALUES ('january', timestamp '2026-01-01'), ('february', '2026-02-01'), ('march', '2026-03-01')) AS m (month, start), generate_series(1, 1500) AS n
            ORDER BY start, n
            """
        );
        // Other tests' transactions that were open at this load would make a resumed one begin anew.
        await pipeline.LoadSettledAsync();
        return pipeline;
    }

    private static Task<List<string>> CountsAsync(Pipeline pipeline) =>
        pipeline.AskAsync("SELECT count(), toMonth(started_at) AS month FROM fuel_action GROUP BY month ORDER BY month");
}
