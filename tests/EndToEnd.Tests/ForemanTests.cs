using System.Globalization;
using Collector.Foreman;
using Etl.Loading;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Foreman from end to end: every report's figures are those of the source, also of uploads that it has overwritten.</summary>
public sealed class ForemanTests(EnginesFixture fixture)
{
    private const string Uploads = "foreman/uploads";

    private static readonly DateOnly s_ever = new(1970, 1, 1);
    private static readonly DateOnly s_never = new(2100, 1, 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Seeds.All), MemberType = typeof(Seeds))]
    public async Task Report_UploadsOverwrittenBetweenLoads_HasTheFiguresOfTheSource(long seed)
    {
        using var pipeline = await CreateAsync();
        foreach (var asOf in (DateOnly[])[new(2026, 6, 20), new(2026, 7, 15), new(2026, 8, 31), new(2026, 10, 1)])
        {
            await pipeline.SourceAsync("TRUNCATE foreman.uploads CASCADE");
            await ForemanLoader.FillAsync(
                pipeline.PrimaryOf("foreman") + ";Pooling=false",
                new ForemanOptions
                {
                    Sites = 600,
                    Days = 200,
                    Seed = seed,
                    AsOf = asOf,
                },
                cancellationToken: Token
            );
            await LoadAsync(pipeline);
        }

        Assert.Equal(
            ForemanFigures.Questions.Keys.Order(StringComparer.Ordinal),
            Project.Here.Reports().Keys.Where(n => n.StartsWith("foreman/", StringComparison.Ordinal))
        );
        await CompareAsync(pipeline, s_ever, s_never);
        await CompareAsync(pipeline, new(2010, 1, 1), new(2026, 9, 25));
        await CompareAsync(pipeline, new(2026, 7, 3), new(2026, 9, 28), version: "3.14", plugin: "katello");
        // Few sites: not all of the questions need have an answer.
        await CompareAsync(pipeline, s_ever, s_never, version: "unknown", plugin: "foreman-tasks", leastRows: 0);
    }

    [Fact]
    public async Task LoadAsync_UploadOverwritten_KeepsItsMonthButCountsAsNothingElse()
    {
        using var pipeline = await CreateAsync();
        await AddAsync(pipeline, "a", "2026-01-05 10:00:00Z");
        await AddAsync(pipeline, "b", "2026-01-31 23:59:59.999999Z");
        await LoadAsync(pipeline);
        // a comes again, without any child; c is new; b stays away.
        await pipeline.SourceAsync(
            """
            UPDATE foreman.uploads SET core_version = '3.10.1', updated_at = '2026-02-05Z' WHERE uuid = 'a';
            DELETE FROM foreman.proxies WHERE upload_id = 1; DELETE FROM foreman.plugins WHERE upload_id = 1; DELETE FROM foreman.compute_resources WHERE upload_id = 1
            """
        );
        await AddAsync(pipeline, "c", "2026-02-07Z");
        await LoadAsync(pipeline);
        await pipeline.SourceAsync("UPDATE foreman.uploads SET updated_at = '2026-03-01Z' WHERE uuid IN ('a', 'b', 'c')");
        await AddAsync(pipeline, "d", "2026-03-01Z");
        await LoadAsync(pipeline);

        Assert.Equal(["2026-01-01 2 2 NULL", "2026-02-01 2 1 0", "2026-03-01 4 1 1"], await ReportAsync(pipeline, "foreman/active-sites"));
        Assert.Equal(["3.9 3 0.75", "3.10 1 0.25"], await ReportAsync(pipeline, "foreman/core-versions"));
        Assert.Equal(["katello 3 0.75"], await ReportAsync(pipeline, "foreman/plugins"));
        Assert.Equal(["0 1 0.25", "1 3 0.75"], await ReportAsync(pipeline, "foreman/proxies-per-site"));
        // Both of a site's libvirt resources.
        Assert.Equal(["Libvirt 6 3 1"], await ReportAsync(pipeline, "foreman/compute-resources"));
        await CompareAsync(pipeline, s_ever, s_never);

        // The source has one row of each; what it has no more stays, whatever is read anew.
        var kept = await pipeline.ChecksumsAsync(
            "foreman_site",
            "foreman_proxy",
            "foreman_proxy_feature",
            "foreman_plugin",
            "foreman_compute_resource"
        );
        await pipeline.BackfillAsync("2026-01-01", "2026-04-01", extract: Uploads);
        Assert.All((await pipeline.LoadAsync(Uploads, new LoadRequest(LoadKind.Verify))).Changes, c => Assert.True(c.Same, c.ToString()));
        Assert.Equal(
            kept,
            await pipeline.ChecksumsAsync(
                "foreman_site",
                "foreman_proxy",
                "foreman_proxy_feature",
                "foreman_plugin",
                "foreman_compute_resource"
            )
        );
        Assert.Equal("8", await pipeline.AskOneAsync("SELECT count() FROM foreman_site"));
    }

    [Fact]
    public async Task LoadAsync_UploadsOfNobody_AreQuarantinedEach()
    {
        using var pipeline = await CreateAsync();
        await pipeline.SourceAsync(
            """
            INSERT INTO foreman.uploads (uuid, core_version, updated_at) VALUES
            (NULL, '3.9.1', '2026-01-01Z'), ('a', '3.9.1', '2026-01-02Z'), (NULL, '3.9.1', '2026-01-03Z'), ('', '3.9.1', NULL);
            INSERT INTO foreman.plugins (upload_id, name, version) VALUES (1, 'katello', '4.1'), (2, 'katello', '4.1')
            """
        );
        var result = await pipeline.LoadAsync(Uploads);
        Assert.Equal((4L, 3L), (result.Run.RowsRead, result.Run.RowsQuarantined));
        const string reason = "no uuid: the site is unknown";
        Assert.Equal(
            [$" 4 {reason}", $"NULL 1 {reason}", $"NULL 3 {reason}"],
            await pipeline.AskAsync("SELECT key[1], key[2], reason FROM etl_quarantine ORDER BY key")
        );
        Assert.Equal(["a"], await pipeline.AskAsync("SELECT site FROM foreman_site"));
        Assert.Equal(["a katello 4.1"], await pipeline.AskAsync("SELECT site, plugin, version FROM foreman_plugin"));
    }

    private async Task<Pipeline> CreateAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync("CREATE TABLE foreman.every_upload (uuid text, uploaded timestamp, PRIMARY KEY (uuid, uploaded))");
        return pipeline;
    }

    private static Task AddAsync(Pipeline pipeline, string site, string at) =>
        pipeline.SourceAsync(
            $$"""
            WITH added AS (INSERT INTO foreman.uploads (uuid, core_version, created_at, updated_at) VALUES ('{{site}}', '3.9.1', '{{at}}', '{{at}}') RETURNING id),
            proxy AS (INSERT INTO foreman.proxies (upload_id, version, features) SELECT id, '3.9.0', '{DHCP,DNS}' FROM added),
            plugin AS (INSERT INTO foreman.plugins (upload_id, name, version) SELECT id, 'katello', '4.11.0' FROM added)
            INSERT INTO foreman.compute_resources (upload_id, type) SELECT id, 'Libvirt' FROM added, generate_series(1, 2)
            """
        );

    // Keeps what the source forgets, to ask it later.
    private static async Task LoadAsync(Pipeline pipeline)
    {
        await pipeline.SourceAsync(
            """
            INSERT INTO foreman.every_upload
            SELECT uuid, coalesce(updated_at, created_at, to_timestamp(0)) AT TIME ZONE 'UTC' FROM foreman.uploads WHERE uuid IS NOT NULL
            ON CONFLICT DO NOTHING
            """
        );
        await pipeline.LoadAsync(Uploads);
    }

    private static async Task CompareAsync(
        Pipeline pipeline,
        DateOnly from,
        DateOnly to,
        string version = "",
        string plugin = "",
        int leastRows = 1
    )
    {
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var parameters = new Dictionary<string, object>
        {
            ["from"] = from,
            ["to"] = to,
            ["version"] = version,
            ["plugin"] = plugin,
        };
        foreach (var (name, question) in ForemanFigures.Questions)
        {
            Assert.True(await Figures.CompareAsync(pipeline, runner, name, question, parameters) >= leastRows, $"{name} has too few rows");
        }
    }

    private static async Task<List<string>> ReportAsync(Pipeline pipeline, string name)
    {
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var table = new TableSink(1_000);
        await runner.RunAsync(
            runner.Prepare(Project.Here.Report(name), new Dictionary<string, string>(), await runner.LoadsAsync(Token)),
            1_000,
            [table],
            Token
        );
        return
        [
            .. table.Rows.Select(r =>
                string.Join(
                    ' ',
                    r.Select(v =>
                        v.ValueKind switch
                        {
                            System.Text.Json.JsonValueKind.Null => "NULL",
                            System.Text.Json.JsonValueKind.Number => v.GetDouble().ToString(CultureInfo.InvariantCulture),
                            _ => v.ToString(),
                        }
                    )
                )
            ),
        ];
    }
}
