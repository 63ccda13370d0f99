using System.CommandLine;
using Reports.Cli.Hosting;
using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;

namespace Reports.Cli.Commands;

/// <summary><c>reports doctor</c>: looks at all that reports and mails need.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Look at all that reports and mails need, and say what to do");
        command.SetAction(
            async (_, token) =>
            {
                var findings = new Findings();
                using var services = Services.Create();
                await findings.LookAsync("reading the warehouse", t => WarehouseAsync(services, findings, t), token);
                await findings.LookAsync("mails", t => MailsAsync(services, findings, t), token);
                await findings.LookAsync(
                    "templates",
                    _ =>
                    {
                        findings.Add("templates", Verdict.Fine, $"{services.Templates.Check()} are well formed");
                        return Task.CompletedTask;
                    },
                    token
                );
                try
                {
                    findings.Add("PDF", Verdict.Fine, $"{services.Printer.Program} prints it");
                }
                catch (ReportException e)
                {
                    findings.Add("PDF", Verdict.Doubtful, e.Message);
                }

                return findings.AreWrong ? 1 : 0;
            }
        );
        return command;
    }

    private static async Task WarehouseAsync(Services services, Findings findings, CancellationToken token)
    {
        const string Of = "reading the warehouse";
        var loads = await services.Runner.LoadsAsync(token);
        findings.Add(
            Of,
            loads.Latest is null ? Verdict.Doubtful : Verdict.Fine,
            loads.Latest is { } at
                ? $"the last load ended at {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
                : "nothing was ever loaded; run `make extract`"
        );
        var options = WarehouseOptions.Read(services.Configuration);
        using var client = new ClickHouseClient(options);
        if (await client.MayAsync($"INSERT ON {options.Database}.etl_run", token))
        {
            findings.Add(
                Of,
                Verdict.Doubtful,
                "the account may write what it only needs to read; SELECT, and INSERT on report_delivery, are enough (docs: users and grants)"
            );
        }

        var mayNote = await client.MayAsync($"INSERT ON {options.Database}.report_delivery", token);
        findings.Add(
            "ledger of mails",
            mayNote ? Verdict.Fine : Verdict.Wrong,
            mayNote
                ? "may be written"
                : $"may not be written, so no mail is sent: GRANT INSERT ON {options.Database}.report_delivery to the account"
        );
    }

    private static async Task MailsAsync(Services services, Findings findings, CancellationToken token)
    {
        var sender = services.Mails("out/mail").Sender;
        await sender.GreetAsync(token);
        findings.Add("mails", Verdict.Fine, $"go to {sender.Where}");
        if (string.IsNullOrEmpty(services.Configuration["Reports:BaseUrl"]))
        {
            findings.Add("mails", Verdict.Doubtful, "have no links to pages: Reports__BaseUrl says where these are");
        }

        if (services.AlertsTo().Count == 0)
        {
            findings.Add("alerts", Verdict.Doubtful, "go to nobody but those whom headers name: Reports__AlertsTo");
        }
    }
}
