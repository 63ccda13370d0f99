using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monitoring;
using SourceSql;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>
/// What a load balancer and a monitor ask: <c>/health/live</c>, whether the server runs, and <c>/health/ready</c>, whether it can answer
/// (503 where the warehouse can't) and whether what it answers is up to date (<c>Degraded</c> where an extract is late).
/// </summary>
internal sealed class Health(WarehouseState state, Lazy<IReadOnlyList<ExtractDefinition>> extracts, WebOptions options, TimeProvider time)
{
    /// <summary>Adds the checks.</summary>
    public void Add(IServiceCollection to) =>
        to.AddHealthChecks().AddAsyncCheck("warehouse", WarehouseAsync).AddAsyncCheck("extracts", ExtractsAsync);

    /// <summary>Answers the two addresses, to whoever asks; what a check found only to analysts.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private async Task<HealthCheckResult> WarehouseAsync(CancellationToken token)
    {
        try
        {
            await state.LoadsAsync(token);
            return HealthCheckResult.Healthy();
        }
        catch (UserException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }

    private async Task<HealthCheckResult> ExtractsAsync(CancellationToken token)
    {
        try
        {
            var late = LateExtracts.Of(extracts.Value, await state.RunsAsync(token), time.GetUtcNow());
            return late.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", late));
        }
        catch (UserException)
        {
            return HealthCheckResult.Degraded("not known");
        }
    }

    private Task WriteAsync(HttpContext context, HealthReport report) =>
        ProgramMonitor.WriteAsync(context, report, tells: options.IsOpen || context.ReaderOrNull()?.Role == Role.Analyst);
}
