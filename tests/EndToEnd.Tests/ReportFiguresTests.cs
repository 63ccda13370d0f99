using Collector.Fuel;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// Each report's figures against the same question asked of the collector's PostgreSQL, for generated data of several seeds.
/// </summary>
public sealed class ReportFiguresTests(EnginesFixture fixture)
{
    // Every report's question stands in one of these.
    private static readonly IReadOnlyDictionary<string, string>[] s_questions = [SourceFigures.Questions, FuelFigures.Questions];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Report_EachOfFuel_IsComparedWithTheSource() =>
        Assert.Equal(
            Project.Here.Reports().Keys.Where(n => n.StartsWith("fuel/", StringComparison.Ordinal)),
            s_questions.Append(TaskFiguresTests.Questions).SelectMany(q => q.Keys).Order(StringComparer.Ordinal)
        );

    [Theory]
    [MemberData(nameof(Seeds.All), MemberType = typeof(Seeds))]
    public async Task Report_GeneratedData_HasTheFiguresOfTheSource(long seed)
    {
        using var pipeline = await Pipeline.CreateFilledAsync(
            fixture,
            new FuelOptions
            {
                Seed = seed,
                Installations = 100,
                Days = 20,
                UnreadableOneIn = 150,
            }
        );
        await pipeline.LoadAsync();
        await pipeline.LoadAsync(Pipeline.Structures);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var release = (
            await pipeline.AskSourceAsync(
                "SELECT release FROM installation_structures WHERE release IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
            )
        )[0];
        foreach (var (name, question) in SourceFigures.Questions)
        {
            var rows = await CompareAsync(pipeline, runner, name, question, new DateOnly(2010, 1, 1), new DateOnly(2100, 1, 1), "");
            Assert.True(rows > 0, $"{name} has no rows");
            // A part of the time, and one release, both where the report has such a parameter.
            await CompareAsync(pipeline, runner, name, question, new DateOnly(2026, 9, 14), new DateOnly(2026, 9, 21), release);
            await CompareAsync(pipeline, runner, name, question, new DateOnly(2010, 1, 1), new DateOnly(2100, 1, 1), "unknown");
        }
    }

    [Fact]
    public async Task Report_ChangedAndFilteredInstallations_HasTheFiguresOfTheSource()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture, Pipeline.Small);
        await LoadBothAsync(pipeline);
        // The source keeps only the present; what the warehouse remembers besides must not count.
        await pipeline.SourceAsync(
            """
            UPDATE installation_structures SET is_filtered = (is_filtered IS NOT TRUE), modification_date = '2026-10-02' WHERE id % 5 = 0;
            UPDATE installation_structures SET structure = (structure::jsonb - 'clusters')::json, modification_date = '2026-10-02' WHERE id % 5 = 1;
            UPDATE installation_structures SET structure = jsonb_set(structure::jsonb, '{clusters,0,status}', '"error"')::json, modification_date = '2026-10-03'
            WHERE id % 5 = 2 AND jsonb_array_length(coalesce(structure::jsonb->'clusters', '[]')) > 0
            """
        );
        await LoadBothAsync(pipeline);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        foreach (var (name, question) in SourceFigures.Questions)
        {
            await CompareAsync(pipeline, runner, name, question, new DateOnly(2010, 1, 1), new DateOnly(2100, 1, 1), "");
        }
    }

    private static async Task LoadBothAsync(Pipeline pipeline)
    {
        await pipeline.LoadAsync();
        await pipeline.LoadAsync(Pipeline.Structures);
    }

    private static Task<int> CompareAsync(
        Pipeline pipeline,
        ReportRunner runner,
        string name,
        string question,
        DateOnly from,
        DateOnly to,
        string release
    ) =>
        Figures.CompareAsync(
            pipeline,
            runner,
            name,
            question,
            new Dictionary<string, object>
            {
                ["from"] = from,
                ["to"] = to,
                ["release"] = release,
            }
        );
}
