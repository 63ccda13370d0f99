using System.CommandLine;
using Reports.Definitions;
using Reports.Dumps;
using Reports.Rendering;
using Reports.Watching;

namespace Reports.Commands;

/// <summary><c>reports check</c>: every definition and digest, without a warehouse.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Check every report's, digest's and dump's file; needs no warehouse");
        command.SetAction(async (_, _) =>
        {
            var reports = ReportDefinition.ReadAll();
            var digests = DigestDefinition.ReadAll();
            var tables = DumpSet.ReadAll().Values.Sum(d => d.Tables.Count);
            var watches = WatchDefinition.ReadAll();
            await Console.Error.WriteLineAsync($"{CellText.Count(reports.Count, "report")}, {CellText.Count(digests.Count, "digest")}, {CellText.Count(watches.Count, "watch file")}, {CellText.Count(tables, "table")} of dumps: no fault").ConfigureAwait(false);
        });
        return command;
    }
}
