using Etl.Loading;
using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Runs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// Sources that change under the warehouse: emptied, restored, promoted, standing still, with a clock of their own. Nothing is said to be
/// right while rows are missing.
/// </summary>
public sealed class SourceChangeTests(EnginesFixture fixture)
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";
    private static readonly LoadRequest s_verify = new(LoadKind.Verify);
    private static readonly LoadRequest s_heal = new(LoadKind.Heal);
    private static readonly LoadRequest s_accept = new(LoadKind.Accept);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Setbacks =>
        new()
        {
            { "TRUNCATE action_logs", "it has no rows left, and had some up to id 40: was it restored, emptied or made anew?" },
            {
                $"TRUNCATE action_logs RESTART IDENTITY; {Rows("march", 12)}",
                "its highest id is 12 and was 40: was it restored, emptied or made anew?"
            },
            { "DELETE FROM action_logs WHERE id > 30", "its highest id is 30 and was 40: was it restored, emptied or made anew?" },
            {
                $"DELETE FROM action_logs WHERE id BETWEEN 10 AND 30; {Rows("march", 3)}",
                "it has 22 rows and had 40: was it restored or emptied?"
            },
            {
                $"DROP TABLE action_logs; CREATE TABLE action_logs (id integer PRIMARY KEY, master_node_uid text NOT NULL, external_id integer NOT NULL, body text NOT NULL); INSERT INTO action_logs VALUES (7, 'new', 1, '{{}}')",
                "its highest id is 7 and was 40"
            },
        };

    [Theory]
    [MemberData(nameof(Setbacks))]
    public async Task LoadAsync_SourceThatWentBack_FailsUntilItIsAccepted(string setback, string said)
    {
        using var pipeline = await FilledAsync();
        var before = await pipeline.ChecksumsAsync("fuel_action");
        await pipeline.SourceAsync(setback);
        var backfill = new LoadRequest(LoadKind.Backfill, new TimeWindow(new(2026, 1, 1), new(2026, 3, 1)), Force: true);
        foreach (
            var request in (LoadRequest[])
                [
                    new(LoadKind.Incremental),
                    s_verify,
                    s_heal,
                    s_heal with
                    {
                        Force = true,
                    },
                    .. said.Contains("22 rows", StringComparison.Ordinal) ? [] : new[] { backfill },
                ]
        )
        {
            var fault = await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync(Pipeline.Actions, request));
            Assert.Contains(said, fault.Message, StringComparison.Ordinal);
            Assert.Contains("`make accept EXTRACT=fuel/action_logs DRY_RUN=1`", fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await pipeline.ChecksumsAsync("fuel_action"));
        Assert.Equal("failed", await pipeline.AskOneAsync("SELECT argMax(outcome, run) FROM etl_run"));
        var look = await pipeline.LoadAsync(Pipeline.Actions, s_accept with { DryRun = true });
        Assert.Contains(look.Changes, c => !c.Same);
        Assert.NotEmpty(look.Gone);
        await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync());

        await pipeline.LoadAsync(Pipeline.Actions, s_accept);
        await pipeline.SourceAsync(Rows("april", 2, id: 60));
        await pipeline.LoadAsync();
        Assert.Empty(await MissingAsync(pipeline));
        // What the warehouse had stays until a person says otherwise.
        Assert.Equal("40", await pipeline.AskOneAsync("SELECT count() FROM fuel_action WHERE installation_uid IN ('january', 'february')"));
    }

    [Theory]
    [InlineData("'7300000000000000000' AS source_system", "it is another server, made anew (system identifier ")]
    [InlineData("source_timeline + 1 AS source_timeline", "it is on timeline 1 and was on 2: a server was promoted or restored")]
    public async Task LoadAsync_AnotherServer_FailsUntilItIsAccepted(string ledger, string said)
    {
        using var pipeline = await FilledAsync();
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO etl_run SELECT * REPLACE ({ledger}, version + 1 AS version) FROM (SELECT * FROM etl_run FINAL)",
            Token
        );
        Assert.Contains(said, (await Assert.ThrowsAsync<SourceException>(() => pipeline.LoadAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(40, (await pipeline.LoadAsync(Pipeline.Actions, s_accept)).Run.RowsRead);
        Assert.Equal(RunOutcome.Published, (await pipeline.LoadAsync()).Run.Outcome);
    }

    [Fact]
    public async Task LoadAsync_WholeTableEmptiedOrHalved_IsRefusedWithoutForce()
    {
        using var project = FullProject();
        using var pipeline = await FilledAsync(project);
        var before = await pipeline.ChecksumsAsync("fuel_action");
        foreach (
            var loss in (string[])
                [
                    "DELETE FROM action_logs WHERE master_node_uid = 'january' AND external_id > 18",
                    "DELETE FROM action_logs WHERE master_node_uid = 'january'",
                    "TRUNCATE action_logs",
                ]
        )
        {
            await pipeline.SourceAsync(loss);
            var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync());
            Assert.Matches(@"^fuel_action, partition 20260[12], would go from 20 to (18|0) rows; nothing was published", fault.Message);
            Assert.Equal(before, await pipeline.ChecksumsAsync("fuel_action"));
        }

        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Incremental, Force: true));
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
    }

    [Fact]
    public async Task LoadAsync_HealThatWouldLoseMuch_IsRefusedWithoutForce()
    {
        using var pipeline = await FilledAsync();
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE master_node_uid = 'january' AND external_id > 15");
        var shown = await pipeline.LoadAsync(Pipeline.Actions, s_verify);
        Assert.Equal([new GoneRows("fuel_action", "202601", 5)], shown.Gone);
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync(Pipeline.Actions, s_heal));
        Assert.Contains("fuel_action, partition 202601, would go from 20 to 15 rows", fault.Message, StringComparison.Ordinal);
        Assert.Equal("40", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
        await pipeline.LoadAsync(Pipeline.Actions, s_heal with { Force = true });
        Assert.Equal("35", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
        await pipeline.LoadAsync();
    }

    [Fact]
    public async Task LoadAsync_RowsThatTheSourceDeletes_StayWhereTheHeaderSaysSo()
    {
        using var project = new ProjectCopy().Change(Extract, "mode: append", "mode: append\ndeleted: keep");
        using var pipeline = await FilledAsync(project);
        await pipeline.SourceAsync("DELETE FROM action_logs WHERE master_node_uid = 'january' AND external_id > 5");
        var shown = await pipeline.LoadAsync(Pipeline.Actions, s_verify);
        Assert.All(shown.Changes, c => Assert.True(c.Same, c.ToString()));
        Assert.Equal([new GoneRows("fuel_action", "202601", 15)], shown.Gone);

        await pipeline.SourceAsync("UPDATE action_logs SET body = replace(body, 'deploy', 'other') WHERE external_id = 3");
        await pipeline.LoadAsync(Pipeline.Actions, s_heal);
        await pipeline.BackfillAsync("2026-01-01", "2026-03-01");
        Assert.Equal(
            ["deploy 38", "other 2"],
            await pipeline.AskAsync("SELECT action_name, count() FROM fuel_action GROUP BY 1 ORDER BY 1")
        );
        Assert.All((await pipeline.LoadAsync(Pipeline.Actions, s_verify)).Changes, c => Assert.True(c.Same, c.ToString()));
    }

    [Theory]
    [InlineData("2099-01-01")]
    [InlineData("infinity")]
    public async Task LoadAsync_CursorThatIsStillToCome_HidesNoLaterRow(string future)
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            $"INSERT INTO installation_structures (master_node_uid, structure, creation_date, modification_date) VALUES ('a', '{{}}', '2026-01-10', '2026-01-10'), ('b', '{{}}', '2026-01-10', '{(future == "infinity" ? "2099-12-01" : future)}')"
        );
        var first = await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Contains("1 row has a changed_at that is still to come", first.Run.Warning, StringComparison.Ordinal);
        await pipeline.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date, modification_date) VALUES ('c', '{}', now(), now())"
        );
        await pipeline.LoadSettledAsync(Pipeline.Structures);
        await pipeline.SourceAsync(
            "UPDATE installation_structures SET structure = '{\"clusters_num\": 4}', modification_date = now() WHERE master_node_uid = 'a'"
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(
            ["a 4", "b NULL", "c NULL"],
            await pipeline.AskAsync(
                "SELECT installation_uid, argMax(tuple(environments), reported_at).1 FROM fuel_installation GROUP BY 1 ORDER BY 1"
            )
        );

        await pipeline.SourceAsync("UPDATE installation_structures SET modification_date = now() WHERE master_node_uid = 'b'");
        Assert.Equal("", (await pipeline.LoadAsync(Pipeline.Structures, s_accept)).Run.Warning);
    }

    [Theory]
    [InlineData("double precision", "'Infinity'")]
    [InlineData("numeric", "'NaN'")]
    [InlineData("date", "'infinity'")]
    public async Task LoadAsync_CursorThatIsNoNumberOrDay_HidesNoLaterRow(string type, string value)
    {
        using var project = new ProjectCopy().Change(Extract, "SELECT id,", "SELECT mark AS id,");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        var sound = type == "date" ? "current_date" : "1";
        await pipeline.SourceAsync(
            $"ALTER TABLE action_logs ADD mark {type}; {Rows("january", 2)}; UPDATE action_logs SET mark = CASE external_id WHEN 1 THEN {value}::{type} ELSE {sound} END; ALTER TABLE action_logs ALTER mark SET DEFAULT {sound}"
        );
        Assert.Contains("1 row has a id that is still to come", (await pipeline.LoadAsync()).Run.Warning, StringComparison.Ordinal);
        await pipeline.SourceAsync(Rows("february", 2));
        await pipeline.LoadAsync();
        // The row itself is in the quarantine where the warehouse can't hold it.
        Assert.Equal(type == "date" ? ["january 1"] : [], await MissingAsync(pipeline));
    }

    [Theory]
    [InlineData("ALTER TABLE fuel_action DROP PARTITION 202601", 0)]
    [InlineData("ALTER TABLE fuel_action DETACH PARTITION 202601", 0)]
    [InlineData("DELETE FROM fuel_action WHERE operation_id > 12 AND installation_uid = 'january'; OPTIMIZE TABLE fuel_action FINAL", 12)]
    public async Task LoadAsync_WarehouseThatLostRows_FailsUntilTheyAreLoadedAnew(string loss, int left)
    {
        using var pipeline = await FilledAsync();
        await pipeline.Warehouse.ExecuteAsync("OPTIMIZE TABLE fuel_action FINAL", Token);
        await pipeline.LoadAsync();
        foreach (var statement in loss.Split(';'))
        {
            await pipeline.Warehouse.ExecuteAsync(statement, Token);
        }

        var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync());
        Assert.Equal(
            $"fuel/action_logs: the warehouse lost rows since they were published: fuel_action, partition 202601, has {left} of the 20 rows that were published — `make verify EXTRACT=fuel/action_logs HEAL=1` loads it anew from the source",
            fault.Message
        );
        await pipeline.LoadAsync(Pipeline.Actions, s_heal);
        await pipeline.LoadAsync();
        Assert.Empty(await MissingAsync(pipeline));
    }

    [Fact]
    public async Task LoadAsync_WarehouseThatLostHistory_SaysSoInEveryLoadUntilItIsAccepted()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES ('a', '{}', '2026-01-10'), ('b', '{}', '2026-01-11')"
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.SourceAsync("UPDATE installation_structures SET modification_date = '2026-02-20' WHERE master_node_uid = 'a'");
        await pipeline.LoadSettledAsync(Pipeline.Structures);
        await pipeline.Warehouse.ExecuteAsync("ALTER TABLE fuel_installation DROP PARTITION 202601", Token);

        foreach (var request in (LoadRequest[])[new(LoadKind.Incremental), s_verify, s_heal, new(LoadKind.Incremental)])
        {
            var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync(Pipeline.Structures, request));
            Assert.Contains("of the 2 rows that were published", fault.Message, StringComparison.Ordinal);
        }

        // The heal brought back what the source still has: b's only state.
        await pipeline.LoadAsync(Pipeline.Structures, s_accept);
        Assert.Equal(RunOutcome.Published, (await pipeline.LoadAsync(Pipeline.Structures)).Run.Outcome);
        Assert.Equal(
            ["a 2026-02-20", "b 2026-01-11"],
            await pipeline.AskAsync("SELECT installation_uid, toDate(reported_at) FROM fuel_installation ORDER BY ALL")
        );
    }

    [Fact]
    public async Task LoadAsync_ReplicaThatStandsStillOrIsPromoted_LooksAsOldAsItIsAndIsNoticed()
    {
        await using var engines = new EnginesFixture();
        await engines.InitializeAsync();
        using var pipeline = await Pipeline.CreateAsync(engines);
        await pipeline.SourceAsync(Rows("january", 20));
        await pipeline.LoadAsync();
        Assert.Equal(
            "1",
            await pipeline.AskOneAsync(
                "SELECT count() FROM etl_run WHERE replayed_at = started_at AND replayed_lsn LIKE '%/%' AND source_system != '' AND source_timeline = 1"
            )
        );

        var replica = engines.Engines.Replica;
        await replica.ExecuteAsync("postgres", "SELECT pg_wal_replay_pause()", Token);
        await Wait.UntilAsync(
            async () => await replica.ExecuteAsync("postgres", "SELECT pg_get_wal_replay_pause_state() = 'paused'", Token) is true,
            "the replay stands still"
        );
        await Task.Delay(TimeSpan.FromSeconds(3), Token);
        // Nothing is missing yet: an idle primary is no lag.
        await pipeline.LoadAsync();
        Assert.Equal("1", await pipeline.AskOneAsync("SELECT argMax(replayed_at = started_at, run) FROM etl_run"));
        await engines.Engines.Primary.ExecuteAsync(pipeline.SourceDatabase, "SET search_path = fuel; " + Rows("february", 500), Token);
        await Task.Delay(TimeSpan.FromSeconds(1), Token);
        await pipeline.LoadAsync();
        Assert.Equal(
            "1",
            await pipeline.AskOneAsync("SELECT argMax(dateDiff('second', replayed_at, started_at) BETWEEN 4 AND 60, run) FROM etl_run")
        );
        Assert.Contains(
            "data up to (UTC)",
            (await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), "status")).Output,
            StringComparison.Ordinal
        );

        await replica.ExecuteAsync("postgres", "SELECT pg_wal_replay_resume()", Token);
        await engines.WaitForReplicaAsync(Token);
        await pipeline.LoadAsync();
        Assert.Equal("520", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
        await replica.ExecuteAsync("postgres", "SELECT pg_promote()", Token);
        var fault = await Assert.ThrowsAsync<SourceException>(() =>
            pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:AllowPrimary", "true"))
        );
        Assert.Contains("it is on timeline 2 and was on 1", fault.Message, StringComparison.Ordinal);
    }

    private static string Rows(string month, int rows, int? id = null) =>
        $$"""
            INSERT INTO action_logs ({{(id is null ? "" : "id, ")}}master_node_uid, external_id, body)
            SELECT {{(
                id is null ? "" : $"{id} + n, "
            )}}'{{month}}', n, json_build_object('action_name', 'deploy', 'cluster_id', n, 'start_timestamp', '{{month switch
            {
                "january" => "2026-01-03",
                "february" => "2026-02-03",
                _ => "2026-03-03",
            }}}T10:00:00')
            FROM generate_series(1, {{rows}}) AS n
            """;

    private static ProjectCopy FullProject()
    {
        var text = File.ReadAllText(Path.Combine(ChildProgram.Root, Extract));
        var eventTime = text[text.IndexOf("event_time:", StringComparison.Ordinal)..text.IndexOf("shard_by:", StringComparison.Ordinal)];
        return new ProjectCopy().Change(Extract, "mode: append", "mode: full").Change(Extract, eventTime, "");
    }

    // Operations of the source that the warehouse lacks.
    private static async Task<IEnumerable<string>> MissingAsync(Pipeline pipeline) =>
        (await pipeline.AskSourceAsync("SELECT master_node_uid, external_id FROM action_logs WHERE body != '{}'")).Except(
            await pipeline.AskAsync("SELECT installation_uid, operation_id FROM fuel_action")
        );

    /// <summary>January and February with 20 operations each; loaded.</summary>
    private async Task<Pipeline> FilledAsync(ProjectCopy? project = null)
    {
        var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync($"{Rows("january", 20)}; {Rows("february", 20)}");
        await pipeline.LoadSettledAsync();
        return pipeline;
    }
}
