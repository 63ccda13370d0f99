using Microsoft.Extensions.Diagnostics.HealthChecks;
using Reports.Mail;
using Reports.Running;
using WarehouseSql.Programs;

namespace Reports.Cli.Hosting;

/// <summary>What the programs need to work.</summary>
internal static class ProgramHealth
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether the warehouse answers, and its ledger can be read.</summary>
    public static Task<HealthCheckResult> WarehouseAsync(ReportRunner runner, CancellationToken token) =>
        CheckAsync(runner.LoadsAsync, token);

    /// <summary>Whether the mail server, where one is configured, greets.</summary>
    public static Task<HealthCheckResult> MailServerAsync(SmtpSender sender, CancellationToken token) =>
        CheckAsync(sender.GreetAsync, token);

    private static async Task<HealthCheckResult> CheckAsync(Func<CancellationToken, Task> work, CancellationToken token)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(Patience);
        try
        {
            await work(patience.Token);
            return HealthCheckResult.Healthy();
        }
        catch (UserException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"no answer within {Patience.TotalSeconds:0} s");
        }
    }
}
