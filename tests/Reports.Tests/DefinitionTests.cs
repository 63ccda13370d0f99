using Reports.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace Reports.Tests;

/// <summary>Runs every report's cases on DuckDB, and asks what every report owes its readers.</summary>
public sealed class DefinitionTests(DefinitionTests.Offline offline) : IClassFixture<DefinitionTests.Offline>
{
    [Theory]
    [MemberData(nameof(ReportTestCases.All), MemberType = typeof(ReportTestCases))]
    public Task Report_OnDuckDb_AnswersAsExpected(string report, string name) =>
        ReportTestCases.CheckAsync(report, name, offline.Engine, offline.Schema, TestContext.Current.CancellationToken);

    [Fact]
    public void Report_Each_HasACaseForNothingGiven()
    {
        var without = ReportDefinition.ReadAll().Keys.Where(r => !File.Exists(ReportTestCases.PathOf(r))
            || ReportTestFile.Read(ReportTestCases.PathOf(r)).All(c => c.Given.Any(g => g.Value.Count > 0)));

        Assert.True(!without.Any(), $"no case without rows in {string.Join(", ", without.Select(r => r + ReportTestFile.Ending))}");
    }

    /// <summary>One database for all cases; each runs in a transaction that is rolled back.</summary>
    public sealed class Offline : IDisposable
    {
        private readonly ReportTestDuckDb engine;

        public Offline()
        {
            Schema = SchemaSnapshot.Read();
            engine = new ReportTestDuckDb(Schema);
        }

        /// <summary>The warehouse's tables and views.</summary>
        public SchemaSnapshot Schema { get; }

        /// <summary>DuckDB with those.</summary>
        public IReportTestEngine Engine => engine;

        /// <inheritdoc/>
        public void Dispose() => engine.Dispose();
    }
}
