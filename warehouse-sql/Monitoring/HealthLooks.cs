using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using WarehouseSql.Programs;

namespace Monitoring;

/// <summary>Health checks that look at something for at most five seconds.</summary>
public static class HealthLooks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds a check: unhealthy where <paramref name="look"/> fails as people are told of, or takes too long; degraded where it returns what
    /// isn't as it should be; healthy where it returns nothing.
    /// </summary>
    public static IHealthChecksBuilder AddLook(this IHealthChecksBuilder checks, string name, Func<CancellationToken, Task<string>> look) =>
        checks.AddAsyncCheck(name, token => LookAsync(look, token));

    /// <summary>As <see cref="AddLook(IHealthChecksBuilder, string, Func{CancellationToken, Task{string}})"/>, never degraded.</summary>
    public static IHealthChecksBuilder AddLook(this IHealthChecksBuilder checks, string name, Func<CancellationToken, Task> look) =>
        checks.AddLook(
            name,
            async token =>
            {
                await look(token);
                return "";
            }
        );

    private static async Task<HealthCheckResult> LookAsync(Func<CancellationToken, Task<string>> look, CancellationToken token)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(Patience);
        try
        {
            return await look(patience.Token) is { Length: > 0 } found ? HealthCheckResult.Degraded(found) : HealthCheckResult.Healthy();
        }
        catch (UserException e)
        {
            return HealthCheckResult.Unhealthy(CleanText.Line(e.Message));
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"no answer within {Patience.TotalSeconds:0} s");
        }
    }
}
