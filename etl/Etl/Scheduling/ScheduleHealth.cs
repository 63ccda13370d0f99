using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monitoring;
using WarehouseSql.ClickHouse;
using WarehouseSql.Runs;

namespace Etl.Scheduling;

/// <summary>What the schedule of loads needs: every node of the warehouse, every source, and extracts that aren't late.</summary>
internal sealed class ScheduleHealth(IConfiguration configuration, IReadOnlyList<ExtractDefinition> extracts)
{
    /// <summary>Adds its checks.</summary>
    public void Add(IHealthChecksBuilder checks)
    {
        checks.AddLook("warehouse", WarehouseAsync).AddLook("extracts", LateAsync);
        foreach (var source in extracts.Select(e => e.Source).Distinct())
        {
            checks.AddLook($"source {source}", t => SourceAsync(source, t));
        }
    }

    private async Task WarehouseAsync(CancellationToken token)
    {
        var options = WarehouseOptions.Read(configuration);
        foreach (var url in options.Nodes)
        {
            using var node = new ClickHouseClient(options, url);
            await node.QueryAsync("SELECT count() FROM etl_node", token);
        }
    }

    private async Task<string> LateAsync(CancellationToken token)
    {
        using var client = new ClickHouseClient(WarehouseOptions.Read(configuration));
        var runs = await RunLedger.LastRunsAsync(sql => client.QueryAsync(sql, token), alsoVerify: false);
        return string.Join("; ", LateExtracts.Of(extracts, runs, DateTimeOffset.UtcNow));
    }

    private async Task SourceAsync(string source, CancellationToken token)
    {
        var options = SourceOptions.Read(source, configuration.GetConnectionString(source));
        await (await SourceConnection.OpenAsync(source, options, token)).DisposeAsync();
    }
}
