using System.CommandLine;
using System.Diagnostics;
using Reports.Definitions;
using Reports.Mail;
using WarehouseSql.Programs;

namespace Reports.Commands;

/// <summary><c>reports digest</c>: one digest, or all, now.</summary>
internal static class DigestCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("digest") { Description = "The digest's name", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Every digest" };
        var folder = new Option<DirectoryInfo>("--out") { Description = "The folder for mails where no Smtp__Host is configured", DefaultValueFactory = _ => new DirectoryInfo("out/mail") };
        var command = new Command("digest", "Send a digest now: by the configured mail server, else as .eml files") { name, all, folder };
        command.SetAction(async (parsed, token) =>
        {
            var began = Stopwatch.GetTimestamp();
            var digests = Chosen(parsed.GetValue(name), parsed.GetValue(all));
            using var services = Services.Create();
            var digester = services.Digester(parsed.GetRequiredValue(folder).FullName);
            var rows = 0L;
            var failed = 0;
            foreach (var digest in digests)
            {
                var (mail, where, count) = await digester.SendAsync(digest, token).ConfigureAwait(false);
                rows += count;
                failed += mail.Failures.Count;
                await Console.Error.WriteLineAsync($"{digest.Name} → {where}").ConfigureAwait(false);
                foreach (var report in mail.Failures)
                {
                    await Console.Error.WriteLineAsync($"error: {digest.Name}: {report} failed; the mail says why").ConfigureAwait(false);
                }
            }

            Steps.Note("digest", rows, Stopwatch.GetElapsedTime(began));
            return failed == 0 ? 0 : 1;
        });
        return command;
    }

    private static List<DigestDefinition> Chosen(string? name, bool all) => (name, all) switch
    {
        (null, true) => [.. DigestDefinition.ReadAll().Values],
        ({ } one, false) => [DigestDefinition.Read(one)],
        _ => throw new ReportException($"expected a digest's name or --all; there are {string.Join(", ", DigestDefinition.ReadAll().Keys)}"),
    };
}
