using System.CommandLine;
using System.Globalization;
using System.Text;
using Reports.Definitions;
using Reports.Delivery;
using Reports.Hosting;
using Reports.Mail;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Programs;

namespace Reports.Commands;

/// <summary><c>reports digest</c>: one digest, or all, now.</summary>
internal static class DigestCommand
{
    private static readonly Argument<string?> Name = new("digest") { Description = "The digest's name", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> All = new("--all") { Description = "Every digest" };
    private static readonly Option<bool> Again = new("--again") { Description = "Send one more, also to those who have the last one" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Show what would be sent to whom, and write the mail into the folder; nothing is sent" };
    private static readonly Option<bool> Pdf = new("--pdf") { Description = "Write it as a PDF into the folder; nothing is sent" };
    private static readonly Option<DirectoryInfo> Folder = new("--out") { Description = "The folder for mails where no Smtp__Host is configured", DefaultValueFactory = _ => new DirectoryInfo("out/mail") };

    public static Command Create()
    {
        var command = new Command("digest", "Send the last digest that was due to those who haven't got it: by the configured mail server, else as .eml files") { Name, All, Again, DryRun, Pdf, Folder };
        command.SetAction(async (parsed, token) =>
        {
            var digests = Chosen(parsed.GetValue(Name), parsed.GetValue(All));
            using var services = Services.Create();
            var folder = parsed.GetRequiredValue(Folder).FullName;
            var deliveries = services.Deliveries(folder);
            var faults = 0;
            foreach (var digest in digests)
            {
                var told = parsed.GetValue(Pdf) ? await PrintAsync(services, deliveries, digest, folder, token)
                    : parsed.GetValue(DryRun) ? await PreviewAsync(deliveries, digest, token)
                    : [.. await deliveries.Digests.SendNowAsync(digest, parsed.GetValue(Again), token), .. await deliveries.CorrectAsync(digest, token)];
                faults += told.Count(t => t.IsFault);
                foreach (var line in told)
                {
                    await Console.Error.WriteLineAsync((line.IsFault ? "error: " : "") + line.Text);
                }
            }

            return faults == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task<IReadOnlyList<Told>> PrintAsync(Services services, Deliveries deliveries, DigestDefinition digest, string folder, CancellationToken token)
    {
        var printer = services.Printer;
        var (scheduled, mail, _, _) = await deliveries.Digests.PreviewAsync(digest with { AttachKb = 0 }, token);
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{digest.Name}-{DigestMail.DayOf(digest, scheduled):yyyy-MM-dd}.pdf"));
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(path, await printer.PrintAsync(Encoding.UTF8.GetBytes(mail.Html), mail.Subject, token), token);
        return [new Told($"{digest.Name} of {DeliveryKey.At(scheduled)} → {path}"), .. mail.Failures.Select(f => new Told($"{digest.Name}: {f} failed; the page says why", true))];
    }

    private static async Task<IReadOnlyList<Told>> PreviewAsync(Deliveries deliveries, DigestDefinition digest, CancellationToken token)
    {
        var (scheduled, mail, waits, readers) = await deliveries.Digests.PreviewAsync(digest, token);
        var path = await deliveries.Sender.PreviewAsync(mail, new DeliveryKey(DeliveryKinds.Digest, digest.Name, "preview", digest.To[0]), token);
        return
        [
            new Told($"{digest.Name} of {DeliveryKey.At(scheduled)}: \"{mail.Subject}\", {ProgressLine.Bytes(mail.Html.Length)}, {CellText.Count(mail.Files.Count, "file")} attached"),
            .. waits is null ? [] : new Told[] { new(waits + (digest.IfLate == "hold" ? " The schedule would hold it." : $" The schedule would wait {digest.Wait} and then send it with this banner.")) },
            .. readers.Select(r => new Told($"  {(r.MayBegin(DateTime.UtcNow, byHand: true) ? "would go to" : string.Create(CultureInfo.InvariantCulture, $"is {r.State.ToString().ToLowerInvariant()} for"))} {r.Key.Recipient} by {deliveries.Sender.Where}")),
            .. mail.Failures.Select(f => new Told($"{digest.Name}: {f} failed; the mail says why", true)),
            new Told($"  to look at: {path}"),
        ];
    }

    private static List<DigestDefinition> Chosen(string? name, bool all) => (name, all) switch
    {
        (null, true) => [.. DigestDefinition.ReadAll().Values],
        ({ } one, false) => [DigestDefinition.Read(one)],
        _ => throw new ReportException($"expected a digest's name or --all; there are {string.Join(", ", DigestDefinition.ReadAll().Keys)}"),
    };
}
