using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Reports.Values;
using SourceSql;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Reports.Web;

/// <summary>
/// What a load balancer and a monitor ask: <c>/health/live</c>, whether the server runs, and <c>/health/ready</c>, whether it can answer
/// (503 where the warehouse can't) and whether what it answers is up to date (<c>Degraded</c> where an extract is late).
/// </summary>
internal sealed class Health(WarehouseState state, Lazy<IReadOnlyList<ExtractDefinition>> extracts, WebOptions options, TimeProvider time)
{
    // A load takes its time, and its scheduler may be restarted.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    /// <summary>Adds the checks.</summary>
    public void Add(IServiceCollection to) =>
        to.AddHealthChecks().AddAsyncCheck("warehouse", WarehouseAsync).AddAsyncCheck("extracts", ExtractsAsync);

    /// <summary>Answers the two addresses, to whoever asks; what a check found only to analysts.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    /// <summary>Those that should have been loaded by now: two of their times have passed since the last load, and a while more.</summary>
    internal static IReadOnlyList<string> Late(
        IEnumerable<ExtractDefinition> extracts,
        IReadOnlyDictionary<string, ExtractRuns> runs,
        DateTimeOffset now
    ) =>
        [
            .. extracts
                // A system of which nothing was ever loaded isn't installed here.
                .GroupBy(e => e.SystemName)
                .Where(system => system.Any(e => runs.ContainsKey(e.Name)))
                .SelectMany(system => system)
                .Where(e => e.Schedule.Length > 0)
                .Select(e =>
                {
                    var schedule = new Schedule(e.Schedule, TimeZoneInfo.Utc);
                    return runs.GetValueOrDefault(e.Name)?.PublishedAt is not { } at ? $"{e.Name} was never loaded"
                        : schedule.Next(at) is { } due && schedule.Next(due) is { } second && second + Grace < now
                            ? $"{e.Name} was last loaded {CellText.Ago(now - at)}"
                        : "";
                })
                .Where(l => l.Length > 0),
        ];

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
            var late = Late(extracts.Value, await state.RunsAsync(token), time.GetUtcNow());
            return late.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", late));
        }
        catch (UserException)
        {
            return HealthCheckResult.Degraded("not known");
        }
    }

    private async Task WriteAsync(HttpContext context, HealthReport report)
    {
        var tells = options.IsOpen || context.ReaderOrNull()?.Role == Role.Analyst;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    status = report.Status.ToString(),
                    checks = report.Entries.ToDictionary(
                        e => e.Key,
                        e => new { status = e.Value.Status.ToString(), found = tells ? e.Value.Description ?? "" : "" }
                    ),
                }
            ),
            context.RequestAborted
        );
    }
}
