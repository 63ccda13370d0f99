using Collector.Pulp;
using Etl.Loading;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Rows that were promised to go are gone in time, everywhere, and no figure changes by it.</summary>
public sealed class RetentionTests(EnginesFixture fixture)
{
    private const string Systems = "pulp/systems";
    private const string Components = "pulp/components";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_DaysWhoseRowsAreGone_KeepTheirFigures()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await KeepFiguresAsync(pipeline);
    }

    /// <summary>
    /// A source that forgets after 14 days, a warehouse after 30, and 400 days more: the figures are those of all that ever was.
    /// </summary>
    internal static async Task KeepFiguresAsync(Pipeline pipeline)
    {
        var clock = new SetClock(default);
        pipeline.Clock = clock;
        await PulpLoader.FillAsync(
            pipeline.PrimaryOf("pulp") + ";Pooling=false",
            new PulpOptions { Systems = 150, Days = 60 },
            cancellationToken: Token
        );
        await pipeline.SourceAsync(
            """
            CREATE TABLE pulp.every_system AS TABLE pulp.pulpanalytics_system;
            CREATE TABLE pulp.every_component AS TABLE pulp.pulpanalytics_component;
            TRUNCATE pulp.pulpanalytics_system CASCADE
            """
        );
        // Load by load: check-ins since the last one come, those of more than 14 days go. The first one brings a month at once.
        foreach (
            var (day, days) in ((string, int)[])
                [("2026-08-31", 31), ("2026-09-09", 14), ("2026-09-15", 14), ("2026-09-24", 14), ("2026-10-01", 14)]
        )
        {
            clock.Set(day + " 01:00");
            await pipeline.SourceAsync(
                $"""
                INSERT INTO pulp.pulpanalytics_system SELECT * FROM pulp.every_system WHERE created < '{day}Z' AND created >= '{day}Z'::timestamptz - '{days} days'::interval ON CONFLICT DO NOTHING;
                DELETE FROM pulp.pulpanalytics_system WHERE created < '{day}Z'::timestamptz - '{days} days'::interval;
                INSERT INTO pulp.pulpanalytics_component SELECT c.* FROM pulp.every_component AS c JOIN pulp.pulpanalytics_system AS s ON s.id = c.system_id ON CONFLICT DO NOTHING
                """
            );
            await PulpTests.LoadAsync(pipeline);
            var oldest = DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture).AddDays(-28);
            Assert.Equal(
                [$"{oldest:yyyy-MM-dd} {oldest:yyyy-MM-dd}"],
                await pipeline.AskWholeAsync("SELECT (SELECT min(day) FROM pulp_system), (SELECT min(day) FROM pulp_component)")
            );
            foreach (var extract in (string[])[Systems, Components])
            {
                var verified = await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Verify));
                Assert.All(verified.Changes, c => Assert.True(c.Same, c.ToString()));
            }
        }

        // What the source still has doesn't bring back what is gone.
        clock.Set("2026-10-20 00:10");
        await RemoveAsync(pipeline);
        foreach (var extract in (string[])[Systems, Components])
        {
            await pipeline.BackfillAsync("2026-08-01", "2026-11-01", extract: extract);
            await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Heal));
            await pipeline.LoadAsync(extract);
        }

        Assert.Equal(["2026-09-22"], await pipeline.AskWholeAsync("SELECT min(day) FROM pulp_system"));

        // The source as it would be if it deleted nothing, to ask it; the warehouse doesn't see that.
        await pipeline.SourceAsync(
            """
            INSERT INTO pulp.pulpanalytics_system TABLE pulp.every_system ON CONFLICT DO NOTHING;
            INSERT INTO pulp.pulpanalytics_component TABLE pulp.every_component ON CONFLICT DO NOTHING
            """
        );
        await PulpTests.CompareAsync(pipeline);
        clock.Set("2027-11-05 00:10");
        Assert.True((await RemoveAsync(pipeline)).All(r => r.Rows > 0));
        Assert.Equal(
            ["0 0"],
            await pipeline.AskWholeAsync("SELECT (SELECT count() FROM pulp_system), (SELECT count() FROM pulp_component)")
        );
        await PulpTests.CompareAsync(pipeline);
        await PulpTests.CompareAsync(pipeline, bucket: true, minAge: 0);
        await PulpTests.CompareAsync(
            pipeline,
            new(2026, 9, 18),
            new(2026, 9, 24),
            bucket: true,
            minAge: 4,
            component: "rpm",
            measure: "groups"
        );
        Assert.All(await RemoveAsync(pipeline), r => Assert.Equal(0, r.Rows));

        // No table of the warehouse has a system any more.
        var system = Assert.Single(await pipeline.AskSourceAsync("SELECT system_id::text FROM pulp.every_system ORDER BY id LIMIT 1"));
        for (var node = 0; node < pipeline.Nodes.Count; node++)
        {
            foreach (
                var table in await pipeline.AskAsync(
                    "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0",
                    node
                )
            )
            {
                Assert.Equal(
                    ["0"],
                    await pipeline.AskAsync($"SELECT countIf(position(toString(tuple(*)), '{system}') > 0) FROM {table}", node)
                );
            }
        }
    }

    // What an attempt leaves that was killed: sums that nobody reads yet, or a line in the log and rows that are still there.
    [Theory]
    [InlineData("summed up", "INSERT INTO past_pulp_system_count SELECT * FROM pulp_system_count WHERE day < '2026-09-20'")]
    [InlineData("a part of it", "INSERT INTO past_pulp_system_count SELECT * FROM pulp_system_count WHERE day < '2026-09-15'")]
    public async Task Remove_AfterAnAttemptThatWasKilled_GoesOn(string what, string left)
    {
        using var pipeline = await FilledAsync("2026-10-01 12:00");
        await pipeline.Warehouse.ExecuteAsync(left, Token);
        await PulpTests.CompareAsync(pipeline);
        ((SetClock)pipeline.Clock).Set("2026-10-18 12:00");
        await RemoveAsync(pipeline);
        Assert.True((await pipeline.AskOneAsync("SELECT min(day) FROM pulp_system")) == "2026-09-20", what);
        await PulpTests.CompareAsync(pipeline);
    }

    [Fact]
    public async Task Remove_KilledBeforeRowsWereErased_ReadersHaveEachDayOnceAndRowsGo()
    {
        using var pipeline = await FilledAsync("2026-10-01 12:00");
        foreach (var view in (string[])["pulp_system_count", "pulp_measure_count", "pulp_component_count"])
        {
            await pipeline.Warehouse.ExecuteAsync($"INSERT INTO past_{view} SELECT * FROM {view} WHERE day < '2026-09-20'", Token);
        }

        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO etl_retention (fact, before, rows) VALUES ('pulp_system', '2026-09-20', 1), ('pulp_component', '2026-09-20', 1)",
            Token
        );
        await PulpTests.CompareAsync(pipeline);
        // The next load of whatever kind, on the same day.
        ((SetClock)pipeline.Clock).Set("2026-10-18 12:00");
        await PulpTests.LoadAsync(pipeline);
        Assert.Equal("2026-09-20", await pipeline.AskOneAsync("SELECT min(day) FROM pulp_system"));
        Assert.Equal("2026-09-20", await pipeline.AskOneAsync("SELECT min(day) FROM pulp_component"));
        await PulpTests.CompareAsync(pipeline);
    }

    [Fact]
    public async Task LoadAsync_RowOfADayThatIsGone_IsLeftOutAndToldOnce()
    {
        using var pipeline = await FilledAsync("2026-10-18 12:00");
        await pipeline.LoadSettledAsync(Systems);
        var before = await FiguresAsync(pipeline);
        await pipeline.SourceAsync(
            "INSERT INTO pulp.pulpanalytics_system (system_id, created, first_seen, postgresql_version) VALUES (gen_random_uuid(), '2026-09-19 23:59:59.999999Z', '2026-09-01Z', 0), (gen_random_uuid(), '2026-09-20 00:00:00Z', '2026-09-01Z', 0)"
        );
        var late = await pipeline.LoadAsync(Systems);
        Assert.Equal(
            "pulp_system: 1 rows came after retention had removed their days (those before 2026-09-20), so no figure has them",
            late.Run.Warning
        );
        await pipeline.LoadSettledAsync(Systems);
        Assert.Equal("", (await pipeline.LoadAsync(Systems)).Run.Warning);
        Assert.NotEqual(before, await FiguresAsync(pipeline));
        Assert.Equal(
            ["1"],
            await pipeline.AskAsync("SELECT count() FROM pulp_system WHERE first_seen_at = '2026-09-01' AND age_days = 19")
        );
        Assert.All((await pipeline.LoadAsync(Systems, new LoadRequest(LoadKind.Verify))).Changes, c => Assert.True(c.Same, c.ToString()));
    }

    // The comparison loads what is new first, and that removes what is due.
    [Fact]
    public async Task Verify_FirstThingOnANewDay_AgreesWithTheSource()
    {
        using var pipeline = await FilledAsync("2026-10-18 12:00");
        ((SetClock)pipeline.Clock).Set("2026-10-20 00:01");
        foreach (var extract in (string[])[Systems, Components])
        {
            var verified = await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Verify));
            Assert.NotEmpty(verified.Changes);
            Assert.All(verified.Changes, c => Assert.True(c.Same, c.ToString()));
        }

        Assert.Equal("2026-09-22", await pipeline.AskOneAsync("SELECT min(day) FROM pulp_system"));
        await PulpTests.CompareAsync(pipeline);
    }

    // A removal in the middle of a load would sum up a day, of which the load then brings a row.
    [Fact]
    public async Task Remove_WhileALoadRuns_WaitsForIt()
    {
        using var pipeline = await FilledAsync("2026-10-01 12:00");
        await pipeline.LoadSettledAsync(Systems);
        await pipeline.SourceAsync(
            "INSERT INTO pulp.pulpanalytics_system (system_id, created, first_seen, postgresql_version) VALUES (gen_random_uuid(), '2026-09-12 10:00Z', '2026-09-01Z', 0)"
        );
        ((SetClock)pipeline.Clock).Set("2026-10-18 12:00");
        Task? removal = null;
        await pipeline.LoadAsync(
            Systems,
            null,
            _ =>
            {
                removal ??= RemoveAsync(pipeline);
                Thread.Sleep(200);
                Assert.False(removal.IsCompleted);
            }
        );
        await removal!;
        Assert.Equal("2026-09-20", await pipeline.AskOneAsync("SELECT min(day) FROM pulp_system"));
        await PulpTests.CompareAsync(pipeline);
    }

    // What a backfill had staged that failed long ago, and nobody ran again.
    [Fact]
    public async Task Remove_StagedRowsOfAnOldRun_GoToo()
    {
        using var pipeline = await FilledAsync("2026-10-01 12:00");
        string Table(string day) =>
            $"_run_pulp_systems_{DateTimeOffset.Parse(day + "Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds()}000_pulp_system";
        var (old, young, other) = (Table("2026-09-29 11:59"), Table("2026-09-29 12:01"), "_run_pulp_systems_2_pulp_component");
        foreach (var table in (string[])[old, young, other])
        {
            await pipeline.Warehouse.ExecuteAsync($"CREATE TABLE {table} AS pulp_system", Token);
        }

        await RemoveAsync(pipeline);
        Assert.Equal(
            [young],
            await pipeline.AskAsync(
                "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '_run_pulp_systems')"
            )
        );
    }

    [Fact]
    public async Task Retention_SetByAnOperator_RemovesRowsAndReportsSaySo()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync();
        var all = await pipeline.AskOneAsync("SELECT count() FROM fuel_action");
        Assert.Matches("fuel_action +for good ", (await RunAsync(pipeline, "fuel_action")).Output);
        var set = await RunAsync(pipeline, "fuel_action", "--days", "400");
        Assert.Matches(@"fuel_action +< 400 days +set by \S+, 20", set.Output);
        Assert.Equal(all, await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));

        var clock = new SetClock(new(2026, 9, 30, 12, 0, 0, TimeSpan.Zero));
        pipeline.Clock = clock;
        Assert.Equal(0, (await RunAsync(pipeline, "fuel_action", "--days", "10")).Code);
        var next = await pipeline.LoadAsync();
        Assert.Equal("", next.Run.Warning);
        Assert.Equal(["2026-09-22"], await pipeline.AskAsync("SELECT toDate(min(started_at)) FROM fuel_action"));
        Assert.NotEqual(all, await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
        foreach (var view in Project.Here.Views().Where(v => v.Kept && v.Body.Contains("fuel_action", StringComparison.Ordinal)))
        {
            Assert.Equal(
                await pipeline.AskAsync($"SELECT toString(tuple(*)) AS r FROM ({view.Sql}) ORDER BY r"),
                await pipeline.AskAsync($"SELECT toString(tuple(*)) AS r FROM {view.Name} ORDER BY r")
            );
        }

        // Neither a loss, nor a difference; and nothing brings them back.
        Assert.All((await pipeline.LoadAsync(request: new LoadRequest(LoadKind.Verify))).Changes, c => Assert.True(c.Same, c.ToString()));
        await pipeline.BackfillAsync("2026-09-01", "2026-10-01");
        await pipeline.LoadAsync(request: new LoadRequest(LoadKind.Heal));
        Assert.Equal(["2026-09-22"], await pipeline.AskAsync("SELECT toDate(min(started_at)) FROM fuel_action"));

        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var loads = await runner.LoadsAsync(Token);
        string? Note(string report, params (string, string)[] given) =>
            runner
                .Prepare(
                    Reports.Definitions.ProjectReports.Report(Project.Here, report),
                    given.ToDictionary(g => g.Item1, g => g.Item2),
                    loads
                )
                .Note;
        Assert.Equal(
            "Rows of fuel_action are kept for a limited time: those of days before 2026-09-22 are gone, and these figures are without them.",
            Note("fuel/operations")
        );
        Assert.Null(Note("fuel/operations", ("from", "2026-09-22")));
        Assert.NotNull(Note("fuel/operations", ("from", "2026-09-21")));
        Assert.Null(Note("fuel/os-distribution"));
        Assert.Null(Note("pulp/active-systems"));
    }

    [Theory]
    [InlineData(
        "expected 2 to 30, which was promised (warehouse-sql/facts/pulp_system.sql), or 0 for just that; found 31",
        "pulp_system",
        "--days",
        "31"
    )]
    [InlineData("expected 2 or more, or 0 to keep the rows of fuel_action for good; found 1", "fuel_action", "--days", "1")]
    [InlineData("openstack_catalog_item has no partitions of a time", "openstack_catalog_item", "--days", "9")]
    [InlineData("there is no fact 'pulp_sytem'; `make retention` lists them", "pulp_sytem")]
    [InlineData("DAYS= goes with FACT=", "--days", "9")]
    public async Task Retention_WrongCall_SaysWhatIsExpected(string fault, params string[] arguments)
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var ended = await RunAsync(pipeline, arguments);
        Assert.Equal(1, ended.Code);
        Assert.Contains(fault, Assert.Single(ended.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_OfLedgers_TakesOldMailsAndUnreadableRowsAndNoneThatIsDue()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.Warehouse.ExecuteAsync(
            """
            INSERT INTO report_delivery (kind, name, occurrence, recipient, at, state)
            SELECT kind, name, occurrence, 'a@example.org', now64(3) - toIntervalDay(age), 'sent'
            FROM values('kind String, name String, occurrence String, age Int32',
              ('digest', 'weekly', '1', 120), ('digest', 'weekly', '2', 20), ('digest', 'yearly', '1', 300),
              ('correction', 'weekly', '1', 100), ('correction', 'weekly', '2', 1), ('alert', 'old', '1', 400), ('watch', 'new', '1', 400))
            """,
            Token
        );
        await pipeline.Warehouse.ExecuteAsync(
            """
            INSERT INTO etl_quarantine (extract, key, reason, _run)
            SELECT 'fuel/action_logs', [toString(age)], 'not JSON', toUInt64(toUnixTimestamp64Micro(now64(6) - toIntervalDay(age)))
            FROM values('age Int32', 1, 89, 90, 200)
            """,
            Token
        );
        Assert.Contains(
            "expected 30 or more",
            (await RunAsync(pipeline, "etl_quarantine", "--days", "7")).Errors,
            StringComparison.Ordinal
        );
        await RunAsync(pipeline, "etl_quarantine", "--days", "90");
        var shown = await RunAsync(pipeline, "report_delivery", "--days", "90");
        Assert.Matches("report_delivery +< 90 days +set by .* 7 .* 2 ", CleanText.Line(shown.Output));
        await RunAsync(pipeline, "--remove");
        Assert.Equal(["1", "89"], await pipeline.AskAsync("SELECT key[1] FROM etl_quarantine ORDER BY toInt32(key[1])"));
        Assert.Equal(
            ["alert old 1", "correction weekly 2", "digest weekly 2", "digest yearly 1", "watch new 1"],
            await pipeline.AskAsync("SELECT kind, name, occurrence FROM report_delivery ORDER BY ALL")
        );
    }

    [Fact]
    public async Task Remove_SourceIsAway_RowsGoAllTheSame()
    {
        using var pipeline = await FilledAsync("2026-10-01 12:00");
        Assert.NotEqual("0", await pipeline.AskOneAsync("SELECT count() FROM pulp_system"));
        var ended = await ChildProgram.RunAsync(
            "etl/Etl",
            pipeline.Environment(("ConnectionStrings__Pulp", "Host=127.0.0.1;Port=1;Database=none")),
            "retention",
            "--remove"
        );
        Assert.True(ended.Code == 0, ended.Errors);
        Assert.Contains("pulp_system: ", ended.Errors, StringComparison.Ordinal);
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM pulp_system"));
        await PulpTests.CompareAsync(pipeline);
    }

    private static async Task<Ended> RunAsync(Pipeline pipeline, params string[] arguments) =>
        await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(), ["retention", .. arguments]);

    private static Task<List<string>> FiguresAsync(Pipeline pipeline) =>
        pipeline.AskAsync("SELECT toString(tuple(*)) AS r FROM pulp_system_count ORDER BY r");

    private async Task<Pipeline> FilledAsync(string now)
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        var clock = new SetClock(default);
        clock.Set(now);
        pipeline.Clock = clock;
        await PulpLoader.FillAsync(
            pipeline.PrimaryOf("pulp") + ";Pooling=false",
            new PulpOptions { Systems = 60, Days = 20 },
            cancellationToken: Token
        );
        await fixture.WaitForReplicaAsync(Token);
        await PulpTests.LoadAsync(pipeline);
        return pipeline;
    }

    private static async Task<IReadOnlyList<(string Fact, long Rows)>> RemoveAsync(Pipeline pipeline)
    {
        using var loader = new Loader(pipeline.Configuration(), Project.Here, pipeline.Clock);
        var removed = new List<(string, long)>();
        foreach (var extract in SourceSqlOf(Systems, Components))
        {
            removed.AddRange(await loader.RemoveOldAsync(extract, Token));
        }

        return removed;
    }

    private static IEnumerable<SourceSql.ExtractDefinition> SourceSqlOf(params string[] names) =>
        SourceSql.ProjectExtracts.Extracts(Project.Here).Where(e => names.Contains(e.Name));
}
