using System.CommandLine;
using Reports.Definitions;
using Reports.Dumps;
using Reports.Rendering;
using Reports.Watching;
using WarehouseSql.Programs;

namespace Reports.Commands;

/// <summary><c>reports check</c>: every definition, digest and template, without a warehouse.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Check every report's, digest's, dump's and template's file; needs no warehouse");
        command.SetAction(async (_, _) =>
        {
            var reports = ReportDefinition.ReadAll();
            var digests = DigestDefinition.ReadAll();
            var tables = DumpSet.ReadAll().Values.Sum(d => d.Tables.Count);
            var watches = WatchDefinition.ReadAll();
            var templates = Templates.Of(Settings.Read()).Check();
            await Console.Error.WriteLineAsync($"{CellText.Count(reports.Count, "report")}, {CellText.Count(digests.Count, "digest")}, "
                + $"{CellText.Count(watches.Count, "watch file")}, {CellText.Count(tables, "table")} of dumps, "
                + $"{CellText.Count(templates, "template")}: no fault").ConfigureAwait(false);
        });
        return command;
    }
}
