using System.CommandLine;
using Reports.Definitions;
using Reports.Rendering;

namespace Reports.Commands;

/// <summary><c>reports check</c>: every definition and digest, without a warehouse.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Check every report's and digest's file; needs no warehouse");
        command.SetAction(async (_, _) =>
        {
            var reports = ReportDefinition.ReadAll();
            var digests = DigestDefinition.ReadAll();
            await Console.Error.WriteLineAsync($"{CellText.Count(reports.Count, "report")}, {CellText.Count(digests.Count, "digest")}: no fault").ConfigureAwait(false);
        });
        return command;
    }
}
