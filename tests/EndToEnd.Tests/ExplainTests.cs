using System.Globalization;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What a report costs is what the server says.</summary>
public sealed class ExplainTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Explain_ReportOfFactsAndKeptViews_SaysRowsPartsAndTables()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync(Pipeline.Structures);
        await pipeline.LoadAsync();
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var run = runner.Prepare(Project.Here.Report("fuel/operations"), new Dictionary<string, string>(), await runner.LoadsAsync(Token));
        var cost = await runner.CostAsync(run, 3, Token);
        var result = new TableSink(1000);
        await runner.RunAsync(run, 1000, [result], Token);
        Assert.Equal((result.Rows.Count, 3), (cost.Rows, cost.Seconds.Count));
        var actions = Assert.Single(cost.Tables, t => t.Table == "fuel_action");
        Assert.Equal(await pipeline.AskOneAsync("SELECT count() FROM fuel_action"), actions.Rows.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(
            await pipeline.AskOneAsync(
                "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'fuel_action' AND active"
            ),
            actions.AllParts.ToString(CultureInfo.InvariantCulture)
        );
        Assert.InRange(cost.RowsRead, actions.Rows, long.MaxValue);
        Assert.InRange(cost.BytesRead, actions.Rows, long.MaxValue);

        await using var program = ChildProgram.Start("reports/Reports.Cli", pipeline.Environment(), "explain", "fuel/os-distribution");
        var ended = await program.WaitAsync();
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Matches(
            @"^fuel/os-distribution: \d+ rows in \d+ ms \(median of 5, at most \d+\); [\d,]+ rows and [\d.]+ MB read",
            ended.Output
        );
        Assert.True(ended.Output.Contains("(its kept rows)", StringComparison.Ordinal), ended.Output);
        Assert.Contains("nothing to do", ended.Output, StringComparison.Ordinal);
    }
}
