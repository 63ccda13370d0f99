using System.Globalization;
using Collector.Openstack;
using Etl.Loading;
using Reports.Definitions;
using Reports.Running;
using Xunit;
using Project = WarehouseSql.Definitions.Project;

namespace EndToEnd.Tests;

/// <summary>The shared cloud's accounting from the collector's tables to the reports.</summary>
public sealed class OpenstackTests(EnginesFixture fixture)
{
    private static readonly DateOnly s_first = new(2010, 1, 1);

    // What is open is open until then; later than the generated rows, and past, so that both sides mean the same time.
    private static readonly DateOnly s_last = new(2026, 10, 20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Seeds.All), MemberType = typeof(Seeds))]
    public async Task Report_GeneratedData_HasTheFiguresOfTheSource(long seed)
    {
        using var pipeline = await FilledAsync(fixture, seed);
        Assert.Equal(
            OpenstackFigures.Questions.Keys.Append("openstack/consistency").Order(StringComparer.Ordinal),
            Project.Here.Reports().Keys.Where(n => n.StartsWith("openstack/", StringComparison.Ordinal))
        );
        await CompareAsync(pipeline, "", "", "");
        await AssertConsistentAsync(pipeline);

        // The users' own names for things: an institution, a project by its path and by its number, a user.
        var institution = await OneAsync(
            pipeline,
            "SELECT institution_name FROM openstack.institution2moc_project JOIN openstack.institution USING (institution_id) GROUP BY 1 ORDER BY sum(percent_owned) DESC LIMIT 1"
        );
        var project = await OneAsync(
            pipeline,
            "SELECT parent_moc_project_id FROM openstack.moc_project WHERE parent_moc_project_id > 1 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        );
        var department = await OneAsync(
            pipeline,
            "SELECT project_name FROM openstack.moc_project WHERE parent_moc_project_id = 1 ORDER BY 1 LIMIT 1"
        );
        var user = await OneAsync(
            pipeline,
            "SELECT username FROM openstack.item JOIN openstack.poc USING (poc_id) WHERE username IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        );
        await CompareAsync(pipeline, institution, "", "");
        await CompareAsync(pipeline, "MOC", project, "");
        await CompareAsync(pipeline, institution, $"MOC / {department}", "unknown", mayBeEmpty: true);
        await CompareAsync(pipeline, "", "", user);
    }

    [Fact]
    public async Task Report_ChangedAtTheSource_HasTheFiguresOfTheSource()
    {
        using var pipeline = await FilledAsync(fixture, 4);
        await CompareAsync(pipeline, "", "", "");
        var before = await pipeline.AskAsync("SELECT count(), countIf(ended_at IS NULL) FROM openstack_raw_item_ts");
        // Open intervals close, some long before the last load; parts are sold on; projects move; rows go.
        await pipeline.SourceAsync(
            """
            SET search_path TO openstack;
            UPDATE raw_item_ts SET end_ts = '2026-10-05 12:34:56' WHERE end_ts IS NULL AND item_id % 3 = 0;
            UPDATE raw_item_ts SET end_ts = start_ts + interval '61 seconds' WHERE end_ts IS NULL AND item_id % 3 = 1;
            DELETE FROM raw_item_ts WHERE item_id % 7 = 3 AND end_ts IS NOT NULL;
            UPDATE institution2moc_project SET percent_owned = percent_owned / 2 WHERE moc_project_id % 2 = 0;
            DELETE FROM institution2moc_project WHERE moc_project_id IN (1, 3);
            INSERT INTO institution2moc_project VALUES (1, 2, 33), (3, 1, 100);
            UPDATE moc_project SET parent_moc_project_id = 2 WHERE moc_project_id = (SELECT max(moc_project_id) FROM moc_project);
            UPDATE item SET poc_id = NULL WHERE item_id % 10 = 0;
            UPDATE catalog_item SET price = price + 7 WHERE catalog_item_id = 3;
            DELETE FROM item2item WHERE primary_item % 2 = 0
            """
        );
        await LoadAsync(pipeline, force: true);
        Assert.NotEqual(before, await pipeline.AskAsync("SELECT count(), countIf(ended_at IS NULL) FROM openstack_raw_item_ts"));
        await CompareAsync(pipeline, "", "", "");
        foreach (var table in Tables())
        {
            Assert.Equal(
                await pipeline.AskSourceAsync($"SELECT count(*) FROM (SELECT DISTINCT * FROM openstack.{table}) AS rows"),
                await pipeline.AskAsync($"SELECT count() FROM openstack_{table}")
            );
        }
    }

    [Fact]
    public async Task Consistency_OddRows_AreFoundAndTotalsStillAgree()
    {
        using var pipeline = await FilledAsync(fixture, 5);
        await AssertConsistentAsync(pipeline);
        await pipeline.SourceAsync(
            """
            SET search_path TO openstack;
            INSERT INTO item SELECT 1000000 + n, CASE WHEN n > 2 THEN 1 END, NULL, 'h', 'u', 1 FROM generate_series(1, 5) AS n;
            INSERT INTO raw_item_ts VALUES
              (1000001, 1, 'ACTIVE', '2026-03-01', '2026-03-03'), (1000001, 1, 'ACTIVE', '2026-03-02', NULL), (1000001, 1, 'ACTIVE', '2026-03-04', NULL),
              (1000003, 1, 'ACTIVE', '2026-03-05', '2026-03-04'), (1000004, NULL, 'ACTIVE', '2026-03-05', '2026-03-06');
            INSERT INTO institution2moc_project SELECT 2, institution_id, 60 FROM institution ON CONFLICT (moc_project_id, institution_id) DO UPDATE SET percent_owned = 60;
            INSERT INTO moc_project VALUES (900, 'a', NULL), (901, 'b', 900), (902, 'c', 901);
            UPDATE moc_project SET parent_moc_project_id = 901 WHERE moc_project_id = 900;
            INSERT INTO project VALUES (900, 900, 1, 'x'), (902, 902, 1, 'y');
            UPDATE item SET project_id = 900 WHERE item_id % 9 = 0;
            UPDATE item SET project_id = 902 WHERE item_id % 9 = 1
            """
        );
        await LoadAsync(pipeline);
        Assert.Equal(
            ["900 b / a", "901 a / b", "902 a / b / c"],
            await pipeline.AskAsync("SELECT moc_project_id, path FROM openstack_moc_project WHERE moc_project_id >= 900 ORDER BY 1")
        );
        var rows = await ConsistencyAsync(pipeline);
        Assert.Equal(["2", "1", "1", "2", "1", "1", "3"], rows.Take(7).Select(r => r.Found));
        Assert.All(rows.Take(7), r => Assert.Equal(("0", false), (r.Expected, r.IsOk)));
        Assert.All(rows.Skip(7), r => Assert.True(r.IsOk, r.ToString()));
    }

    [Fact]
    public async Task Report_OpenInterval_EndsAtThePresentOrThePeriodsEnd()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            SET search_path TO openstack;
            INSERT INTO moc_project VALUES (1, 'MOC', NULL);
            INSERT INTO project VALUES (1, 1, 1, 'x');
            INSERT INTO item_type VALUES (1, 'VM', NULL);
            INSERT INTO catalog_item VALUES (1, 1, NULL, 100, 2, 2048, NULL);
            INSERT INTO item VALUES (1, 1, NULL, 'h', 'u', 1);
            INSERT INTO raw_item_ts VALUES (1, 1, 'ACTIVE', '2024-02-28 12:00:00', NULL)
            """
        );
        await LoadAsync(pipeline);
        var leap = await RunAsync(pipeline, "openstack/usage-by-user", ("from", "2024-02-01"), ("to", "2024-03-02"));
        Assert.Equal(["2024-02-01 unknown 36 72 72 0 36", "2024-03-01 unknown 24 48 48 0 24"], leap);
        var earliest = DateTime.UtcNow;
        var rows = await RunAsync(pipeline, "openstack/usage-by-user", ("to", "2100-01-01"));
        var hours = rows.Sum(r => double.Parse(r.Split(' ')[2], CultureInfo.InvariantCulture));
        var start = new DateTime(2024, 2, 28, 12, 0, 0, DateTimeKind.Utc);
        Assert.InRange(hours, (earliest - start).TotalHours - (1.1 / 3600), (DateTime.UtcNow - start).TotalHours);
        Assert.Equal(((earliest.Year - 2024) * 12) + earliest.Month - 1, rows.Count);
    }

    [Fact]
    public async Task LoadAsync_PeopleAndHosts_NeverEnterTheWarehouse()
    {
        using var pipeline = await FilledAsync(fixture, 1);
        var markers = string.Join(" OR ", PrivacyMarkers.All.Select(m => $"position(toString(tuple(*)), '{m}') > 0"));
        Assert.Equal(5, PrivacyMarkers.All.Count);
        foreach (var table in Tables().Select(t => "openstack_" + t).Concat(["etl_run", "etl_quarantine"]))
        {
            Assert.Equal("0", await pipeline.AskOneAsync($"SELECT count() FROM {table} WHERE {markers}"));
        }
    }

    /// <summary>A pipeline with a small generated cloud, loaded.</summary>
    internal static async Task<Pipeline> FilledAsync(EnginesFixture fixture, long seed)
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        await OpenstackLoader.FillAsync(
            pipeline.PrimaryOf("openstack") + ";Pooling=false",
            new OpenstackOptions
            {
                Seed = seed,
                Items = 700,
                Days = 200,
            },
            cancellationToken: Token
        );
        await fixture.WaitForReplicaAsync(Token);
        await LoadAsync(pipeline);
        return pipeline;
    }

    /// <summary>Loads every table.</summary>
    internal static async Task LoadAsync(Pipeline pipeline, bool force = false)
    {
        foreach (var table in Tables())
        {
            await pipeline.LoadAsync($"openstack/{table}", new LoadRequest(LoadKind.Incremental, Force: force));
        }
    }

    private static IEnumerable<string> Tables() =>
        Project
            .Here.Extracts()
            .Select(e => e.Name)
            .Where(n => n.StartsWith("openstack/", StringComparison.Ordinal))
            .Select(n => n["openstack/".Length..]);

    private static async Task CompareAsync(Pipeline pipeline, string institution, string project, string user, bool mayBeEmpty = false)
    {
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        foreach (var (name, question) in OpenstackFigures.Questions)
        {
            // All of it; half months; within one month; a day.
            foreach (
                var (from, to) in ((DateOnly, DateOnly)[])
                    [(s_first, s_last), (new(2026, 6, 11), new(2026, 8, 20)), (new(2026, 9, 5), new(2026, 9, 6))]
            )
            {
                var rows = await Figures.CompareAsync(
                    pipeline,
                    runner,
                    name,
                    question,
                    new Dictionary<string, object>
                    {
                        ["from"] = from,
                        ["to"] = to,
                        ["institution"] = institution,
                        ["project"] = project,
                        ["user"] = user,
                    }
                );
                Assert.True(rows > 0 || mayBeEmpty || from != s_first, $"{name} has no rows for '{institution}', '{project}', '{user}'");
            }
        }
    }

    private static async Task AssertConsistentAsync(Pipeline pipeline)
    {
        var rows = await ConsistencyAsync(pipeline);
        Assert.Equal(13, rows.Count);
        Assert.All(rows, r => Assert.True(r.IsOk, r.ToString()));
        Assert.All(rows.Skip(7), r => Assert.NotEqual("0", r.Found));
    }

    private static async Task<List<(string Check, string Found, string Expected, bool IsOk)>> ConsistencyAsync(Pipeline pipeline)
    {
        var table = await TableAsync(pipeline, "openstack/consistency");
        Assert.Equal(["check", "found", "expected", "is_ok"], table.Columns.Select(c => c.Name));
        return [.. table.Rows.Select(r => (r[0].GetString()!, r[1].GetRawText(), r[2].GetRawText(), r[3].GetBoolean()))];
    }

    private static async Task<List<string>> RunAsync(Pipeline pipeline, string report, params (string Name, string Value)[] parameters) =>
        [.. (await TableAsync(pipeline, report, parameters)).Rows.Select(r => string.Join(' ', r))];

    private static async Task<TableSink> TableAsync(Pipeline pipeline, string report, params (string Name, string Value)[] parameters)
    {
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var table = new TableSink(10_000);
        await runner.RunAsync(
            runner.Prepare(Project.Here.Report(report), parameters.ToDictionary(p => p.Name, p => p.Value), await runner.LoadsAsync(Token)),
            10_000,
            [table],
            Token
        );
        return table;
    }

    private static async Task<string> OneAsync(Pipeline pipeline, string sql) => Assert.Single(await pipeline.AskSourceAsync(sql));
}
