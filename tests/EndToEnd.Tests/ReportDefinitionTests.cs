using Reports.Tests;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The cases that run offline on DuckDB, on a real ClickHouse: both must answer alike.</summary>
public sealed class ReportDefinitionTests(ReportDefinitionTests.Warehouse warehouse) : IClassFixture<ReportDefinitionTests.Warehouse>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ReportTestCases.All), MemberType = typeof(ReportTestCases))]
    public Task Report_OnClickHouse_AnswersAsExpected(string report, string name) =>
        ReportTestCases.CheckAsync(report, name, warehouse.Engine, warehouse.Schema, Token);

    [Theory]
    [MemberData(nameof(ReportTestVocabulary.All), MemberType = typeof(ReportTestVocabulary))]
    public Task Vocabulary_OnClickHouse_AnswersAsOnDuckDb(string sql, string expect) =>
        ReportTestVocabulary.CheckAsync(sql, expect, warehouse.Engine, warehouse.Schema, Token);

    [Fact]
    public async Task Schema_Committed_IsThatOfTheMigrations()
    {
        var present = await SchemaSnapshot.FromWarehouseAsync(warehouse.Engine.Client, Project.Here, Token);

        Assert.True(
            present.ToYaml() == await File.ReadAllTextAsync(SchemaSnapshot.PathIn(Project.Here), Token),
            "warehouse-sql/schema.yaml is stale: after `make migrate`, write it with `make schema` and commit it"
        );
    }

    [Fact]
    public void Fact_Each_HasTheTablesKeyAndColumns()
    {
        foreach (var (name, fact) in Project.Here.Facts())
        {
            var table = warehouse.Schema.Tables[name];
            Assert.Equal(table.Key, fact.Key);
            Assert.Equal(table.Columns.Keys, [.. fact.Columns.Keys, table.Version]);
        }
    }

    /// <summary>One database for all cases; each begins by emptying what the one before filled.</summary>
    public sealed class Warehouse(EnginesFixture engines) : IAsyncLifetime
    {
        private ReportTestClickHouse? engine;

        /// <summary>The committed snapshot.</summary>
        public SchemaSnapshot Schema { get; } = SchemaSnapshot.Of(Project.Here);

        /// <summary>ClickHouse with the project's tables, functions and views.</summary>
        public ReportTestClickHouse Engine => engine ?? throw new InvalidOperationException("the fixture isn't started");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            var options = new WarehouseOptions
            {
                Url = engines.Engines.ClickHouse.Url,
                Database = await engines.CreateWarehouseAsync(Token),
                User = global::Engines.ClickHouseServer.Administrator,
            };
            engine = await ReportTestClickHouse.CreateAsync(options, Schema, Token);
        }

        /// <inheritdoc/>
        public ValueTask DisposeAsync() => engine?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
