using Etl.Loading;
using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Runs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Loads that fail, are killed, or meet each other: nothing is half published, and nothing is left behind.</summary>
public sealed class LoadFailureTests(EnginesFixture fixture)
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";
    private const string Fact = "warehouse-sql/facts/fuel_action.sql";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_ExpectationFails_PublishesNothing()
    {
        using var project = new ProjectCopy().Change(Fact, "  - duration_s IS NULL OR duration_s >= 0", "  - started_at < '2026-03-01'");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.LoadAsync();
        await pipeline.AddActionAsync("a", 2, "2026-02-01T00:00:00");
        await pipeline.AddActionAsync("a", 3, "2026-03-01T00:00:00");
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync());
        Assert.StartsWith(
            "fuel_action: 1 of 3 rows break the expectation `started_at < '2026-03-01'` (one of them: installation_uid, operation_id = ('a',3))",
            fault.Message,
            StringComparison.Ordinal
        );
        await AssertNothingPublishedAsync(pipeline, fault.Message, rows: 1);
    }

    [Theory]
    [InlineData("creation_date", "'infinity'", "infinity")]
    [InlineData("creation_date", "'-infinity'", "infinity")]
    [InlineData("creation_date", "'5000-01-01'", "a time outside of 1900 to 2299")]
    [InlineData("modification_date", "'5000-01-01'", "a time outside of 1900 to 2299")]
    public async Task RunAsync_ValueOutOfRange_IsQuarantinedAndTheRestIsLoaded(string column, string value, string reason)
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            $"INSERT INTO installation_structures (master_node_uid, structure, {column}) VALUES ('odd-one', '{{}}', {value})"
        );
        await pipeline.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES ('fine', '{}', '2026-01-01')"
        );
        var result = await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal((2L, 1L), (result.Run.RowsRead, result.Run.RowsQuarantined));
        var landed = column == "creation_date" ? column : "changed_at";
        Assert.Equal(
            [$"odd-one {landed}: {reason}, which Nullable(DateTime64(6, 'UTC')) can't hold"],
            await pipeline.AskAsync("SELECT key[1], reason FROM etl_quarantine")
        );
        Assert.Equal(["fine"], await pipeline.AskAsync("SELECT installation_uid FROM fuel_installation"));
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_FactThatDoesNotFitItsTable_NamesTheFile()
    {
        using var project = new ProjectCopy().Change(Fact, "  document.cluster_id AS environment_id,\n", "");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => pipeline.LoadAsync());
        Assert.StartsWith($"{project.PathOf(Fact)}: the SELECT's columns differ from the table's", fault.Message, StringComparison.Ordinal);
        await AssertNothingPublishedAsync(pipeline, fault.Message, rows: 0);
    }

    [Fact]
    public async Task RunAsync_TwoAtOnce_TheSecondRefuses()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        using var reached = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var first = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, p => Pause(p, "checking", reached, goOn)), Token);
        await IsReachedAsync(first, reached);
        var fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync());
        Assert.Equal("another load of fuel/action_logs is running; wait for it to end", fault.Message);
        // Another extract has a lock of its own.
        await pipeline.LoadAsync(Pipeline.Structures);
        goOn.Release();
        Assert.Equal(1, (await first).Run.RowsRead);
        Assert.Equal(
            "1 published",
            await pipeline.AskOneAsync("SELECT rows_read, outcome FROM etl_run WHERE extract = 'fuel/action_logs'")
        );
    }

    [Fact]
    public async Task RunAsync_LockIsLost_PublishesNothing()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        using var reached = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, p => Pause(p, "publishing", reached, goOn)), Token);
        await IsReachedAsync(load, reached);
        await fixture.Engines.Replica.ExecuteAsync(
            "postgres",
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}'",
            Token
        );
        goOn.Release();
        var fault = await Assert.ThrowsAsync<SourceException>(() => load);
        Assert.StartsWith(
            "the connection that holds the extract's lock was lost, so nothing is published",
            fault.Message,
            StringComparison.Ordinal
        );
        await AssertNothingPublishedAsync(pipeline, fault.Message, rows: 0);
    }

    [Fact]
    public async Task RunAsync_ReplicaCancelsTheQuery_ReadsAgainAndDoublesNothing()
    {
        using var project = SlowSource("0.001");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n, '{\"pad\": \"' || repeat('x', 2000) || '\"}' FROM generate_series(1, 250) n"
        );
        List<string> said = [];
        var load = Task.Run(() => pipeline.LoadAsync(Pipeline.Actions, null, p => said.Add(p.Doing)), Token);
        await Wait.UntilAsync(
            async () =>
                await fixture.Engines.Replica.ExecuteAsync(
                    "postgres",
                    $"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}' AND query LIKE 'COPY%' AND state = 'active' AND query_start < now() - interval '0.1 s'",
                    Token
                )
                    is true
                || load.IsCompleted,
            "the reading query was cancelled"
        );
        Assert.Equal(250, (await load).Run.RowsRead);
        Assert.Contains(said, text => text.StartsWith("cancelled by the replica; reads again in smaller ranges", StringComparison.Ordinal));
        Assert.Equal(
            "250 250",
            Assert.Single(await pipeline.AskAsync("SELECT count(), uniqExact(operation_id) FROM fuel_action SETTINGS final = 0"))
        );
    }

    [Fact]
    public async Task RewindAsync_RowsSinceTheMark_AreTakenBack()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var facts = Project.Here.Facts();
        var extract = ExtractDefinition.Read(Path.Combine(ChildProgram.Root, Extract), facts);
        List<SourceColumn> columns =
        [
            Column("id", "integer"),
            Column("master_node_uid", "text"),
            Column("external_id", "integer"),
            Column("body", "text"),
        ];
        var tables = new RunTables(pipeline.Warehouse, new TableEngines(), extract, [.. extract.Facts.Select(f => facts[f])], columns, 1);
        await tables.CreateAsync(Token);
        await LandAsync(1, "{}");
        await LandAsync(2, "unreadable");
        var mark = await tables.MarkAsync(Token);
        await LandAsync(3, "{}");
        await LandAsync(4, "unreadable");
        Assert.Equal((4, 2), await tables.CountsAsync(Token));
        await tables.RewindAsync(mark, Token);
        Assert.Equal((2, 1), await tables.CountsAsync(Token));
        Assert.Equal("1", await pipeline.AskOneAsync($"SELECT operation_id FROM {tables.Staging("fuel_action")}"));
        Assert.Equal("2", await pipeline.AskOneAsync($"SELECT key[2] FROM {tables.Staging(RunTables.Quarantine)}"));
        await tables.DropAsync(brokeOff: true, Token);
        Assert.Empty(await pipeline.RunTablesAsync());

        static SourceColumn Column(string name, string type) => SourceColumn.Of(name, type, nullable: false);
        Task LandAsync(int number, string body) =>
            pipeline.Warehouse.ExecuteAsync(
                tables
                    .Insert.Replace("input(", "values(", StringComparison.Ordinal)
                    .Replace(") FORMAT Native", $", ({number}, 'a', {number}, '{body}'))", StringComparison.Ordinal),
                Token
            );
    }

    [Fact]
    public async Task RunAsync_Stopped_LeavesNothing()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var loader = new Loader(pipeline.Configuration(), Project.Here, TimeProvider.System);
        var extract = ExtractDefinition.Read(Path.Combine(ChildProgram.Root, Extract), Project.Here.Facts());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            loader.RunAsync(extract, new LoadRequest(LoadKind.Incremental), p => stop.Cancel(), stop.Token)
        );
        await AssertNothingPublishedAsync(pipeline, "stopped", rows: 0);
    }

    [Fact]
    public async Task Extract_Killed_IsTidiedUpByTheNextLoad()
    {
        using var project = SlowSource("0.2");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n, '{}' FROM generate_series(1, 100) n"
        );
        await using (var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), "extract", Pipeline.Actions))
        {
            await Wait.UntilAsync(async () => (await pipeline.RunTablesAsync()).Count > 7, "the load has made its tables");
            await program.KillAsync();
        }

        Assert.Equal("running", await pipeline.AskOneAsync("SELECT outcome FROM etl_run"));
        Assert.NotEmpty(await pipeline.RunTablesAsync());
        project.Change(Extract, "WHERE pg_sleep(0.2)::text = ''", "");
        Assert.Equal(100, (await pipeline.LoadAsync()).Run.RowsRead);
        Assert.Equal(
            ["failed ended without a word: it was killed, or lost the warehouse", "published "],
            await pipeline.AskAsync("SELECT outcome, error FROM etl_run ORDER BY run")
        );
        Assert.Empty(await pipeline.RunTablesAsync());
        Assert.Equal("100", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    // Which later loads make a half one good: kind, outcome and window of both; a half load that goes on is told of too.
    [Theory]
    [InlineData("incremental half", "", "half")]
    [InlineData("incremental publishing", "", "goes on")]
    [InlineData("incremental half", "incremental published", "")]
    [InlineData("incremental half", "accept published", "")]
    [InlineData("incremental half", "incremental failed", "half")]
    [InlineData("incremental half", "incremental running", "half")]
    [InlineData("incremental half", "verify checked", "half")]
    [InlineData("incremental half", "backfill published 2026-01 2026-02", "half")]
    [InlineData("backfill half 2026-01 2026-02", "incremental published", "half")]
    [InlineData("backfill half 2026-01 2026-02", "backfill published 2026-02 2026-03", "half")]
    [InlineData("backfill half 2026-01 2026-02", "backfill published 2026-01 2026-02", "")]
    [InlineData("backfill half 2026-01 2026-02", "backfill published 2026-01 2026-05", "")]
    [InlineData("backfill half 2026-01 2026-02", "accept published", "")]
    [InlineData("heal half 1 2", "heal published 1 3", "")]
    public async Task HalfLoadsAsync_LaterLoads_MakeItGood(string half, string later, string expect)
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var ledger = new RunLedger(pipeline.Warehouse, TimeProvider.System);
        foreach (var (number, words) in ((string[])[half, later]).Select(t => t.Split(' ')).Index().Where(w => w.Item.Length > 1))
        {
            await ledger.WriteAsync(
                new RunRecord
                {
                    Run = (ulong)number + 1,
                    Extract = Pipeline.Actions,
                    Kind = words[0],
                    Outcome = Enum.Parse<RunOutcome>(words[1], ignoreCase: true),
                    StartedAt = DateTime.UtcNow,
                    RangeFrom = words.ElementAtOrDefault(2),
                    RangeTo = words.ElementAtOrDefault(3),
                    Facts = ["fuel_action"],
                },
                Token
            );
        }

        var halves = await RunLedger.HalfLoadsAsync(sql => pipeline.Warehouse.QueryAsync(sql, Token));
        Assert.Equal(expect, string.Join(' ', halves.Select(h => h.GoesOn ? "goes on" : "half")));
    }

    [Fact]
    public async Task RunAsync_FactFailsWhilePublishing_IsHalfUntilTheNextLoad()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await Assert.ThrowsAsync<WarehouseException>(() =>
            pipeline.LoadAsync(
                Pipeline.Actions,
                null,
                p =>
                {
                    if (p.Doing == "publishing")
                    {
                        pipeline.Warehouse.ExecuteAsync("RENAME TABLE fuel_health_check TO gone", Token).GetAwaiter().GetResult();
                    }
                }
            )
        );
        await pipeline.Warehouse.ExecuteAsync("RENAME TABLE gone TO fuel_health_check", Token);
        Assert.Equal("half", await pipeline.AskOneAsync("SELECT outcome FROM etl_run ORDER BY run DESC LIMIT 1"));
        await pipeline.LoadAsync();
        Assert.Empty(await RunLedger.HalfLoadsAsync(sql => pipeline.Warehouse.QueryAsync(sql, Token)));
    }

    [Fact]
    public async Task RunAsync_Primary_IsRefusedUnlessAllowed()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        var primary = ("ConnectionStrings:Fuel", pipeline.PrimaryConnection);
        var fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync(Pipeline.Actions, null, primary));
        Assert.StartsWith("ConnectionStrings__Fuel points at a server that is not a replica", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Etl__AllowPrimary=true", fault.Message, StringComparison.Ordinal);
        Assert.Empty(await pipeline.AskAsync("SELECT run FROM etl_run"));
        Assert.Equal(1, (await pipeline.LoadAsync(Pipeline.Actions, null, primary, ("Etl:AllowPrimary", "true"))).Run.RowsRead);
    }

    private static ProjectCopy SlowSource(string seconds) =>
        new ProjectCopy().Change(Extract, "FROM action_logs", $"FROM action_logs WHERE pg_sleep({seconds})::text = ''");

    // A load is told of on its own thread, and stands still as long as it tells.
    private static void Pause(LoadProgress progress, string at, SemaphoreSlim reached, SemaphoreSlim goOn)
    {
        if (progress.Doing == at)
        {
            reached.Release();
            goOn.Wait(TimeSpan.FromSeconds(30), Token);
        }
    }

    // A load that fails before doesn't reach it.
    private static async Task IsReachedAsync(Task load, SemaphoreSlim reached) =>
        await await Task.WhenAny(load, reached.WaitAsync(TimeSpan.FromMinutes(2), Token));

    private static async Task AssertNothingPublishedAsync(Pipeline pipeline, string error, int rows)
    {
        Assert.Equal($"{rows}", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
        Assert.Empty(await pipeline.RunTablesAsync());
        Assert.Equal($"failed {error}", await pipeline.AskOneAsync("SELECT outcome, error FROM etl_run ORDER BY run DESC LIMIT 1"));
    }
}
