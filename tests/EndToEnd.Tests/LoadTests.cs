using System.Globalization;
using Collector.Fuel;
using Etl.Loading;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// Loads from a real replica into a real warehouse: what is in the source is in the facts, once, however often it is loaded.
/// </summary>
public sealed class LoadTests(EnginesFixture fixture)
{
    private static readonly string[] s_actionFacts = ["fuel_action", "fuel_health_check"];
    private static readonly string[] s_structureFacts = ["fuel_installation", "fuel_environment", "fuel_node", "fuel_plugin"];

    [Fact]
    public async Task RunAsync_GeneratedActions_AreAllInTheFactsOrTheQuarantine()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        var result = await pipeline.LoadAsync();

        const string readable = """
            pg_input_is_valid(body, 'json') AND CASE WHEN pg_input_is_valid(body, 'json') THEN json_typeof(body::json) = 'object'
            AND coalesce(pg_input_is_valid(body::json->>'start_timestamp', 'timestamp'), true) END
            """;
        var keys = await pipeline.AskSourceAsync($"SELECT master_node_uid, external_id FROM action_logs WHERE {readable}");
        AssertSameRows(keys, await pipeline.AskAsync("SELECT installation_uid, operation_id FROM fuel_action"));
        var unreadable = await pipeline.AskSourceAsync(
            $"SELECT master_node_uid, external_id FROM action_logs WHERE ({readable}) IS NOT TRUE"
        );
        AssertSameRows(unreadable, await pipeline.AskAsync("SELECT key[1], key[2] FROM etl_quarantine"));
        Assert.NotEmpty(unreadable);
        AssertSameRows(
            await pipeline.AskSourceAsync(
                $"""
                SELECT master_node_uid, external_id, r.n, t.n FROM (SELECT * FROM action_logs WHERE {readable} OFFSET 0) a,
                  jsonb_array_elements(a.body::jsonb->'additional_info'->'testruns') WITH ORDINALITY AS r (run, n),
                  jsonb_array_elements(r.run->'tests') WITH ORDINALITY AS t (test, n)
                """
            ),
            await pipeline.AskAsync("SELECT installation_uid, operation_id, run_number, test_number FROM fuel_health_check")
        );
        Assert.Equal((keys.Count + unreadable.Count, unreadable.Count), ((int)result.Run.RowsRead, (int)result.Run.RowsQuarantined));
    }

    [Fact]
    public async Task RunAsync_GeneratedStructures_AreAllInTheFacts()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync(Pipeline.Structures);

        const string cluster = "installation_structures s, json_array_elements(structure->'clusters') c";
        AssertSameRows(
            await pipeline.AskSourceAsync("SELECT master_node_uid FROM installation_structures"),
            await pipeline.AskAsync("SELECT installation_uid FROM fuel_installation")
        );
        AssertSameRows(
            await pipeline.AskSourceAsync($"SELECT master_node_uid, c->>'id' FROM {cluster}"),
            await pipeline.AskAsync("SELECT installation_uid, environment_id FROM fuel_environment")
        );
        AssertSameRows(
            await pipeline.AskSourceAsync($"SELECT master_node_uid, c->>'id', n->>'id' FROM {cluster}, json_array_elements(c->'nodes') n"),
            await pipeline.AskAsync("SELECT installation_uid, environment_id, node_id FROM fuel_node")
        );
        AssertSameRows(
            await pipeline.AskSourceAsync(
                $"SELECT DISTINCT master_node_uid, c->>'id', p->>'name', p->>'version' FROM {cluster}, json_array_elements(c->'installed_plugins') p"
            ),
            await pipeline.AskAsync("SELECT installation_uid, environment_id, plugin, version FROM fuel_plugin")
        );
    }

    [Fact]
    public async Task RunAsync_Published_IsInTheLedger()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        var result = await pipeline.LoadAsync();

        var source = Assert
            .Single(await pipeline.AskSourceAsync("SELECT count(*), max(id), sum(octet_length(body)) FROM action_logs"))
            .Split(' ');
        Assert.Equal(
            $"fuel/action_logs incremental published NULL {source[1]} {source[0]} 1 1 1",
            await pipeline.AskOneAsync(
                """
                SELECT extract, kind, outcome, range_from, range_to, rows_read, started_at <= finished_at, seconds > 0 AND seconds < 100, error = ''
                FROM etl_run
                """
            )
        );
        var bytes = long.Parse(await pipeline.AskOneAsync("SELECT bytes_read FROM etl_run"), CultureInfo.InvariantCulture);
        Assert.InRange(bytes, long.Parse(source[2], CultureInfo.InvariantCulture), 2 * long.Parse(source[2], CultureInfo.InvariantCulture));
        var snapshot = (await pipeline.AskOneAsync("SELECT snapshot FROM etl_run")).Split(':');
        Assert.Equal(3, snapshot.Length);
        // Higher, where other tests' transactions had taken numbers and not ended yet.
        Assert.Equal("1", await pipeline.AskOneAsync($"SELECT snapshot_xmax >= {snapshot[1]} FROM etl_run"));
        Assert.Equal(s_actionFacts, await pipeline.AskAsync("SELECT arrayJoin(facts) FROM etl_run"));
        AssertSameRows(
            await pipeline.AskAsync(
                """
                SELECT DISTINCT 'fuel_action/' || toString(_partition_id) FROM fuel_action
                UNION ALL SELECT DISTINCT 'fuel_health_check/' || toString(_partition_id) FROM fuel_health_check
                UNION ALL SELECT DISTINCT 'etl_quarantine/' || toString(_partition_id) FROM etl_quarantine
                """
            ),
            await pipeline.AskAsync("SELECT arrayJoin(partitions) FROM etl_run")
        );
        Assert.Equal(
            await pipeline.AskOneAsync("SELECT count() FROM etl_quarantine"),
            await pipeline.AskOneAsync("SELECT rows_quarantined FROM etl_run")
        );
        Assert.Equal(
            result.Run.Run.ToString(CultureInfo.InvariantCulture),
            await pipeline.AskOneAsync("SELECT DISTINCT _run FROM fuel_action")
        );
        Assert.Empty(await pipeline.RunTablesAsync());
    }

    [Fact]
    public async Task RunAsync_SecondLoad_ReadsOnlyTheOverlapAndChangesNothing()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture, Pipeline.Small with { Days = 30 });
        await pipeline.LoadAsync();
        await pipeline.LoadAsync(Pipeline.Structures);
        var before = await pipeline.ChecksumsAsync([.. s_actionFacts, .. s_structureFacts, "etl_quarantine"]);

        var all = await pipeline.AskSourceAsync("SELECT count(*) FROM action_logs");
        var overlap = await pipeline.AskSourceAsync("SELECT count(*) FROM action_logs WHERE id > (SELECT max(id) FROM action_logs) - 1000");
        Assert.NotEqual(all, overlap);
        await LoadUntilItReadsAsync(pipeline, Pipeline.Actions, overlap[0]);
        var changed = "coalesce(modification_date, creation_date)";
        var recent = await pipeline.AskSourceAsync(
            $"SELECT count(*) FROM installation_structures WHERE {changed} > (SELECT max({changed}) FROM installation_structures) - interval '5 minutes'"
        );
        await LoadUntilItReadsAsync(pipeline, Pipeline.Structures, recent[0]);
        Assert.Equal(before, await pipeline.ChecksumsAsync([.. s_actionFacts, .. s_structureFacts, "etl_quarantine"]));
    }

    [Fact]
    public async Task RunAsync_NewRows_AreAdded()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        Assert.Equal(0, (await pipeline.LoadAsync()).Run.RowsRead);
        await pipeline.AddActionAsync("a", 1, "2026-01-31T23:59:59.999999");
        await pipeline.LoadAsync();
        await pipeline.AddActionAsync("a", 2, "2026-02-01T00:00:00");
        await pipeline.LoadAsync();
        Assert.Equal(
            ["1 2026-01-31 23:59:59.999999 202601", "2 2026-02-01 00:00:00.000000 202602"],
            await pipeline.AskAsync("SELECT operation_id, started_at, _partition_id FROM fuel_action ORDER BY operation_id")
        );
    }

    [Fact]
    public async Task RunAsync_ManySmallRanges_LoadTheSame()
    {
        using var whole = await Pipeline.CreateFilledAsync(fixture);
        using var ranges = await Pipeline.CreateFilledAsync(fixture);
        foreach (var extract in (string[])[Pipeline.Actions, Pipeline.Structures])
        {
            var one = await whole.LoadAsync(extract);
            var many = await ranges.LoadAsync(extract, null, ("Etl:RowsPerRange", "97"));
            Assert.Equal(
                (one.Run.RowsRead, one.Run.RowsQuarantined, one.Run.RangeTo),
                (many.Run.RowsRead, many.Run.RowsQuarantined, many.Run.RangeTo)
            );
        }

        Assert.Equal(
            await whole.ChecksumsAsync([.. s_actionFacts, .. s_structureFacts]),
            await ranges.ChecksumsAsync([.. s_actionFacts, .. s_structureFacts])
        );
    }

    [Fact]
    public async Task RunAsync_EmptyDocuments_GiveNulls()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, null);
        await pipeline.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date, modification_date, is_filtered, release) VALUES ('a', '{}', NULL, NULL, NULL, NULL)"
        );
        var actions = await pipeline.LoadAsync();
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(
            "a 1 NULL NULL NULL NULL NULL NULL NULL NULL 0",
            await pipeline.AskOneAsync(
                "SELECT installation_uid, operation_id, action_group, action_name, action_type, environment_id, started_at, ended_at, duration_s, status, _partition_id FROM fuel_action"
            )
        );
        Assert.Equal(
            "a 1970-01-01 00:00:00.000000 NULL False NULL [] NULL 0 NULL NULL NULL",
            await pipeline.AskOneAsync("SELECT * EXCEPT (_run) FROM fuel_installation")
        );
        Assert.Equal(["fuel_action/0"], actions.Run.Partitions);
    }

    [Fact]
    public async Task RunAsync_NullCursor_IsReadByEachLoadAndCollapses()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES
            ('dated', '{"clusters_num": 1}', '2026-01-01'), ('old', '{"clusters_num": 2}', '2025-01-01'), ('odd', '{"clusters_num": 3}', NULL)
            """
        );
        Assert.Equal(3, (await pipeline.LoadAsync(Pipeline.Structures)).Run.RowsRead);
        await LoadUntilItReadsAsync(pipeline, Pipeline.Structures, "2");
        await pipeline.SourceAsync("UPDATE installation_structures SET structure = '{\"clusters_num\": 4}' WHERE master_node_uid = 'odd'");
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(
            ["dated 1", "odd 4", "old 2"],
            await pipeline.AskAsync("SELECT installation_uid, environments FROM fuel_installation ORDER BY installation_uid")
        );
    }

    [Fact]
    public async Task RunAsync_OverwrittenStructure_KeepsHistoryAndShowsTheLatest()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES
            ('a', '{"clusters": [{"id": 1, "status": "new"}, {"id": 2, "status": "new"}]}', '2026-01-01')
            """
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.SourceAsync(
            """
            UPDATE installation_structures SET structure = '{"clusters": [{"id": 2, "status": "operational"}]}', modification_date = '2026-02-03 04:05:06' WHERE master_node_uid = 'a'
            """
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(
            ["2026-01-01 00:00:00.000000 1 new", "2026-01-01 00:00:00.000000 2 new", "2026-02-03 04:05:06.000000 2 operational"],
            await pipeline.AskAsync("SELECT reported_at, environment_id, status FROM fuel_environment ORDER BY ALL")
        );
        Assert.Equal(["2 operational"], await pipeline.AskAsync("SELECT environment_id, status FROM fuel_environment_current"));
        Assert.Equal(["2026-02-03 04:05:06.000000"], await pipeline.AskAsync("SELECT reported_at FROM fuel_installation_current"));
    }

    [Fact]
    public async Task RunAsync_PeopleInStructures_NeverEnterTheWarehouse()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture, Pipeline.Small with { Installations = 200 });
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.LoadAsync();
        Assert.Equal("1", await pipeline.AskOneAsync("SELECT countIf(contact_info_provided) > 0 FROM fuel_installation"));
        Assert.Contains(
            await pipeline.AskSourceAsync("SELECT structure FROM installation_structures"),
            text => text.Contains(PrivacyMarkers.EmailDomain, StringComparison.Ordinal)
        );
        foreach (var table in (string[])[.. s_actionFacts, .. s_structureFacts, "etl_run", "etl_quarantine"])
        {
            var markers = string.Join(" OR ", PrivacyMarkers.All.Select(m => $"position(toString(tuple(*)), '{m}') > 0"));
            Assert.Equal("0", await pipeline.AskOneAsync($"SELECT count() FROM {table} WHERE {markers}"));
        }
    }

    // More than once: where another test has a transaction open, a load begins before it.
    private static Task LoadUntilItReadsAsync(Pipeline pipeline, string extract, string rows) =>
        Wait.UntilAsync(
            async () => (await pipeline.LoadAsync(extract)).Run.RowsRead.ToString(CultureInfo.InvariantCulture) == rows,
            $"a load of {extract} reads {rows} rows"
        );

    private static void AssertSameRows(List<string> expected, List<string> actual)
    {
        expected.Sort(StringComparer.Ordinal);
        actual.Sort(StringComparer.Ordinal);
        Assert.Equal(expected, actual);
    }
}
