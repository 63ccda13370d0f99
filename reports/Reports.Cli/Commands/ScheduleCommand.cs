using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitoring;
using Reports.Cli.Hosting;
using Reports.Cli.Scheduling;
using Reports.Definitions;
using Reports.Mail.Delivery;
using Reports.Mail.Watching;
using Reports.Rendering;
using Spectre.Console;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Cli.Commands;

/// <summary><c>reports schedule</c>: reports and digests when they are due, until stopped.</summary>
internal static class ScheduleCommand
{
    public static Command Create()
    {
        var command = new Command("schedule", "Render reports and send digests when they are due, until stopped") { AllCommand.Out };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                var (reports, digests) = (services.Project.Reports(), services.Project.MailedDigests());
                var folder = parsed.GetRequiredValue(AllCommand.Out).FullName;
                var files = new ReportFiles(services.Runner, services.Pages, folder);
                files.CheckWritable();
                using var logs = LoggerFactory.Create(b => ProgramLog.AddTo(b, ProgramLog.FormatOf(services.Configuration)));
                var mails = services.Mails(Path.Combine(folder, "mail"));
                ScheduledWork[] work =
                [
                    .. ScheduledWork.Of(reports, digests, services.Runner, files, mails, services.AlertsTo()),
                    .. ScheduledWork.Of(await WatchersAsync(services, mails)),
                ];
                if (work.Length == 0)
                {
                    throw new ReportException(
                        "nothing has a schedule: give a report the header `schedule: 0 0 6 * * ?`, or write a digest in reports/digests"
                    );
                }

                foreach (
                    var silent in reports.Values.Where(r => r.Alert is not null && ScheduledWork.Readers(r, services.AlertsTo()).Count == 0)
                )
                {
                    await Console.Error.WriteLineAsync(
                        $"{silent.Name} alerts nobody: set Reports__AlertsTo, or give its header's `alert:` a `to: [address]`"
                    );
                }

                var scheduler = new ReportScheduler(work, logs.CreateLogger<ReportScheduler>(), services.Time);
                await using var monitor = await ProgramMonitor.StartAsync(
                    services.Configuration,
                    "Reports",
                    checks =>
                        checks
                            .AddLook("warehouse", (CancellationToken t) => (Task)services.Runner.LoadsAsync(t))
                            .AddLook("mail server", mails.Sender.GreetAsync),
                    token
                );
                Show(scheduler.Next(services.Time.GetUtcNow()));
                await scheduler.RunAsync(token);
            }
        );
        return command;
    }

    // A source without a connection string is left out, as the extracts leave it out.
    internal static async Task<List<(WatchDefinition, WatchFailures)>> WatchersAsync(Services services, MailServices mails)
    {
        var watchers = new List<(WatchDefinition, WatchFailures)>();
        foreach (var watch in services.Project.Watches().Values)
        {
            var to = watch.To.Count > 0 ? watch.To : services.AlertsTo();
            // What they hold is for their readers only, so they don't become files.
            var hasServer = services.Configuration["Smtp:Host"] is { Length: > 0 };
            if (services.Configuration.GetConnectionString(watch.Source) is { Length: > 0 } source && to.Count > 0 && hasServer)
            {
                var watcher = mails.Watcher(watch, source, Settings.Value(services.Configuration, "Etl:AllowPrimary", false));
                var operators = services.AlertsTo();
                watchers.Add((watch, new WatchFailures(watch, watcher, mails.Alerts, to, operators.Count > 0 ? operators : to)));
            }
            else
            {
                await Console.Error.WriteLineAsync(
                    $"{watch.Name} is not watched: set {(!hasServer ? "Smtp__Host" : to.Count == 0 ? "Reports__AlertsTo" : $"ConnectionStrings__{watch.Source}")}"
                );
            }
        }

        return watchers;
    }

    private static void Show(IEnumerable<(ScheduledWork Work, DateTimeOffset? Next)> next)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("What", "Schedule", "Zone", "Next", "UTC");
        foreach (var (work, at) in next)
        {
            table.AddRow(
                Markup.Escape(work.Name),
                Markup.Escape(
                    work.Schedule?.Cron ?? string.Create(CultureInfo.InvariantCulture, $"every {work.Poll!.Value.TotalSeconds:0} s")
                ),
                Markup.Escape(Zone(work).Id),
                at is { } a
                    ? TimeZoneInfo.ConvertTime(a, Zone(work)).ToString("ddd yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
                    : "never",
                at is { } u ? u.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : ""
            );
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(CleanText.Terminal) });
        // A log file has no width, and a table folded to 80 signs is hard to read in it.
        console.Profile.Width = Console.IsErrorRedirected ? 160 : console.Profile.Width;
        console.Write(table);
    }

    private static TimeZoneInfo Zone(ScheduledWork work) => work.Schedule?.Zone ?? TimeZoneInfo.Utc;
}
