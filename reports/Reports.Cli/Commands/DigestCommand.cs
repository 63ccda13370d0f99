using System.CommandLine;
using System.Globalization;
using System.Text;
using Reports.Cli.Hosting;
using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Reports.Cli.Commands;

/// <summary><c>reports digest</c>: one digest, or all, now.</summary>
internal static class DigestCommand
{
    private static readonly Argument<string?> Name = new("digest") { Description = "The digest's name", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> All = new("--all") { Description = "Every digest" };
    private static readonly Option<bool> Again = new("--again") { Description = "Send one more, also to those who have the last one" };
    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Show what would be sent to whom, and write the mail into the folder; nothing is sent",
    };
    private static readonly Option<bool> Pdf = new("--pdf") { Description = "Write it as a PDF into the folder; nothing is sent" };
    private static readonly Option<DirectoryInfo> Folder = new("--out")
    {
        Description = "The folder for mails where no Smtp__Host is configured",
        DefaultValueFactory = _ => new DirectoryInfo("out/mail"),
    };

    public static Command Create()
    {
        var command = new Command(
            "digest",
            "Send the last digest that was due to those who haven't got it: by the configured mail server, else as .eml files"
        )
        {
            Name,
            All,
            Again,
            DryRun,
            Pdf,
            Folder,
        };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                var digests = Chosen(services.Project, parsed.GetValue(Name), parsed.GetValue(All));
                var folder = parsed.GetRequiredValue(Folder).FullName;
                var mails = services.Mails(folder);
                var faults = 0;
                foreach (var digest in digests)
                {
                    var outcomes =
                        parsed.GetValue(Pdf) ? await PrintAsync(services, mails, digest, folder, token)
                        : parsed.GetValue(DryRun) ? await PreviewAsync(mails, digest, token)
                        :
                        [
                            .. await mails.Digests.SendNowAsync(digest, parsed.GetValue(Again), token),
                            .. await mails.CorrectAsync(digest, token),
                        ];
                    faults += outcomes.Count(t => t.IsFault);
                    foreach (var line in outcomes)
                    {
                        await Console.Error.WriteLineAsync((line.IsFault ? "error: " : "") + line.Text);
                    }
                }

                return faults == 0 ? 0 : 1;
            }
        );
        return command;
    }

    private static async Task<IReadOnlyList<Outcome>> PrintAsync(
        Services services,
        MailServices mails,
        DigestDefinition digest,
        string folder,
        CancellationToken token
    )
    {
        var printer = services.Printer;
        var (scheduled, mail, _, _) = await mails.Digests.PreviewAsync(digest with { AttachKb = 0 }, token);
        var path = Path.Combine(
            folder,
            string.Create(CultureInfo.InvariantCulture, $"{digest.Name}-{DigestMail.DayOf(digest, scheduled):yyyy-MM-dd}.pdf")
        );
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(path, await printer.PrintAsync(Encoding.UTF8.GetBytes(mail.Html), mail.Subject, token), token);
        return
        [
            new Outcome($"{digest.Name} of {new Occurrence.Scheduled(scheduled)} → {path}"),
            .. mail.Failures.Select(f => new Outcome($"{digest.Name}: {f} failed; the page says why", true)),
        ];
    }

    private static async Task<IReadOnlyList<Outcome>> PreviewAsync(MailServices mails, DigestDefinition digest, CancellationToken token)
    {
        var (scheduled, mail, waits, readers) = await mails.Digests.PreviewAsync(digest, token);
        var path = await mails.Sender.PreviewAsync(
            mail,
            new MailKey(MailKind.Digest, digest.Name, new Occurrence.Named("preview"), digest.To[0]),
            token
        );
        return
        [
            new Outcome(
                $"{digest.Name} of {new Occurrence.Scheduled(scheduled)}: \"{mail.Subject}\", {ProgressLine.Bytes(mail.Html.Length)}, {CellText.Count(mail.Files.Count, "file")} attached"
            ),
            .. waits is null
                ? []
                : new Outcome[]
                {
                    new(
                        waits
                            + (
                                digest.IsHeld
                                    ? " The schedule would hold it."
                                    : $" The schedule would wait {CellText.OfNumber(digest.Wait.TotalSeconds, new ColumnFormat(ColumnFormatKind.Seconds))} and then send it with this banner."
                            )
                    ),
                },
            .. readers.Select(r => new Outcome(
                $"  {(r.MayBegin(DateTime.UtcNow, byHand: true) ? "would go to" : string.Create(CultureInfo.InvariantCulture, $"is {r.State.Name()} for"))} {r.Key.Recipient} by {mails.Sender.Where}"
            )),
            .. mail.Failures.Select(f => new Outcome($"{digest.Name}: {f} failed; the mail says why", true)),
            new Outcome($"  to look at: {path}"),
        ];
    }

    private static List<DigestDefinition> Chosen(Project project, string? name, bool all) =>
        (name, all) switch
        {
            (null, true) => [.. project.MailedDigests().Values],
            ({ } one, false) when project.Digest(one) is var digest => digest.IsMailed
                ? [digest]
                : throw new ReportException(
                    $"{Project.Relative(digest.Path)}: it has no `to:` and is a page of the web site alone, /dashboards/{one}; expected a digest among {string.Join(", ", project.MailedDigests().Keys)}"
                ),
            _ => throw new ReportException(
                $"expected a digest's name or --all; there are {string.Join(", ", project.MailedDigests().Keys)}"
            ),
        };
}
