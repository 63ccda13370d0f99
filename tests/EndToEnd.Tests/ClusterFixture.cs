using System.Globalization;
using Engines;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Two ClickHouse servers that are one cluster.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    /// <summary>Its name in both servers' remote_servers.</summary>
    public const string Cluster = "telemetry";

    private EngineSet? first;
    private EngineSet? second;

    /// <summary>The node that reports ask.</summary>
    public ClickHouseServer First => first!.ClickHouse;

    /// <summary>The other one.</summary>
    public ClickHouseServer Second => second!.ClickHouse;

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
        second = await StartAsync([]);
        first = await StartAsync([second.ClickHouse.TcpPort]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (first?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (second?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    // The secret lets the first ask the second in the name of whoever asks the first; both need it.
    private static async Task<EngineSet> StartAsync(IEnumerable<int> others)
    {
        var shards = others
            .Select(p => p.ToString(CultureInfo.InvariantCulture))
            .Prepend("{tcp_port}")
            .Select(p => $"<shard><replica><host>127.0.0.1</host><port>{p}</port></replica></shard>");
        return await EngineSet.StartAsync(
            new EngineSetOptions
            {
                Engines = EngineKinds.ClickHouse,
                ClickHouseSettings = new Dictionary<string, string>
                {
                    ["remote_servers"] = $"<{Cluster}><secret>of both</secret>{string.Concat(shards)}</{Cluster}>",
                },
            },
            TestContext.Current.CancellationToken
        );
    }
}
