using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl.Scheduling;

/// <summary>What the schedule of loads needs: every node of the warehouse, every source, and extracts that aren't late.</summary>
internal sealed class ScheduleHealth(IConfiguration configuration, IReadOnlyList<ExtractDefinition> extracts)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Adds its checks.</summary>
    public void Add(IHealthChecksBuilder checks)
    {
        checks.AddAsyncCheck("warehouse", t => CheckAsync(WarehouseAsync, t)).AddAsyncCheck("extracts", t => CheckAsync(LateAsync, t));
        foreach (var source in extracts.Select(e => e.Source).Distinct())
        {
            checks.AddAsyncCheck($"source {source}", t => CheckAsync(token => SourceAsync(source, token), t));
        }
    }

    private static async Task<HealthCheckResult> CheckAsync(Func<CancellationToken, Task<HealthCheckResult>> check, CancellationToken token)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(Patience);
        try
        {
            return await check(patience.Token);
        }
        catch (Exception e) when (e is UserException or NpgsqlException or OperationCanceledException && !token.IsCancellationRequested)
        {
            var reason = e is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : e.Message;
            return HealthCheckResult.Unhealthy(CleanText.Line(reason));
        }
    }

    private async Task<HealthCheckResult> WarehouseAsync(CancellationToken token)
    {
        var options = WarehouseOptions.Read(configuration);
        foreach (var url in options.Nodes)
        {
            using var node = new ClickHouseClient(options, url);
            await node.QueryAsync("SELECT count() FROM etl_node", token);
        }

        return HealthCheckResult.Healthy();
    }

    private async Task<HealthCheckResult> LateAsync(CancellationToken token)
    {
        using var client = new ClickHouseClient(WarehouseOptions.Read(configuration));
        var runs = await RunLedger.LastRunsAsync(sql => client.QueryAsync(sql, token), alsoVerify: false);
        var late = LateExtracts.Of(extracts, runs, DateTimeOffset.UtcNow);
        return late.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", late));
    }

    private async Task<HealthCheckResult> SourceAsync(string source, CancellationToken token)
    {
        await using var connection = new NpgsqlConnection(configuration.GetConnectionString(source));
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(token);
        return HealthCheckResult.Healthy();
    }
}
