using Collector.Fuel;
using Etl.Loading;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>As <see cref="ReportFiguresTests"/>, for the other reports on fuel and what the extract of workloads promises.</summary>
public sealed class FuelFiguresTests(EnginesFixture fixture)
{
    private const string Workloads = "fuel/oswl_stats";

    private static readonly FuelOptions s_small = Pipeline.Small with { Installations = 100 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Seeds.All), MemberType = typeof(Seeds))]
    public async Task Report_GeneratedData_HasTheFiguresOfTheSource(long seed)
    {
        using var pipeline = await FilledAsync(s_small with { Seed = seed });
        await LoadAllAsync(pipeline);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var release = (
            await pipeline.AskSourceAsync(
                "SELECT release FROM installation_structures JOIN oswl_stats USING (master_node_uid) WHERE release IS NOT NULL AND is_filtered IS NOT TRUE GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
            )
        )[0];
        var part = Parameters() with { From = new DateOnly(2026, 9, 20), To = new DateOnly(2026, 9, 27), Release = release };
        foreach (var (name, question) in FuelFigures.Questions)
        {
            Assert.True(await CompareAsync(pipeline, runner, name, question, Parameters()) > 0, $"{name} has no rows");
            Assert.True(await CompareAsync(pipeline, runner, name, question, part) > 0, $"{name} has no rows for a part");
            await CompareAsync(pipeline, runner, name, question, Parameters() with { Release = "unknown", Status = "operational" });
            if (Project.Here.Report(name).Parameters.Any(p => p.Name is "status" or "plugin" or "measure" or "action_name"))
            {
                await CompareAsync(
                    pipeline,
                    runner,
                    name,
                    question,
                    Parameters() with
                    {
                        Status = "error",
                        Plugin = "ldap",
                        Measure = "memory",
                        Action = "cluster_attributes",
                    }
                );
            }
        }
    }

    [Fact]
    public async Task Report_ChangedSource_HasItsFigures()
    {
        using var pipeline = await FilledAsync(s_small);
        await LoadAllAsync(pipeline);
        // The source keeps only the present; what the warehouse remembers besides must not count.
        await pipeline.SourceAsync(
            """
            UPDATE installation_structures SET is_filtered = (is_filtered IS NOT TRUE), modification_date = '2026-10-02' WHERE id % 5 = 0;
            UPDATE installation_structures SET structure = (structure::jsonb - 'clusters')::json, modification_date = '2026-10-02' WHERE id % 5 = 1;
            UPDATE installation_structures SET structure = jsonb_set(structure::jsonb, '{clusters,0,status}', '"error"')::json, modification_date = '2026-10-03'
            WHERE id % 5 = 2 AND jsonb_array_length(coalesce(structure::jsonb->'clusters', '[]')) > 0;
            UPDATE oswl_stats SET resource_data = jsonb_set(resource_data::jsonb, '{current}', (resource_data::jsonb->'current') - 0)::json, resource_checksum = 'other', updated_time = '23:59:59'
            WHERE created_date > '2026-09-25' AND id % 2 = 0 AND resource_data IS NOT NULL;
            UPDATE oswl_stats SET resource_data = NULL WHERE created_date > '2026-09-25' AND id % 7 = 0
            """
        );
        await LoadAllAsync(pipeline);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        foreach (var (name, question) in FuelFigures.Questions)
        {
            await CompareAsync(pipeline, runner, name, question, Parameters());
        }
    }

    [Fact]
    public async Task LoadAsync_ReportUpdatedDuringItsDay_IsReadAgainUnderItsId()
    {
        // Without an overlap, nothing else would read it again.
        using var project = new ProjectCopy().Change("etl/extracts/fuel/oswl_stats.sql", "cursor: id\n", "cursor: id\noverlap: 0\n");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.SourceAsync(
            """
            INSERT INTO oswl_stats (master_node_uid, external_id, cluster_id, created_date, updated_time, resource_type, resource_data, resource_checksum)
            SELECT 'a', n, 1, date '2026-09-30' - 60 + n * 10, '08:00', 'vm', '{"current": [{"id": "1", "status": "ACTIVE"}, {"id": "2", "status": "ACTIVE"}]}', '' FROM generate_series(1, 6) n
            """
        );
        await pipeline.LoadSettledAsync(Workloads);
        Assert.Equal("6", await pipeline.AskOneAsync("SELECT argMax(unfinished_from, run) FROM etl_run WHERE outcome = 'published'"));
        await pipeline.SourceAsync(
            """UPDATE oswl_stats SET updated_time = '20:00', resource_data = '{"current": [{"id": "2", "status": "ERROR"}]}' WHERE external_id = 6"""
        );
        Assert.Equal(1, (await pipeline.LoadAsync(Workloads)).Run.RowsRead);
        const string machines = "SELECT vm_id, status FROM fuel_vm_counted WHERE reported_on = '2026-09-30' ORDER BY 1";
        Assert.Equal(["2 ERROR"], await pipeline.AskAsync(machines));
        // Nothing is left to compare differently by the row of the machine that is gone.
        Assert.All((await pipeline.LoadAsync(Workloads, new LoadRequest(LoadKind.Verify))).Changes, c => Assert.True(c.Same, c.ToString()));

        // An older one isn't waited for: verify shows it, heal brings it.
        await pipeline.SourceAsync("UPDATE oswl_stats SET resource_data = NULL WHERE external_id = 1");
        Assert.Equal(1, (await pipeline.LoadAsync(Workloads)).Run.RowsRead);
        Assert.Contains((await pipeline.LoadAsync(Workloads, new LoadRequest(LoadKind.Verify))).Changes, c => !c.Same);
        await pipeline.LoadAsync(Workloads, new LoadRequest(LoadKind.Heal));
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_vm_counted WHERE reported_on < '2026-08-15'"));
    }

    [Fact]
    public async Task LoadAsync_OddReports_AreReadOrQuarantined()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        string[] documents =
        [
            "NULL",
            "'{}'",
            "'[]'",
            "'{\"current\": {}}'",
            "'{\"current\": null}'",
            "'{\"current\": [{\"id\": 7, \"flavor_id\": 1, \"power_state\": \"on\", \"new\": []}, {}]}'",
        ];
        await pipeline.SourceAsync(
            string.Concat(
                documents.Select(
                    (d, i) =>
                        $"""
                            INSERT INTO oswl_stats (master_node_uid, external_id, cluster_id, created_date, updated_time, resource_type, resource_data, resource_checksum, version_info)
                            VALUES ('a', {i}, {i}, '2026-09-30', '08:00', 'vm', {d}, '', {(
                                i == 5 ? "NULL" : "'{\"fuel_version\": \"9.0\"}'"
                            )});
                            """
                )
            )
        );
        await pipeline.LoadAsync(Workloads);
        Assert.Equal(
            ["0 0 9.0", "1 0 9.0", "4 0 9.0", "5 2 NULL"],
            await pipeline.AskAsync("SELECT environment_id, resources, fuel_version FROM fuel_workload ORDER BY 1")
        );
        Assert.Equal(
            ["5  NULL NULL", "5 7 1 NULL"],
            await pipeline.AskAsync("SELECT environment_id, vm_id, flavor_id, power_state FROM fuel_vm ORDER BY 1, 2")
        );
        Assert.Equal(
            ["2 resource_data is no JSON object", "3 resource_data.current is no list"],
            await pipeline.AskAsync("SELECT key[2], reason FROM etl_quarantine ORDER BY 1")
        );
    }

    [Fact]
    public async Task Facts_GeneratedData_HoldNoPersonAndNoHost()
    {
        using var pipeline = await FilledAsync(s_small with { Installations = 300 });
        await pipeline.SourceAsync(
            """
            UPDATE installation_structures SET structure = jsonb_set(structure::jsonb, '{clusters,0,attributes,kernel_params}',
              '"console=ttyS0,10.20.0.2 gateway.example.org 10.20.0.3 log_host=node-7.example.org quiet note=\"of Testperson Ada\""')::json
            WHERE structure::jsonb#>>'{clusters,0,attributes,kernel_params}' IS NOT NULL
            """
        );
        await LoadAllAsync(pipeline);
        Assert.Equal(
            "['console','log_host','note','other','quiet']",
            await pipeline.AskOneAsync(
                "SELECT toString(kernel_parameters) FROM fuel_environment WHERE has(kernel_parameters, 'log_host') LIMIT 1"
            )
        );
        Assert.NotEqual(
            "0",
            (await pipeline.AskSourceAsync("SELECT count(*) FROM oswl_stats WHERE resource_data::text LIKE '%Testperson%'"))[0]
        );
        foreach (
            var fact in await pipeline.AskAsync(
                "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'fuel_') AND engine LIKE '%MergeTree'"
            )
        )
        {
            var marks = string.Join(
                " OR ",
                PrivacyMarkers.All.Append("example.org").Append("10.20.0").Select(m => $"position(row, '{m}') > 0")
            );
            Assert.Equal("0", await pipeline.AskOneAsync($"SELECT countIf({marks}) FROM (SELECT formatRow('TSV', *) AS row FROM {fact})"));
        }
    }

    private static Given Parameters() => new();

    private async Task<Pipeline> FilledAsync(FuelOptions options)
    {
        var pipeline = await Pipeline.CreateFilledAsync(fixture, options);
        await OswlLoader.FillAsync(pipeline.PrimaryConnection + ";Pooling=false", options, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        return pipeline;
    }

    private static async Task LoadAllAsync(Pipeline pipeline)
    {
        await pipeline.LoadAsync();
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.LoadAsync(Workloads);
    }

    private static Task<int> CompareAsync(Pipeline pipeline, ReportRunner runner, string name, string question, Given given) =>
        Figures.CompareAsync(pipeline, runner, name, question, given.Values());

    private sealed record Given
    {
        public DateOnly From { get; init; } = new(2010, 1, 1);

        public DateOnly To { get; init; } = new(2100, 1, 1);

        public string Release { get; init; } = "";

        public string Status { get; init; } = "";

        public string Plugin { get; init; } = "";

        public string Measure { get; init; } = "";

        public string Action { get; init; } = "";

        public Dictionary<string, object> Values() =>
            new()
            {
                ["from"] = From,
                ["to"] = To,
                ["release"] = Release,
                ["status"] = Status,
                ["plugin"] = Plugin,
                ["measure"] = Measure,
                ["action_name"] = Action,
            };
    }
}
