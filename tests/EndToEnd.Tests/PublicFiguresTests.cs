using System.Text.Json;
using Reports.Definitions;
using Reports.Running;
using Reports.Web;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What strangers learn of the public reports, however they send reports of their own.</summary>
public sealed class PublicFiguresTests(EnginesFixture engines)
{
    private const string Report = "fuel/os-distribution";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Public_SitesThatWereJustHeardOf_DoNotUncoverAnother()
    {
        using var pipeline = await FilledAsync();
        await AttackAsync(pipeline, days: 29);

        // 9 centos, 3 bsd and 5 solaris are 17, with 9, 3, and 4 and 10 of 37 environments: 26.
        Assert.Equal(["ubuntu 20 20 0.4444", "other 15 25 0.5556"], await RowsAsync(pipeline));
    }

    [Fact]
    public async Task Public_SitesOfALongTime_TellNoMoreThanTheCap()
    {
        using var pipeline = await FilledAsync();
        await AttackAsync(pipeline, days: 31);

        var before = await RowsAsync(pipeline);
        Assert.Contains(
            before,
            r => r.StartsWith("solaris 5 15 ", StringComparison.Ordinal) || r.StartsWith("other ", StringComparison.Ordinal)
        );
        await AddAsync(pipeline, "victim", "solaris", environments: 5_000, days: 400);
        Assert.Equal(before, await RowsAsync(pipeline));
    }

    [Fact]
    public async Task Public_HiddenSitesOfOneEach_AreNotTold()
    {
        using var pipeline = await FilledAsync();
        for (var i = 0; i < 2; i++)
        {
            await AddAsync(pipeline, $"small{i}", "haiku", environments: 1, days: 100);
        }

        // centos 9, bsd 3 and haiku 2 are 14 and 14.
        Assert.Equal(["ubuntu 20 20 0.5714", "other 15 15 0.4286"], await RowsAsync(pipeline));
    }

    [Fact]
    public async Task Public_MoreGroupsThanAreLookedAt_IsAnswered()
    {
        using var pipeline = await FilledAsync();
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO fuel_environment (installation_uid, reported_at, environment_id, status, os) SELECT 'ubuntu0', '2025-01-01', 100 + number, 'operational', concat('os', toString(number)) FROM numbers(10001)",
            Token
        );
        var rows = await RowsAsync(pipeline);

        Assert.Equal("ubuntu 20 20", string.Join(' ', rows[0].Split(' ')[..3]));
        Assert.StartsWith("other ", rows[^1], StringComparison.Ordinal);
        Assert.Equal(2, rows.Count);
    }

    [Fact]
    public async Task Public_EveryPublicReport_RunsAndHasItsColumns()
    {
        using var pipeline = await FilledAsync();
        foreach (var report in Project.Here.Reports().Values.Where(r => r.Public is not null))
        {
            var sink = await AskAsync(pipeline, report.Name);
            Assert.Equal(report.Columns.Keys, sink.Columns.Select(c => c.Name));
            Assert.NotEmpty(sink.Rows);
        }
    }

    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(engines);
        foreach (var (os, sites) in ((string, int)[])[("ubuntu", 20), ("centos", 9), ("bsd", 3)])
        {
            await pipeline.Warehouse.ExecuteAsync(
                $"INSERT INTO fuel_installation (installation_uid, reported_at, created_at, release) SELECT '{os}' || toString(number), '2025-01-01', '2024-01-01', '9.0' FROM numbers({sites})",
                Token
            );
            await pipeline.Warehouse.ExecuteAsync(
                $"INSERT INTO fuel_environment (installation_uid, reported_at, environment_id, status, os) SELECT '{os}' || toString(number), '2025-01-01', 1, 'operational', '{os}' FROM numbers({sites})",
                Token
            );
        }

        return pipeline;
    }

    // A site that is the only one of its kind, and four that somebody sends reports of to uncover it.
    private static async Task AttackAsync(Pipeline pipeline, int days)
    {
        await AddAsync(pipeline, "victim", "solaris", environments: 37, days: 400);
        for (var i = 0; i < 4; i++)
        {
            await AddAsync(pipeline, $"attacker{i}", "solaris", environments: 1, days);
        }
    }

    private static async Task AddAsync(Pipeline pipeline, string site, string os, int environments, int days)
    {
        // What a site says of itself is of any day; the collector's clock is not.
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO fuel_installation (installation_uid, reported_at, created_at, release) SELECT '{site}', '2025-01-01', now() - toIntervalDay({days}), '9.0'",
            Token
        );
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO fuel_environment (installation_uid, reported_at, environment_id, status, os) SELECT '{site}', '2025-01-01', number, 'operational', '{os}' FROM numbers({environments})",
            Token
        );
    }

    private static async Task<List<string>> RowsAsync(Pipeline pipeline) =>
        [
            .. (await AskAsync(pipeline, Report)).Rows.Select(r =>
                $"{r[0]} {r[2]} {r[1]} {Math.Round(r[3].ValueKind == JsonValueKind.Null ? -1 : r[3].GetDouble(), 4)}"
            ),
        ];

    private static async Task<TableSink> AskAsync(Pipeline pipeline, string name)
    {
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var report = Project.Here.Report(name).ForPublic();
        var sink = new TableSink(100);
        await runner.RunAsync(
            runner.Prepare(report, new Dictionary<string, string>(), await runner.LoadsAsync(Token)),
            1_000_000,
            [new SmallGroups(report.Public!, [sink])],
            Token
        );
        return sink;
    }
}
