using Collector.Pulp;
using Etl.Loading;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Pulp from end to end: every report's figures are those of the source.</summary>
public sealed class PulpTests(EnginesFixture fixture)
{
    private const string Systems = "pulp/systems";
    private const string Components = "pulp/components";

    private static readonly DateOnly s_ever = new(2010, 1, 1);
    private static readonly DateOnly s_never = new(2100, 1, 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Seeds.All), MemberType = typeof(Seeds))]
    public async Task Report_GeneratedData_HasTheFiguresOfTheSource(long seed)
    {
        using var pipeline = await FilledAsync(
            new PulpOptions
            {
                Systems = 150,
                Days = 20,
                Seed = seed,
            }
        );
        await LoadAsync(pipeline);
        Assert.Equal(
            PulpFigures.Questions.Keys.Order(StringComparer.Ordinal),
            Project.Here.Reports().Keys.Where(n => n.StartsWith("pulp/", StringComparison.Ordinal))
        );
        await CompareAsync(pipeline);
        await CompareAsync(pipeline, bucket: true, minAge: 0);
        await CompareAsync(pipeline, new(2026, 9, 18), new(2026, 9, 24), bucket: true, minAge: 4, component: "rpm", measure: "groups");
    }

    [Fact]
    public async Task LoadAsync_ComponentAddedLater_IsNotMissed()
    {
        // More check-ins than the overlap, from which a cursor of theirs would read them again.
        using var pipeline = await FilledAsync(new PulpOptions { Systems = 1_000, Days = 5 });
        Assert.Equal(["True"], await pipeline.AskSourceAsync("SELECT count(*) > 1500 FROM pulp.pulpanalytics_system"));
        await pipeline.LoadSettledAsync(Systems);
        await pipeline.LoadSettledAsync(Components);
        // To the first of all check-ins, whose id was read long ago.
        await pipeline.SourceAsync(
            "INSERT INTO pulp.pulpanalytics_component (name, version, system_id) SELECT 'late', '1.2.3', min(id) FROM pulp.pulpanalytics_system"
        );
        await pipeline.LoadSettledAsync(Components);
        Assert.Equal(
            await pipeline.AskSourceAsync("SELECT system_id::text, '1.2.3' FROM pulp.pulpanalytics_system ORDER BY id LIMIT 1"),
            await pipeline.AskAsync("SELECT system, version FROM pulp_component WHERE component = 'late'")
        );
        await CompareAsync(pipeline, minAge: 0);
    }

    [Fact]
    public async Task Fact_DaysAndAges_AreThoseOfUtc()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        pipeline.Clock = new SetClock(new(2026, 3, 3, 0, 0, 0, TimeSpan.Zero));
        await pipeline.SourceAsync(
            """
            INSERT INTO pulp.pulpanalytics_system (system_id, created, first_seen, postgresql_version) VALUES
            ('00000000-0000-0000-0000-000000000001', '2026-03-02 01:00:00+02', '2026-03-01 23:59:59.999999+00', 0),
            ('00000000-0000-0000-0000-000000000002', '2026-03-02 00:00:00+00', '2026-03-01 23:59:59.999999+00', 90105),
            ('00000000-0000-0000-0000-000000000003', '2026-03-01 20:00:00-05', '2026-02-28 23:00:00-05', 140005),
            ('00000000-0000-0000-0000-000000000004', '2026-03-02 23:59:59.999999+00', '2025-03-02 00:00:00+00', 100000)
            """
        );
        await pipeline.LoadAsync(Systems);
        Assert.Equal(
            ["1 2026-03-01 0 unknown", "2 2026-03-02 1 9.1.5", "3 2026-03-02 1 14.5", "4 2026-03-02 365 10.0"],
            await pipeline.AskAsync("SELECT right(system, 1), day, age_days, postgresql_version FROM pulp_system ORDER BY 1")
        );
    }

    private async Task<Pipeline> FilledAsync(PulpOptions options)
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        pipeline.Clock = new SetClock(new(2026, 10, 1, 12, 0, 0, TimeSpan.Zero));
        await PulpLoader.FillAsync(pipeline.PrimaryOf("pulp") + ";Pooling=false", options, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        return pipeline;
    }

    internal static async Task LoadAsync(Pipeline pipeline)
    {
        await pipeline.LoadAsync(Systems);
        await pipeline.LoadAsync(Components);
    }

    /// <summary>Compares each report with its question at the source.</summary>
    internal static async Task CompareAsync(
        Pipeline pipeline,
        DateOnly? from = null,
        DateOnly? to = null,
        bool bucket = false,
        int minAge = 1,
        string component = "",
        string measure = ""
    )
    {
        using var whole = pipeline.Whole();
        var runner = new ReportRunner(Project.Here, whole, TimeProvider.System);
        var parameters = new Dictionary<string, object>
        {
            ["from"] = from ?? s_ever,
            ["to"] = to ?? s_never,
            ["bucket"] = bucket,
            ["min_age_days"] = minAge,
            ["component"] = component,
            ["measure"] = measure,
        };
        foreach (var (name, question) in PulpFigures.Questions)
        {
            Assert.True(await Figures.CompareAsync(pipeline, runner, name, question, parameters) > 0, $"{name} has no rows");
        }
    }
}
