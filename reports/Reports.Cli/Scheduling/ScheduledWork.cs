using Reports.Cli.Hosting;
using Reports.Definitions;
using Reports.Mail.Delivery;
using Reports.Mail.Watching;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using WarehouseSql.Definitions;

namespace Reports.Cli.Scheduling;

/// <summary>One thing that happens on a schedule: a report that is rendered or alerts, a digest that is sent.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Schedule">When; null: as often as <paramref name="Poll"/> says.</param>
/// <param name="Run">Does it; returns what came of it, line by line.</param>
/// <param name="Poll">How often it looks by itself whether something is due; null: it is run when the expression says.</param>
internal sealed record ScheduledWork(
    string Name,
    Schedule? Schedule,
    Func<CancellationToken, Task<IReadOnlyList<Outcome>>> Run,
    TimeSpan? Poll = null
)
{
    // What the ledger says is due is due, also where this program was down when the expression fired.
    private static readonly TimeSpan LedgerPoll = TimeSpan.FromSeconds(15);

    /// <summary>Everything that has a schedule.</summary>
    public static IReadOnlyList<ScheduledWork> Of(
        IReadOnlyDictionary<string, ReportDefinition> reports,
        IReadOnlyDictionary<string, DigestDefinition> digests,
        ReportRunner runner,
        ReportFiles files,
        MailServices mails,
        IReadOnlyList<string> alertsTo
    ) =>
        [
            .. reports
                .Values.Where(r => r.Schedule is not null)
                .Select(r => new ScheduledWork(
                    $"report {r.Name}",
                    r.Schedule,
                    async token =>
                    {
                        var entry = await files.WriteAsync(r, await runner.LoadsAsync(token), token);
                        return
                        [
                            entry.Failure is { } failure
                                ? throw new ReportException(failure)
                                : new Outcome($"{CellText.Count(entry.Rows, "row")} → {files.PageOf(r)}"),
                        ];
                    }
                )),
            .. MailsOf(reports, digests, mails, alertsTo),
        ];

    /// <summary>Of them, what sends mails.</summary>
    public static IReadOnlyList<ScheduledWork> MailsOf(
        IReadOnlyDictionary<string, ReportDefinition> reports,
        IReadOnlyDictionary<string, DigestDefinition> digests,
        MailServices mails,
        IReadOnlyList<string> alertsTo
    ) =>
        [
            .. digests.Values.Select(d => new ScheduledWork(
                $"digest {d.Name}",
                d.Schedule,
                token => mails.Digests.SendDueAsync(d, token),
                LedgerPoll
            )),
            .. digests
                .Values.Where(d => d.Corrections is not null)
                .Select(d => new ScheduledWork(
                    $"corrections of {d.Name}",
                    null,
                    token => mails.CorrectAsync(d, token),
                    TimeSpan.FromMinutes(10)
                )),
            .. reports
                .Values.Where(r => r.Alert is not null && Readers(r, alertsTo).Count > 0)
                .Select(r => new ScheduledWork(
                    $"alert {r.Name}",
                    null,
                    token => mails.Alerts.CheckAsync(r, Readers(r, alertsTo), token),
                    r.Alert!.Every
                )),
        ];

    /// <summary>The watches whose source is configured and that somebody reads.</summary>
    public static IEnumerable<ScheduledWork> Of(IEnumerable<(WatchDefinition Watch, WatchFailures Looks)> watches) =>
        watches.Select(w => new ScheduledWork($"watch {w.Watch.Name}", null, w.Looks.LookAsync, w.Watch.Every));

    /// <summary>Whom a report's alerts go to.</summary>
    public static IReadOnlyList<string> Readers(ReportDefinition report, IReadOnlyList<string> alertsTo) =>
        report.Alert is { To: { Count: > 0 } own } ? own : alertsTo;
}
