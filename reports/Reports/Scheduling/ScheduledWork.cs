using Reports.Definitions;
using Reports.Delivery;
using Reports.Hosting;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using Reports.Watching;

namespace Reports.Scheduling;

/// <summary>One thing that happens on a schedule: a report that is rendered or alerts, a digest that is sent.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Cron">When, a Quartz cron expression; null: as often as <paramref name="Poll"/> says.</param>
/// <param name="Zone">The zone that the expression is meant in.</param>
/// <param name="Run">Does it; returns what came of it, line by line.</param>
/// <param name="Poll">How often it looks by itself whether something is due; null: it is run when the expression says.</param>
internal sealed record ScheduledWork(string Name, string? Cron, TimeZoneInfo Zone, Func<CancellationToken, Task<IReadOnlyList<Told>>> Run, TimeSpan? Poll = null)
{
    // What the ledger says is due is due, also where this program was down when the expression fired.
    private static readonly TimeSpan LedgerPoll = TimeSpan.FromSeconds(15);

    /// <summary>Everything that has a schedule.</summary>
    public static IReadOnlyList<ScheduledWork> Of(
        IReadOnlyDictionary<string, ReportDefinition> reports, IReadOnlyDictionary<string, DigestDefinition> digests, ReportRunner runner, ReportFiles files, Deliveries deliveries, IReadOnlyList<string> alertsTo) =>
    [
        .. reports.Values.Where(r => r.Schedule is not null).Select(r => new ScheduledWork($"report {r.Name}", r.Schedule!, TimeZoneInfo.Utc, async token =>
        {
            var entry = await files.WriteAsync(r, await runner.LoadsAsync(token), token);
            return [entry.Failure is { } failure ? throw new ReportException(failure) : new Told($"{CellText.Count(entry.Rows, "row")} → {files.PageOf(r)}")];
        })),
        .. digests.Values.Select(d => new ScheduledWork($"digest {d.Name}", d.Schedule, d.Zone, token => deliveries.Digests.SendDueAsync(d, token), LedgerPoll)),
        .. digests.Values.Where(d => d.Corrections != "none").Select(d => new ScheduledWork($"corrections of {d.Name}", null, TimeZoneInfo.Utc, token => deliveries.CorrectAsync(d, token), TimeSpan.FromMinutes(10))),
        .. reports.Values.Where(r => r.Alert is not null && Readers(r, alertsTo).Count > 0)
            .Select(r => new ScheduledWork($"alert {r.Name}", null, TimeZoneInfo.Utc, token => deliveries.Alerts.CheckAsync(r, Readers(r, alertsTo), token), r.Alert!.Every)),
    ];

    /// <summary>The watches whose source is configured and that somebody reads.</summary>
    public static IEnumerable<ScheduledWork> Of(IEnumerable<(WatchDefinition Watch, WatchFailures Looks)> watches) =>
        watches.Select(w => new ScheduledWork($"watch {w.Watch.Name}", null, TimeZoneInfo.Utc, w.Looks.LookAsync, Durations.Parse(w.Watch.Every)));

    /// <summary>Whom a report's alerts go to.</summary>
    public static IReadOnlyList<string> Readers(ReportDefinition report, IReadOnlyList<string> alertsTo) => report.Alert is { To: { Count: > 0 } own } ? own : alertsTo;
}
