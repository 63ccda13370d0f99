using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;

namespace Reports.Scheduling;

/// <summary>One thing that happens on a schedule: a report that is rendered, or a digest that is sent.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Cron">When, a Quartz cron expression.</param>
/// <param name="Zone">The zone that the expression is meant in.</param>
/// <param name="Run">Does it; returns what came of it, in words.</param>
internal sealed record ScheduledWork(string Name, string Cron, TimeZoneInfo Zone, Func<CancellationToken, Task<string>> Run)
{
    /// <summary>Everything that has a schedule.</summary>
    public static IReadOnlyList<ScheduledWork> Of(
        IReadOnlyDictionary<string, ReportDefinition> reports, IReadOnlyDictionary<string, DigestDefinition> digests, ReportRunner runner, ReportFiles files, Digester digester) =>
    [
        .. reports.Values.Where(r => r.Schedule is not null).Select(r => new ScheduledWork($"report {r.Name}", r.Schedule!, TimeZoneInfo.Utc, async token =>
        {
            var entry = await files.WriteAsync(r, await runner.LoadsAsync(token).ConfigureAwait(false), token).ConfigureAwait(false);
            return entry.Failure is { } failure ? throw new ReportException(failure) : $"{CellText.Count(entry.Rows, "row")} → {files.PageOf(r)}";
        })),
        .. digests.Values.Select(d => new ScheduledWork($"digest {d.Name}", d.Schedule, Schedules.Zone(d.TimeZone)!, async token =>
        {
            var (mail, where, _) = await digester.SendAsync(d, token).ConfigureAwait(false);
            return mail.Failures.Count == 0 ? where : $"{where}, with {string.Join(", ", mail.Failures)} failed in it";
        })),
    ];
}
