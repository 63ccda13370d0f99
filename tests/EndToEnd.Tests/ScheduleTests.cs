using System.Diagnostics;
using Xunit;

namespace EndToEnd.Tests;

/// <summary><c>etl schedule</c> as a process of its own, with extracts that are due every second.</summary>
public sealed class ScheduleTests(EnginesFixture fixture)
{
    private const string Actions = "etl/extracts/fuel/action_logs.sql";

    [Fact]
    public async Task Schedule_Running_LoadsCatchesUpAndStopsCleanly()
    {
        using var project = EverySecond();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        for (var start = 1; start <= 2; start++)
        {
            await using var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), "schedule");
            await WaitForRowsAsync(pipeline, (2 * start) - 1);
            await pipeline.AddActionAsync("a", 2 * start, "2026-01-01T00:00:00");
            await WaitForRowsAsync(pipeline, 2 * start);
            await StopAsync(program);
            Assert.Empty(await pipeline.RunTablesAsync());
            Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM etl_run WHERE outcome = 'running'"));
            // While it is stopped.
            await pipeline.AddActionAsync("a", (2 * start) + 1, "2026-01-01T00:00:00");
        }

        Assert.Equal(
            ["fuel/action_logs", "fuel/installation_structures", "fuel/oswl_stats", "fuel/tasks_history"],
            await pipeline.AskAsync(
                "SELECT DISTINCT extract FROM etl_run WHERE outcome = 'published' AND startsWith(extract, 'fuel/') ORDER BY extract"
            )
        );
    }

    [Fact]
    public async Task Schedule_LoadsThatTakeLong_AreNeverTwoAtOnce()
    {
        using var project = EverySecond().Change(Actions, "FROM action_logs", "FROM action_logs WHERE pg_sleep(0.5)::text = ''");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await using var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), "schedule");
        await Wait.UntilAsync(async () => (await PublishedAsync(pipeline)).Count >= 2, "two loads have ended", seconds: 40);
        await StopAsync(program);
        // Each took longer than the second between two times.
        Assert.All(
            await PublishedAsync(pipeline),
            took => Assert.True(double.Parse(took, System.Globalization.CultureInfo.InvariantCulture) > 1.4, took)
        );
        Assert.DoesNotContain("another load", program.Log, StringComparison.Ordinal);
        Assert.Equal(
            "0",
            await pipeline.AskOneAsync(
                """
                SELECT count() FROM etl_run AS a INNER JOIN etl_run AS b ON a.extract = b.extract
                WHERE a.run < b.run AND b.started_at < a.finished_at
                """
            )
        );
    }

    [Fact]
    public async Task Schedule_StoppedInALoad_AbandonsItWhole()
    {
        using var project = EverySecond().Change(Actions, "FROM action_logs", "FROM action_logs WHERE pg_sleep(0.2)::text = ''");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n, '{}' FROM generate_series(1, 300) n"
        );
        await using var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), "schedule");
        await Wait.UntilAsync(
            async () =>
                await pipeline.AskOneAsync(
                    "SELECT count() FROM system.tables WHERE database = currentDatabase() AND match(name, '_run_fuel_action_logs.*quarantine_view')"
                ) == "1",
            "a load has begun"
        );
        await StopAsync(program);
        Assert.Empty(await pipeline.RunTablesAsync());
        Assert.Equal(["failed stopped"], await pipeline.AskAsync("SELECT outcome, error FROM etl_run WHERE extract = 'fuel/action_logs'"));
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    [Fact]
    public async Task Schedule_SourceFails_SaysSoAndGoesOn()
    {
        using var project = EverySecond();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.SourceAsync("ALTER TABLE action_logs RENAME TO hidden");
        await using var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), "schedule");
        await Wait.UntilAsync(() => Task.FromResult(Failures(program).Count > 0), "it says that a load failed");
        Assert.Contains("fuel/action_logs: failed, tries again at its next time: ", Failures(program)[0], StringComparison.Ordinal);
        Assert.Contains("42P01 relation \"action_logs\" does not exist", Failures(program)[0], StringComparison.Ordinal);
        await pipeline.SourceAsync("ALTER TABLE hidden RENAME TO action_logs");
        await WaitForRowsAsync(pipeline, 1);
        await StopAsync(program);
        // One line for each failure, and no stack.
        Assert.DoesNotContain("   at ", program.Log, StringComparison.Ordinal);
    }

    private static ProjectCopy EverySecond() =>
        new ProjectCopy()
            .Change(Actions, "schedule: 0 0/15 * * * ?", "schedule: '* * * * * ?'")
            .Change("etl/extracts/fuel/installation_structures.sql", "schedule: 0 5/15 * * * ?", "schedule: '* * * * * ?'");

    private static List<string> Failures(ChildProgram program) =>
        [.. program.Log.Split('\n').Where(line => line.Contains("failed", StringComparison.Ordinal))];

    private static Task<List<string>> PublishedAsync(Pipeline pipeline) =>
        pipeline.AskAsync("SELECT seconds FROM etl_run WHERE extract = 'fuel/action_logs' AND outcome = 'published'");

    private static Task WaitForRowsAsync(Pipeline pipeline, int rows) =>
        Wait.UntilAsync(
            async () =>
                await pipeline.AskOneAsync("SELECT count() FROM fuel_action")
                == rows.ToString(System.Globalization.CultureInfo.InvariantCulture),
            $"{rows} rows are loaded"
        );

    private static async Task StopAsync(ChildProgram program)
    {
        var took = Stopwatch.StartNew();
        await program.TerminateAsync();
        var ended = await program.WaitAsync();
        Assert.True(ended.Code == 0, $"exit code {ended.Code}: {ended.Errors}");
        Assert.InRange(took.Elapsed.TotalSeconds, 0, 10);
    }
}
