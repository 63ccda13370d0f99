using System.CommandLine;
using System.Globalization;
using Reports.Cli.Hosting;
using Reports.Cli.Scheduling;
using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Rendering;
using Reports.Values;
using Spectre.Console;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Reports.Cli.Commands;

/// <summary><c>reports deliveries</c>: what was sent to whom, what is on its way, and what a person has to settle.</summary>
internal static class DeliveriesCommand
{
    private static readonly Option<string?> Sent = new("--sent") { Description = "The mail of this id has arrived: note that it was sent" };
    private static readonly Option<string?> Again = new("--again")
    {
        Description = "The mail of this id, a digest's, has not arrived: send it once more",
    };
    private static readonly Option<bool> Restored = new("--restored")
    {
        Description = "After a restore: skip what is due by now, since it may have been sent before, and go on with what comes",
    };
    private static readonly Option<bool> Every = new("--all") { Description = "Also what was sent more than a month ago" };

    public static Command Create()
    {
        var command = new Command("deliveries", "Show the ledger of mails, and settle what is unclear") { Sent, Again, Restored, Every };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                if (parsed.GetValue(Restored))
                {
                    return await SettleRestoreAsync(services, token);
                }

                var log = await services.Ledger.ReadAsync(null, token);
                foreach (var (id, state) in new[] { (parsed.GetValue(Sent), MailState.Sent), (parsed.GetValue(Again), MailState.Again) })
                {
                    if (id is { Length: > 0 })
                    {
                        await Console.Error.WriteLineAsync(await SettleAsync(services.Ledger, log, id, state, token));
                        return 0;
                    }
                }

                List<MailStanding> shown = [.. log.Listed(parsed.GetValue(Every))];
                Show(shown);
                return shown.Any(s => s.State == Standing.Unclear) ? 1 : 0;
            }
        );
        return command;
    }

    // Everything that mails looks once, as it does on its schedule, and what it finds to send is noted as skipped.
    private static async Task<int> SettleRestoreAsync(Services services, CancellationToken token)
    {
        if (await services.Ledger.RestoredAsync(token) is not { } restored)
        {
            await Console.Error.WriteLineAsync("no restore is to be settled: mails are sent");
            return 0;
        }

        var mails = services.Mails("out/mail");
        mails.SkipsAfterRestore = true;
        var (reports, digests) = (services.Project.Reports(), services.Project.MailedDigests());
        List<ScheduledWork> all =
        [
            .. ScheduledWork.MailsOf(reports, digests, mails, services.AlertsTo()),
            .. ScheduledWork.Of(await ScheduleCommand.WatchersAsync(services, mails)),
            // Also what waits for its data.
            .. digests.Values.Select(d => new ScheduledWork(
                $"digest {d.Name}",
                d.Schedule,
                t => mails.Digests.SendNowAsync(d, again: false, t)
            )),
        ];
        var failed = false;
        foreach (var work in all)
        {
            try
            {
                // A watch finds its place in the first look, and what is new in the second.
                foreach (var outcome in (await work.Run(token)).Concat(await work.Run(token)))
                {
                    await Console.Error.WriteLineAsync(outcome.Text);
                }
            }
            catch (UserException e)
            {
                failed = true;
                await Console.Error.WriteLineAsync($"error: {work.Name}: {CleanText.Line(e.Message)}");
            }
        }

        if (failed)
        {
            await Console.Error.WriteLineAsync("not everything could be looked at, so mails are still held: mend it and run this again");
            return 1;
        }

        await services.Ledger.SettleAsync(restored, token);
        await Console.Error.WriteLineAsync("mails go on with what comes; `make deliveries` lists what was skipped");
        return 0;
    }

    /// <summary>Notes what a person knows; returns it in words.</summary>
    /// <exception cref="ReportException">There is no such mail, or it is settled already.</exception>
    public static async Task<string> SettleAsync(MailLedger ledger, MailLog log, string id, MailState state, CancellationToken token)
    {
        var mail =
            log.All().FirstOrDefault(s => s.Key.Id == id)
            ?? throw new ReportException($"there is no mail with the id '{id}'; `make deliveries` lists them");
        if (state == MailState.Sent && mail.State == Standing.Sent)
        {
            throw new ReportException($"{id} was noted as sent already, {CellText.Instant(new DateTimeOffset(mail.Since, TimeSpan.Zero))}");
        }

        if (state == MailState.Again && WhyNotAgain(mail) is { } why)
        {
            throw new ReportException($"{id} isn't sent again: {why}");
        }

        // Of a mail that stands for several, all are settled.
        var settled = mail.Last is { Attempt.Length: > 0 } last ? log.All().Where(s => s.Last?.Attempt == last.Attempt).ToList() : [mail];
        var figures = await ledger.FiguresAsync(mail.Key, mail.Last?.Attempt ?? "", token) ?? "";
        var (attempt, annulled) = (
            Guid.NewGuid().ToString("N"),
            string.Join(' ', log.Of(mail.Key.Id).Select(r => r.Attempt).Where(a => a.Length > 0).Distinct())
        );
        await ledger.WriteAsync(
            [
                .. settled.Select(s =>
                    LedgerRow.Of(s.Key, state, state == MailState.Again ? annulled : $"noted by {Environment.UserName}") with
                    {
                        Attempt = attempt,
                        Figures = state == MailState.Sent ? figures : "",
                    }
                ),
            ],
            token
        );
        return $"{mail.Key.Kind.Name()} {mail.Key.Name} of {mail.Key.Occurrence} to {mail.Key.Recipient}: "
            + (
                state == MailState.Sent
                    ? "noted as sent"
                    : "the schedule will send it once more, and so will `make digest`, if it is the last one"
            );
    }

    private static string? WhyNotAgain(MailStanding mail) =>
        mail switch
        {
            { Key.Kind: MailKind.Correction } => "the next change of its figures makes a new correction",
            { Key.Kind: MailKind.Watch } => "what it held is kept nowhere; its rows stand in the source",
            { Key.Kind: not MailKind.Digest } => "what it told of has gone on since; `make report` shows what is now",
            { IsSettled: false } => $"it is not settled yet ({mail.State.Name()}), and is sent by itself",
            _ => null,
        };

    private static void Show(List<MailStanding> standings)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Id", "What", "Of", "To", "State", "Since (UTC)", "");
        foreach (var standing in standings)
        {
            table.AddRow(
                new Text(standing.Key.Id),
                new Text($"{standing.Key.Kind.Name()} {standing.Key.Name}"),
                new Text(standing.Key.Occurrence.Text),
                new Text(standing.Key.Recipient),
                new Text(
                    standing.State.Name(),
                    standing.State is Standing.Unclear or Standing.Refused ? new Style(Color.Red) : Style.Plain
                ),
                new Text(standing.Since.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
                new Text(CleanText.Line(Remark(standing)))
            );
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = Console.IsOutputRedirected ? 240 : console.Profile.Width;
        console.Write(table);
        foreach (var unclear in standings.Where(s => s.State == Standing.Unclear))
        {
            Console.Error.WriteLine(
                $"unclear: {unclear.Key.Id} was handed to the mail server, and its answer is not known. Look for {unclear.Last?.MessageId} in the server's log; then `make deliveries SENT={unclear.Key.Id}`{(WhyNotAgain(unclear) is null ? $" or `make deliveries AGAIN={unclear.Key.Id}`" : "")}"
            );
        }
    }

    private static string Remark(MailStanding standing) =>
        standing.State == Standing.Deferred
            ? string.Create(CultureInfo.InvariantCulture, $"next {standing.Retry:HH:mm}: {standing.Last?.Detail}")
            : standing.Last?.Detail ?? "";
}
