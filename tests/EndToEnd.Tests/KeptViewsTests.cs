using Etl.Loading;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Views whose rows are kept say what their facts say, at every moment.</summary>
public sealed class KeptViewsTests(EnginesFixture fixture)
{
    private static readonly IReadOnlyList<ViewDefinition> Fuel =
    [
        .. Project.Here.Views().Where(v => v is { Kept: true, PartitionOf: null } && v.Name.StartsWith("fuel_", StringComparison.Ordinal)),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Load_EachKind_KeepsWhatTheFactsSay()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        Assert.Empty(await KeptAsync(pipeline));

        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(Fuel.Count, (await KeptAsync(pipeline)).Count);
        await AssertTrueAsync(pipeline);

        await pipeline.SourceAsync("UPDATE installation_structures SET is_filtered = TRUE, modification_date = now() WHERE id % 3 = 0");
        await pipeline.LoadAsync(Pipeline.Structures);
        await AssertTrueAsync(pipeline);

        await pipeline.SourceAsync("DELETE FROM installation_structures WHERE id % 5 = 0");
        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Heal, Force: true));
        await AssertTrueAsync(pipeline);

        // A load of other facts leaves them as they are, and none leaves many tables behind.
        var before = await KeptAsync(pipeline);
        await pipeline.LoadAsync();
        Assert.Equal(before, (await KeptAsync(pipeline)).Where(k => before.Contains(k)));
        await pipeline.SourceAsync("UPDATE installation_structures SET modification_date = now() WHERE id = 1");
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.InRange((await TablesAsync(pipeline)).Count, Fuel.Count + 2, 2 * (Fuel.Count + 2));
    }

    [Fact]
    public async Task Load_OfSomePartitions_ComputesTheseAndLinksTheOthers()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("old", 1, "2025-11-01T00:00:00");
        await pipeline.LoadSettledAsync();
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.AddActionAsync("a", 2, "2026-02-01T00:00:00");
        await pipeline.AddActionAsync("b", 3, "2026-03-01T00:00:00");
        await pipeline.AddActionAsync("b", 4, "2026-03-01T00:00:00", name: "provision");
        await pipeline.LoadSettledAsync();
        Assert.Equal("4", await DeploymentsAsync(pipeline));

        // One that is new, one that moves, one whose partition is left by its last row.
        await pipeline.AddActionAsync("c", 5, "2026-01-05T00:00:00");
        await pipeline.SourceAsync("UPDATE action_logs SET id = 100, body = replace(body, '2026-02', '2026-04') WHERE external_id = 2");
        await pipeline.LoadAsync();
        Assert.Equal("5", await DeploymentsAsync(pipeline));
        Assert.Equal(["202511", "202601", "202603", "202604"], await PartitionsAsync(pipeline));
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE external_id = 3");
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Heal, Force: true));
        Assert.Equal("4", await DeploymentsAsync(pipeline));
        await pipeline.BackfillAsync("2026-01-01", "2026-03-01");
        Assert.Equal("4", await DeploymentsAsync(pipeline));

        await pipeline.Warehouse.ExecuteAsync("SYSTEM FLUSH LOGS", Token);
        Assert.Equal(
            "2",
            await pipeline.AskOneAsync(
                "SELECT written_rows FROM system.query_log WHERE type = 'QueryFinish' AND current_database = currentDatabase() AND match(query, '^INSERT INTO _kept_[0-9]+_fuel_deployment') ORDER BY event_time_microseconds DESC LIMIT 1"
            )
        );

        // A month that no load changes: verify names the view, and heal mends it.
        var table = (await TablesAsync(pipeline)).Where(t => t.EndsWith("_fuel_deployment", StringComparison.Ordinal)).Max();
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO {table} SELECT * FROM {table} WHERE toYYYYMM(started_at) = 202511 SETTINGS async_insert = 0",
            Token
        );
        await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify)));
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Heal));
        Assert.Equal("4", await DeploymentsAsync(pipeline));

        // Killed before it kept, a load leaves it to the next one to compute all of it.
        await KeptViews.Of(pipeline.Warehouse, Project.Here.ViewSet(), Facts("fuel_action")).LetGoAsync(trusts: true, Token);
        await pipeline.Warehouse.ExecuteAsync("ALTER TABLE fuel_action DELETE WHERE operation_id = 5 SETTINGS mutations_sync = 2", Token);
        await pipeline.AddActionAsync("d", 6, "2026-06-05T00:00:00");
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Accept));
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify));
        Assert.Equal("5", await DeploymentsAsync(pipeline));
    }

    [Fact]
    public async Task Load_ViewChangedSinceAndNotMigrated_ComputesAllOfIt()
    {
        using var project = new ProjectCopy();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.AddActionAsync("a", 2, "2026-02-01T00:00:00");
        await pipeline.LoadAsync();
        project.Change("warehouse-sql/views/fuel_deployment.sql", "'nailgun_task'", "'nailgun_task' AND operation_id <> 1");
        await pipeline.BackfillAsync("2026-02-01", "2026-03-01");
        Assert.Equal(["2"], await pipeline.AskAsync("SELECT operation_id FROM fuel_deployment"));
    }

    // A run of checks that is new, one that changed, one that lost a test, one that moved to another month, and one that is as it was.
    [Fact]
    public async Task Load_ViewWithAGroup_ComputesTheGroupsThatItAddsTo()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await AddAsync(1, "2026-01-01", "success", "success");
        await AddAsync(2, "2026-01-02", "success", "failure");
        await AddAsync(3, "2026-01-03", "success");
        await AddAsync(4, "2026-02-01", "it's 100%\\t a|b", "skipped");
        await pipeline.LoadAsync();
        Assert.Equal(4, (await RunsAsync()).Count);

        await pipeline.SourceAsync("DELETE FROM action_logs WHERE external_id <= 3");
        await AddAsync(1, "2026-01-01", "success", "error");
        await AddAsync(3, "2026-03-03", "success");
        await AddAsync(5, "2026-02-05", "success");
        await AddAsync(2, "2026-01-02", "success");
        var loaded = await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Incremental, Force: true));
        var runs = await RunsAsync();
        Assert.Equal(5, runs.Count);
        Assert.Contains("5 2026-02-05", runs, StringComparer.Ordinal);
        Assert.Contains("3 2026-03-03", runs, StringComparer.Ordinal);
        // Of the months that were there, what stays is copied, and not computed again.
        await pipeline.Warehouse.ExecuteAsync("SYSTEM FLUSH LOGS", Token);
        Assert.Equal(
            "1",
            await pipeline.AskOneAsync(
                $"SELECT count() FROM system.query_log WHERE type = 'QueryFinish' AND current_database = currentDatabase() AND startsWith(query, 'INSERT INTO {KeptViews.Prefix}{loaded.Run.Run}_fuel_health_run SELECT * FROM {KeptViews.Prefix}')"
            )
        );

        async Task<List<string>> RunsAsync()
        {
            var view = Project.Here.Views().First(v => v.Name == "fuel_health_run");
            Assert.Contains(await KeptAsync(pipeline), k => k.StartsWith("fuel_health_run ", StringComparison.Ordinal));
            Assert.Equal(await RowsAsync(pipeline, view.Sql), await RowsAsync(pipeline, "SELECT * FROM fuel_health_run"));
            return await pipeline.AskAsync("SELECT operation_id, toDate(started_at) FROM fuel_health_run ORDER BY ALL");
        }

        Task AddAsync(int operation, string day, params string[] statuses) =>
            pipeline.SourceAsync(
                """
                INSERT INTO action_logs (master_node_uid, external_id, body)
                SELECT 'a', $1, json_build_object('id', $1, 'action_name', 'ostf', 'cluster_id', 1, 'start_timestamp', $2 || 'T00:00:00',
                  'additional_info', json_build_object('testruns', json_build_array(json_build_object('testset', 'ha', 'tests',
                    (SELECT json_agg(json_build_object('id', 't' || n, 'name', 'T ' || n, 'status', status)) FROM unnest($3) WITH ORDINALITY AS s (status, n))))))
                """,
                operation,
                day,
                statuses
            );
    }

    // What the view says, which is what its facts say.
    private static async Task<string> DeploymentsAsync(Pipeline pipeline)
    {
        var view = Project.Here.Views().First(v => v.Name == "fuel_deployment");
        Assert.Contains(await KeptAsync(pipeline), k => k.StartsWith("fuel_deployment ", StringComparison.Ordinal));
        Assert.Equal(await RowsAsync(pipeline, view.Sql), await RowsAsync(pipeline, "SELECT * FROM fuel_deployment"));
        return await pipeline.AskOneAsync("SELECT count() FROM fuel_deployment");
    }

    private static Task<List<string>> PartitionsAsync(Pipeline pipeline) =>
        pipeline.AskAsync(
            $"SELECT partition_id FROM system.parts WHERE database = currentDatabase() AND active AND table = (SELECT max(name) FROM system.tables WHERE database = currentDatabase() AND name LIKE '%_fuel_deployment' AND startsWith(name, '{KeptViews.Prefix}')) ORDER BY 1"
        );

    private static FactDefinition[] Facts(params string[] names) => [.. names.Select(n => Project.Here.Facts()[n])];

    [Fact]
    public async Task Migrate_NothingChanged_LeavesKeptRowsAndAChangedFunctionDoesNot()
    {
        using var copy = new ProjectCopy();
        using var pipeline = await Pipeline.CreateFilledAsync(fixture, project: copy);
        await pipeline.LoadAsync(Pipeline.Structures);
        var kept = await KeptAsync(pipeline);
        Assert.Equal(Fuel.Count, kept.Count);
        await pipeline.MigrateAsync();
        Assert.Equal(kept, await KeptAsync(pipeline));

        // What they call may say something else now.
        var functions = Path.Combine(copy.Root, "warehouse-sql", "functions", "clickhouse.sql");
        await File.AppendAllTextAsync(functions, "\n-- another one\n", Token);
        await pipeline.MigrateAsync();
        Assert.Empty(await KeptAsync(pipeline));
        await AssertTrueAsync(pipeline);
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(Fuel.Count, (await KeptAsync(pipeline)).Count);
    }

    [Fact]
    public async Task Load_KilledBeforeItKeeps_LeavesViewsThatReadTheFacts()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync(Pipeline.Structures);
        var kept = KeptViews.Of(
            pipeline.Warehouse,
            Project.Here.ViewSet(),
            Facts("fuel_installation", "fuel_environment", "fuel_node", "fuel_plugin")
        );

        // What a load does before it publishes; then it is gone.
        await kept.LetGoAsync(trusts: true, Token);
        await pipeline.Warehouse.ExecuteAsync("ALTER TABLE fuel_node DROP PARTITION ID 'none'", Token);
        Assert.Empty(await KeptAsync(pipeline));
        await AssertTrueAsync(pipeline);

        // The next load goes on, also where nothing is new.
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(Fuel.Count, (await KeptAsync(pipeline)).Count);
        await AssertTrueAsync(pipeline);
    }

    [Fact]
    public async Task Heal_FactsChangedByHand_MendsTheViewsToo()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadSettledAsync(Pipeline.Structures);
        await pipeline.Warehouse.ExecuteAsync("DELETE FROM fuel_node WHERE node_id = (SELECT any(node_id) FROM fuel_node_current)", Token);

        var verified = await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Verify));
        Assert.Contains(verified.Changes, c => c is { Fact: "fuel_node", Same: false });

        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Heal));
        Assert.Equal(Fuel.Count, (await KeptAsync(pipeline)).Count);
        await AssertTrueAsync(pipeline);
    }

    [Fact]
    public async Task Verify_KeptRowsChangedByHand_NamesTheView()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadSettledAsync(Pipeline.Structures);
        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Verify));
        var table = (await TablesAsync(pipeline)).Where(t => t.EndsWith("_fuel_node_current", StringComparison.Ordinal)).Max();
        await pipeline.Warehouse.ExecuteAsync($"INSERT INTO {table} SELECT * FROM {table} LIMIT 1", Token);

        var refused = await Assert.ThrowsAsync<WarehouseException>(() =>
            pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Verify))
        );
        Assert.Contains("fuel_node_current still", refused.Message, StringComparison.Ordinal);

        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Heal));
        await AssertTrueAsync(pipeline);
        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Verify));
    }

    [Fact]
    public async Task Load_ViewThatCantBeComputed_IsPublishedWithAWarning()
    {
        using var project = new ProjectCopy();
        project.Change("warehouse-sql/views/fuel_node_current.sql", "SELECT\n", "SELECT\n  throwIf(cpus >= 0) AS never, ");
        using var pipeline = await Pipeline.CreateFilledAsync(fixture, project: project);

        var loaded = await pipeline.LoadAsync(Pipeline.Structures);

        Assert.Equal(WarehouseSql.Runs.RunOutcome.Published, loaded.Run.Outcome);
        Assert.Contains("the rows of fuel_node_current could not be kept", loaded.Run.Warning, StringComparison.Ordinal);
        Assert.DoesNotContain(await KeptAsync(pipeline), k => k.StartsWith("fuel_node_current ", StringComparison.Ordinal));
        Assert.NotEmpty(await KeptAsync(pipeline));
    }

    [Fact]
    public async Task Load_IntoReplicas_KeepsNothing()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync(Pipeline.Structures, null, ("Warehouse:Replicated", "true"));

        Assert.Empty(await KeptAsync(pipeline));
        await AssertTrueAsync(pipeline);
    }

    [Theory]
    [InlineData("SELECT a FROM one_fact", 0)]
    [InlineData("SELECT a FROM one_fact JOIN one_more USING a", 0)]
    [InlineData("SELECT a FROM one_fact JOIN another USING a", 1)]
    [InlineData("SELECT a FROM one_fact WHERE b = 'another' -- not another", 0)]
    [InlineData("SELECT a FROM one_fact /* another */ JOIN `another` USING a", 1)]
    [InlineData("SELECT 1", 1)]
    [InlineData("SELECT a FROM one_fact WHERE at < now()", 1)]
    [InlineData("SELECT a FROM one_fact WHERE at < utc_now() AND b = 'today('", 1)]
    [InlineData("SELECT a FROM one_fact WHERE b = 'now()' -- today()", 0)]
    [InlineData("SELECT a FROM one_fact", 0, "one_fact")]
    [InlineData("SELECT a FROM one_fact", 1, "one_more")]
    [InlineData("SELECT a FROM one_fact JOIN one_more USING a", 1, "one_fact")]
    [InlineData("SELECT a FROM one_fact", 0, "one_fact", "[site, number]")]
    [InlineData("SELECT a FROM one_fact", 1, "one_fact", "[site, status]")]
    [InlineData("SELECT a FROM one_fact", 1, null, "[site]")]
    public void Faults_OfAKeptView_AreWhatWouldMakeItFalse(string sql, int faults, string? of = null, string group = "[]")
    {
        using var folder = new TempFolder();
        folder.Write("v.sql", $"/*---\nabout: x\nkept: true\n{(of is null ? "" : $"partition_of: {of}\n")}group: {group}\n---*/\n{sql}\n");

        Assert.Equal(
            faults,
            Views
                .Faults(
                    Views.InOrder(folder.Path),
                    [
                        ["one_fact", "one_more"],
                        ["another"],
                    ],
                    new Dictionary<string, IReadOnlyList<string>> { ["one_fact"] = ["site", "number"] }
                )
                .Count()
        );
    }

    private static async Task AssertTrueAsync(Pipeline pipeline)
    {
        foreach (var view in Fuel)
        {
            Assert.Equal(await RowsAsync(pipeline, view.Sql), await RowsAsync(pipeline, $"SELECT * FROM {view.Name}"));
        }
    }

    private static async Task<string> RowsAsync(Pipeline pipeline, string sql)
    {
        var found = await pipeline.Warehouse.QueryAsync(
            $"SELECT * FROM ({sql}) ORDER BY ALL",
            Token,
            new QueryOptions { Settings = SharedSql.Settings }
        );
        return string.Join('\n', found.Rows.Select(r => string.Join(',', r)));
    }

    private static async Task<List<string>> KeptAsync(Pipeline pipeline) =>
        [
            .. (
                await pipeline.Warehouse.QueryAsync(
                    $"SELECT name || ' ' || as_select FROM system.tables WHERE database = currentDatabase() AND as_select LIKE '%{KeptViews.Prefix}%' AND name LIKE 'fuel%' ORDER BY name",
                    Token
                )
            ).Rows.Select(r => r[0].GetString()!),
        ];

    private static async Task<List<string>> TablesAsync(Pipeline pipeline) =>
        [
            .. (
                await pipeline.Warehouse.QueryAsync(
                    $"SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '{KeptViews.Prefix}')",
                    Token
                )
            ).Rows.Select(r => r[0].GetString()!),
        ];
}
