using System.Globalization;
using Engines;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Two ClickHouse servers that are one cluster, and a third that isn't yet.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    /// <summary>Its name in both servers' remote_servers.</summary>
    public const string Cluster = "telemetry";

    /// <summary>The name, in the first one's remote_servers, of the cluster with the third.</summary>
    public const string Larger = "telemetry_of_three";

    private EngineSet? first;
    private EngineSet? second;
    private EngineSet? third;

    /// <summary>The node that reports ask.</summary>
    public ClickHouseServer First => first!.ClickHouse;

    /// <summary>The other one.</summary>
    public ClickHouseServer Second => second!.ClickHouse;

    /// <summary>One that may be put behind them.</summary>
    public ClickHouseServer Third => third!.ClickHouse;

    /// <summary>Both, as Warehouse__Url has them.</summary>
    public string Url => $"{First.Url} {Second.Url}";

    /// <summary>Starts what has ended, or is about to.</summary>
    public async Task StartAsync()
    {
        await Wait.UntilAsync(() => Task.FromResult(!First.IsRunning || !Second.IsRunning), "a server that broke off has ended");
        await First.StartAsync(TestContext.Current.CancellationToken);
        await Second.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var others = await Task.WhenAll(StartAsync([]), StartAsync([]));
        (second, third) = (others[0], others[1]);
        first = await StartAsync([second.ClickHouse.TcpPort, third.ClickHouse.TcpPort]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (first?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (second?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (third?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    // The secret lets the first ask the second in the name of whoever asks the first; both need it.
    private static async Task<EngineSet> StartAsync(int[] others)
    {
        var shards = others
            .Select(p => p.ToString(CultureInfo.InvariantCulture))
            .Prepend("{tcp_port}")
            .Select(p => $"<shard><replica><host>127.0.0.1</host><port>{p}</port></replica></shard>")
            .ToList();
        string Of(string name, int most) => $"<{name}><secret>of all</secret>{string.Concat(shards.Take(most))}</{name}>";
        return await EngineSet.StartAsync(
            new EngineSetOptions
            {
                Engines = EngineKinds.ClickHouse,
                ClickHouseSettings = new Dictionary<string, string> { ["remote_servers"] = Of(Cluster, 2) + Of(Larger, 3) },
            },
            TestContext.Current.CancellationToken
        );
    }
}
