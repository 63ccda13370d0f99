using System.Globalization;
using Etl.Loading;
using Etl.Source;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Engines of the class's own, whose replica cancels every query that is in the way of what it replays.</summary>
public sealed class ChaosReplicaFixture : IAsyncLifetime
{
    /// <summary>The engines.</summary>
    public EnginesFixture Own { get; } = new();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await Own.InitializeAsync();
        var replica = Own.Engines.Replica;
        await replica.ExecuteAsync("postgres", "ALTER SYSTEM SET max_standby_streaming_delay = 0", TestContext.Current.CancellationToken);
        await replica.ExecuteAsync("postgres", "SELECT pg_reload_conf()", TestContext.Current.CancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Own.DisposeAsync();
}

/// <summary>Loads whose replica gets in their way: it cancels, hangs up, restarts, or isn't a replica any more.</summary>
public sealed class ChaosReplicaTests(ChaosReplicaFixture fixture) : IClassFixture<ChaosReplicaFixture>
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";
    private const int Rows = 600;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_VacuumOnThePrimary_CompletesInSmallerRanges()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        Assert.Equal(
            "off 0",
            $"{await ReplicaAsync("SHOW hot_standby_feedback")} {await ReplicaAsync("SHOW max_standby_streaming_delay")}"
        );
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var vacuuming = Task.Run(() => VacuumAsync(pipeline, stop.Token), Token);
        List<string> said = [];
        var result = await pipeline.LoadAsync(Pipeline.Actions, null, p => said.Add(p.Doing), ("Etl:RowsPerRange", "1600"));
        await stop.CancelAsync();
        await vacuuming;
        Assert.Contains(said, text => text.StartsWith("cancelled by the replica; reads again in smaller ranges", StringComparison.Ordinal));
        await AssertLoadedOnceAsync(pipeline, result);
    }

    [Fact]
    public async Task RunAsync_ReadingConnectionIsLost_ReadsTheRangeAgain()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "200")), Token);
        await Wait.UntilAsync(
            async () =>
                await ReplicaAsync(
                    $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {Copying(pipeline)} AND query_start < now() - interval '0.1 s'"
                )
                    is true
                || load.IsCompleted,
            "the reading session was ended"
        );
        await AssertLoadedOnceAsync(pipeline, await load);
    }

    [Fact]
    public async Task RunAsync_SessionThatHoldsVerifysSnapshotIsEnded_FailsWithoutTryingAgain()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        var verify = Task.Run(
            () => pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify), ("Etl:RowsPerRange", "200")),
            Token
        );
        await Wait.UntilAsync(
            async () =>
                await ReplicaAsync(
                    $"SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}' AND EXISTS (SELECT FROM pg_stat_activity WHERE {Copying(pipeline)})"
                )
                    is true
                || verify.IsCompleted,
            "the sessions were ended"
        );
        var fault = await Assert.ThrowsAsync<SourceException>(() => verify);
        Assert.StartsWith("the session that held the snapshot to compare with was lost", fault.Message, StringComparison.Ordinal);
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_CountIsCancelled_GoesOnWithoutIt()
    {
        // It is the longest query of a load into a large warehouse, and only the remaining time is worked out with it.
        using var project = new ProjectCopy().Change(Extract, "FROM action_logs", "FROM action_logs WHERE slow(id) = 0");
        using var pipeline = await FilledAsync(fixture.Own, project);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "200")), Token);
        await Wait.UntilAsync(
            async () =>
                await ReplicaAsync(
                    $"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}' AND query LIKE 'SELECT count(*)%' AND state = 'active'"
                )
                    is true
                || load.IsCompleted,
            "the count was cancelled"
        );
        await AssertLoadedOnceAsync(pipeline, await load);
    }

    [Theory]
    [InlineData("pg_cancel_backend")]
    [InlineData("pg_terminate_backend")]
    public async Task RunAsync_FirstLookIsBrokenOff_LooksAgain(string stop)
    {
        using var project = new ProjectCopy().Change(Extract, "FROM action_logs", "FROM action_logs WHERE slow(id) = 0");
        using var pipeline = await FilledAsync(fixture.Own, project);
        // The index leads to the highest at once.
        await pipeline.SourceAsync(
            $"CREATE OR REPLACE FUNCTION slow(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(CASE $1 WHEN {Rows} THEN 1 ELSE 0 END); RETURN 0; END'"
        );
        List<string> said = [];
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, p => said.Add(p.Doing), ("Etl:RowsPerRange", "200")), Token);
        await Wait.UntilAsync(
            async () =>
                await ReplicaAsync(
                    $"SELECT {stop}(pid) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}' AND query LIKE 'SELECT max(%' AND query NOT LIKE '%LIMIT%' AND state = 'active'"
                )
                    is true
                || load.IsCompleted,
            "the look for the highest cursor was broken off"
        );
        await AssertLoadedOnceAsync(pipeline, await load);
        Assert.Contains(
            stop == "pg_cancel_backend"
                ? "cancelled by the replica; looks again in 0.4 s"
                : "the replica is restarting; looks again in 0.4 s",
            said
        );
    }

    [Fact]
    public async Task RunAsync_RangeThatTakesLongerThanItMay_IsReadInSmallerOnes()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        await pipeline.SourceAsync(
            "CREATE OR REPLACE FUNCTION slow(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.005); RETURN 0; END'"
        );
        List<string> said = [];
        var source = ("ConnectionStrings:Fuel", pipeline.Environment()["ConnectionStrings__Fuel"] + ";Command Timeout=2");
        var result = await pipeline.LoadAsync(Pipeline.Actions, null, p => said.Add(p.Doing), ("Etl:RowsPerRange", "1600"), source);
        Assert.Contains(said, text => text.StartsWith("cancelled by the replica; reads again in smaller ranges", StringComparison.Ordinal));
        await AssertLoadedOnceAsync(pipeline, result);
    }

    [Fact]
    public async Task RunAsync_ColumnChangesItsTypeBetweenTwoRanges_FailsInsteadOfMisreadingIt()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "200")), Token);
        await Wait.UntilAsync(
            async () => await ReplicaAsync($"SELECT true FROM pg_stat_activity WHERE {Copying(pipeline)}") is true || load.IsCompleted,
            "it reads"
        );
        // Both have four bytes, so that the rows themselves can't tell.
        await pipeline.SourceAsync("ALTER TABLE action_logs ALTER COLUMN external_id TYPE real");
        var fault = await Assert.ThrowsAsync<SourceException>(() => load);
        Assert.Matches(
            "^the columns' types changed at the source since the load began: expected .*, external_id integer, .*; found .*, external_id real, .* — nothing was published; run the load again$",
            fault.Message
        );
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    [Fact]
    public async Task RunAsync_ReplicaRestarts_GoesOn()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "200")), Token);
        await Wait.UntilAsync(
            async () => await ReplicaAsync($"SELECT true FROM pg_stat_activity WHERE {Copying(pipeline)}") is true || load.IsCompleted,
            "it reads"
        );
        await fixture.Own.Engines.Replica.StopAsync(Token);
        await fixture.Own.Engines.Replica.StartAsync(Token);
        await AssertLoadedOnceAsync(pipeline, await load);
    }

    [Fact]
    public async Task RunAsync_ReplicaRestartsAndAnotherLoadBegins_GivesWay()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "200")), Token);
        await Wait.UntilAsync(
            async () => await ReplicaAsync($"SELECT true FROM pg_stat_activity WHERE {Copying(pipeline)}") is true || load.IsCompleted,
            "it reads"
        );
        await ReplicaAsync($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}'");
        // The first one waits before it tries again, and the second one has the lock by then.
        var second = await pipeline.LoadAsync();
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => load);
        Assert.True(
            fault
                is SourceException { Message: "another load of fuel/action_logs is running; wait for it to end" }
                    or WarehouseSql.ClickHouse.WarehouseException,
            fault.ToString()
        );
        await AssertLoadedOnceAsync(pipeline, second);
    }

    [Fact]
    public async Task RunAsync_ManyRanges_HoldsBackVacuumForOneRangeAtMost()
    {
        using var project = SlowSource();
        using var pipeline = await FilledAsync(fixture.Own, project);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "100")), Token);
        List<string> sessions = [];
        while (!load.IsCompleted)
        {
            // Each writing transaction lets the next snapshot begin later. What a session's snapshot holds back is its backend_xmin.
            await pipeline.SourceAsync("UPDATE action_logs SET action_type = 'again' WHERE external_id = 1");
            if (
                await ReplicaAsync(
                    $"SELECT string_agg(pid || ' ' || backend_xmin, ',') FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}' AND backend_xmin IS NOT NULL AND pid != pg_backend_pid()"
                )
                is string held
            )
            {
                sessions.AddRange(held.Split(','));
            }
        }

        Assert.Equal(Rows, (await load).Run.RowsRead);
        // A session a range; whatever lives through the whole load, such as the lock's, holds nothing for long.
        var seen = sessions.Select((s, at) => (Session: s.Split(' ')[0], At: at)).GroupBy(s => s.Session).ToList();
        Assert.True(seen.Count >= 4, $"expected a session for most of the 6 ranges; found {string.Join(", ", sessions)}");
        Assert.All(
            seen,
            session => Assert.True(session.Max(s => s.At) - session.Min(s => s.At) < sessions.Count / 2, string.Join(", ", sessions))
        );
        var (first, last) = (
            uint.Parse(sessions[0].Split(' ')[1], CultureInfo.InvariantCulture),
            uint.Parse(sessions[^1].Split(' ')[1], CultureInfo.InvariantCulture)
        );
        Assert.True(first < last, string.Join(", ", sessions));
    }

    [Fact]
    public async Task RunAsync_ReplicaWasPromoted_IsRefusedUnlessAllowed()
    {
        await using var engines = new EnginesFixture();
        await engines.InitializeAsync();
        using var pipeline = await Pipeline.CreateAsync(engines);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.LoadAsync();
        await engines.Engines.Replica.ExecuteAsync("postgres", "SELECT pg_promote()", Token);
        var fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync());
        Assert.StartsWith(
            "ConnectionStrings__Fuel points at a server that is not a replica (a primary, or a replica that was promoted)",
            fault.Message,
            StringComparison.Ordinal
        );
        await engines.Engines.Replica.ExecuteAsync(
            pipeline.SourceDatabase,
            "INSERT INTO fuel.action_logs (master_node_uid, external_id, body) VALUES ('a', 2, '{}')",
            Token
        );
        // What was committed last before the promotion may be lost there, and its numbers taken again.
        fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:AllowPrimary", "true")));
        Assert.Contains("it is on timeline 2 and was on 1", fault.Message, StringComparison.Ordinal);
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Accept), ("Etl:AllowPrimary", "true"));
        await pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:AllowPrimary", "true"));
        Assert.Equal(["1", "2"], await pipeline.AskAsync("SELECT operation_id FROM fuel_action ORDER BY 1"));
    }

    /// <summary>
    /// An extract that takes a few milliseconds a row, but only where rows are read: counting them and looking for a range's end stays
    /// quick.
    /// </summary>
    private static ProjectCopy SlowSource() => new ProjectCopy().Change(Extract, "SELECT id,", "SELECT slow(id) AS pause, id,");

    private static async Task<Pipeline> FilledAsync(EnginesFixture engines, ProjectCopy project)
    {
        var pipeline = await Pipeline.CreateAsync(engines, project);
        await pipeline.SourceAsync(
            "CREATE FUNCTION slow(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN 0; END'"
        );
        await pipeline.SourceAsync(
            $"INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n, '{{}}' FROM generate_series(1, {Rows}) n"
        );
        return pipeline;
    }

    private static string Copying(Pipeline pipeline) =>
        $"datname = '{pipeline.SourceDatabase}' AND query LIKE 'COPY%' AND state = 'active'";

    private static async Task VacuumAsync(Pipeline pipeline, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(pipeline.PrimaryConnection + ";Pooling=false");
        await connection.OpenAsync(Token);
        while (!stop.IsCancellationRequested)
        {
            foreach (var sql in (string[])["UPDATE action_logs SET action_type = 'again' WHERE external_id % 10 = 0", "VACUUM action_logs"])
            {
                await using var command = new NpgsqlCommand(sql, connection);
                await command.ExecuteNonQueryAsync(Token);
            }

            // Longer than the smallest range takes, and much shorter than a load of one range.
            await Task.Delay(600, Token);
        }
    }

    private static async Task AssertLoadedOnceAsync(Pipeline pipeline, LoadResult result)
    {
        Assert.Equal(Rows, result.Run.RowsRead);
        Assert.Equal(
            $"{Rows} {Rows}",
            Assert.Single(await pipeline.AskAsync("SELECT count(), uniqExact(operation_id) FROM fuel_action SETTINGS final = 0"))
        );
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    private Task<object?> ReplicaAsync(string sql) => fixture.Own.Engines.Replica.ExecuteAsync("postgres", sql, Token);
}
