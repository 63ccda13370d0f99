using Reports.Definitions;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace Reports.Tests;

/// <summary>Runs every report's cases on DuckDB, and asks what every report owes its readers.</summary>
public sealed class DefinitionTests(DefinitionTests.Offline offline) : IClassFixture<DefinitionTests.Offline>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ReportTestCases.All), MemberType = typeof(ReportTestCases))]
    public Task Report_OnDuckDb_AnswersAsExpected(string report, string name) =>
        ReportTestCases.CheckAsync(report, name, offline.Engine, offline.Schema, Token);

    [Theory]
    [MemberData(nameof(ReportTestVocabulary.All), MemberType = typeof(ReportTestVocabulary))]
    public Task Vocabulary_OnDuckDb_AnswersAsOnClickHouse(string sql, string expect) =>
        ReportTestVocabulary.CheckAsync(sql, expect, offline.Engine, offline.Schema, Token);

    [Fact]
    public void Report_Each_HasACaseForNothingGiven()
    {
        var without = Project
            .Here.Reports()
            .Keys.Where(r =>
                !File.Exists(ReportTestCases.PathOf(r))
                || ReportTestFile.Read(ReportTestCases.PathOf(r)).All(c => c.Given.Any(g => g.Value.Count > 0))
            );

        Assert.True(!without.Any(), $"no case without rows in {string.Join(", ", without.Select(r => r + ReportTestFile.Ending))}");
    }

    [Theory]
    [InlineData("fuel/os-distribution", "os, environments, installations")]
    [InlineData("fuel/release-distribution", "release, installations")]
    [InlineData("fuel/deployment-time", "release, deployments, avg_s, p50_s, p90_s")]
    [InlineData("fuel/server-types", "manufacturer, product, is_virtual, nodes, installations")]
    [InlineData("fuel/failures-before-success", "environments, avg_failures, max_failures, never_succeeded")]
    [InlineData("fuel/node-roles", "roles, nodes, installations")]
    [InlineData("fuel/health-checks", "testset, test, runs, failures, failure_rate")]
    [InlineData("pulp/systems-by-age", "day, age_days, systems")]
    [InlineData("pulp/component-versions", "day, component, version, systems")]
    [InlineData("pulp/component-releases", "day, component, release, systems")]
    [InlineData("pulp/postgresql-versions", "day, version, systems")]
    [InlineData("pulp/deployment-size", "day, worker_processes, worker_hosts, content_app_processes, content_app_hosts, systems")]
    [InlineData("pulp/access-control", "day, measure, number, systems")]
    [InlineData("pulp/active-systems", "day, systems, persistent_systems")]
    [InlineData("fuel/environment-status", "status, environments")]
    [InlineData("fuel/environments-per-installation", "environments, installations")]
    [InlineData("fuel/installations", "installations, environments, operable_environments")]
    public async Task Report_Promised_BeginsWithItsColumns(string report, string columns)
    {
        // People's own sheets and scripts read these by their place.
        var test = ReportTestFile.Parse("none", "- case: none\n  expect: []").Single();
        var result = await offline.Engine.RunAsync(test.ToRun(Project.Here.Report(report), offline.Schema), Token);

        Assert.StartsWith(columns + ",", string.Join(", ", result.Columns) + ",", StringComparison.Ordinal);
    }

    [Fact]
    public void Function_Each_HasACaseAndIsOnBothEngines()
    {
        var offlineNames = ReportTestVocabulary.NamesIn("duckdb.sql");
        var cases = ReportTestVocabulary.All().Select(c => c.Data.Item1).ToList();

        Assert.Empty(ReportTestVocabulary.NamesIn("clickhouse.sql").Except(offlineNames));
        Assert.All(offlineNames, n => Assert.Contains(cases, c => c.Contains(n + "(", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Header_Each_TellsEveryColumnOfTheReportInItsOrder()
    {
        foreach (var report in Project.Here.Reports().Values)
        {
            var test = ReportTestFile.Parse("none", "- case: none\n  expect: []").Single();
            var columns = (await offline.Engine.RunAsync(test.ToRun(report, offline.Schema), Token)).Columns;
            Assert.True(
                columns.SequenceEqual(report.Columns.Keys),
                $"{report.Name}: the header's `columns` are {string.Join(", ", report.Columns.Keys)}; the report's {string.Join(", ", columns)}"
            );
            string[] drawn = report.Chart is { } chart
                ? [chart.X, .. chart.Y, .. chart.Series is { } series ? [series] : Array.Empty<string>()]
                : [];
            Assert.True(
                drawn.All(columns.Contains),
                $"{report.Name}: the chart names {string.Join(", ", drawn.Except(columns))}; the report has {string.Join(", ", columns)}"
            );
        }
    }

    [Fact]
    public void View_Each_HasTheSnapshotsColumns()
    {
        foreach (var (name, view) in offline.Schema.Views)
        {
            Assert.Equal(view.Columns.Keys, offline.Engine.ColumnsOf(name));
        }
    }

    /// <summary>One database for all cases; each runs in a transaction that is rolled back.</summary>
    public sealed class Offline : IDisposable
    {
        public Offline()
        {
            Schema = SchemaSnapshot.Of(Project.Here);
            Engine = new ReportTestDuckDb(Schema);
        }

        /// <summary>The warehouse's tables and views.</summary>
        public SchemaSnapshot Schema { get; }

        /// <summary>DuckDB with those.</summary>
        internal ReportTestDuckDb Engine { get; }

        /// <inheritdoc/>
        public void Dispose() => Engine.Dispose();
    }
}
