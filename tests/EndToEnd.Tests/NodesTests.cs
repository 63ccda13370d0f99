using Engines;
using WarehouseSql.ClickHouse;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A warehouse of two nodes: each row is on one of them, and all rows of an installation are on the same.</summary>
public sealed class NodesTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_TwoNodes_ShareTheRowsByInstallation()
    {
        await using var second = await EngineSet.StartAsync(new EngineSetOptions { Engines = EngineKinds.ClickHouse }, Token);
        using var one = await Pipeline.CreateFilledAsync(fixture);
        using var two = await Pipeline.CreateAsync(fixture, null, true, second.ClickHouse.Url);
        await Collector.CollectorLoader.FillAsync(two.PrimaryConnection + ";Pooling=false", Pipeline.Small, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        foreach (var extract in (string[])[Pipeline.Actions, Pipeline.Structures])
        {
            var (alone, shared) = (await one.LoadAsync(extract), await two.LoadAsync(extract));
            Assert.Equal((alone.Run.RowsRead, alone.Run.RowsQuarantined), (shared.Run.RowsRead, shared.Run.RowsQuarantined));
        }

        foreach (
            var table in (string[])
                ["fuel_action", "fuel_health_check", "fuel_installation", "fuel_environment", "fuel_node", "fuel_plugin", "etl_quarantine"]
        )
        {
            var rows = $"SELECT toString(tuple(* EXCEPT (_run{(table == "etl_quarantine" ? ", cursor" : "")}))) FROM {table}";
            List<string> shares = [.. await two.AskAsync(rows), .. await two.AskAsync(rows, node: 1)];
            Assert.Equal((await one.AskAsync(rows)).Order(StringComparer.Ordinal), shares.Order(StringComparer.Ordinal));
        }

        var first = await two.AskAsync(
            "SELECT DISTINCT installation_uid FROM fuel_action UNION DISTINCT SELECT installation_uid FROM fuel_node"
        );
        var other = await two.AskAsync(
            "SELECT DISTINCT installation_uid FROM fuel_action UNION DISTINCT SELECT installation_uid FROM fuel_node",
            node: 1
        );
        Assert.True(first.Count > 10 && other.Count > 10, $"shared out as {first.Count} and {other.Count} installations");
        Assert.Empty(first.Intersect(other));
    }

    [Fact]
    public async Task RunAsync_OneNodeIsGone_PublishesOnNone()
    {
        await using var second = await EngineSet.StartAsync(new EngineSetOptions { Engines = EngineKinds.ClickHouse }, Token);
        using var pipeline = await Pipeline.CreateAsync(fixture, null, true, second.ClickHouse.Url);
        await Collector.CollectorLoader.FillAsync(pipeline.PrimaryConnection + ";Pooling=false", Pipeline.Small, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        await second.ClickHouse.KillAsync(Token);
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync());
        Assert.Contains($"no connection to the warehouse at {second.ClickHouse.Url}", fault.Message, StringComparison.Ordinal);
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));

        await second.ClickHouse.StartAsync(Token);
        await pipeline.LoadAsync();
        List<string> shares =
        [
            await pipeline.AskOneAsync("SELECT count() FROM fuel_action"),
            .. await pipeline.AskAsync("SELECT count() FROM fuel_action", node: 1),
        ];
        Assert.Equal(
            await pipeline.AskOneAsync("SELECT rows_read - rows_quarantined FROM etl_run WHERE outcome = 'published'"),
            shares.Sum(int.Parse).ToString(System.Globalization.CultureInfo.InvariantCulture)
        );
    }
}
