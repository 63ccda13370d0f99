using System.CommandLine;
using Reports.Definitions;
using Reports.Dumps;
using Reports.Mail.Watching;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Cli.Commands;

/// <summary><c>reports check</c>: every definition, digest and template, without a warehouse.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Check every report's, digest's, dump's and template's file; needs no warehouse");
        command.SetAction(
            async (_, _) =>
            {
                var reports = Project.Here.Reports();
                if (
                    DefinitionException.Of([
                        .. reports.Values.SelectMany(r => HouseRules(r).Concat(Links(r, reports))),
                        .. PublicDefinition.Nested(reports.Values),
                    ]) is
                    { } fault
                )
                {
                    throw fault;
                }

                var digests = Project.Here.Digests();
                var tables = DumpSet.ReadAll(Project.Here).Values.Sum(d => d.Tables.Count);
                var watches = Project.Here.Watches();
                var templates = Templates.Of(Settings.Read(), Project.Here).Check();
                await Console.Error.WriteLineAsync(
                    $"{CellText.Count(reports.Count, "report")}, {CellText.Count(digests.Count, "digest")}, "
                        + $"{CellText.Count(watches.Count, "watch file")}, {CellText.Count(tables, "table")} of dumps, "
                        + $"{CellText.Count(templates, "template")}: no fault"
                );
            }
        );
        return command;
    }

    /// <summary>Links to reports, parameters or columns that there aren't.</summary>
    internal static IEnumerable<DefinitionException> Links(
        ReportDefinition report,
        IReadOnlyDictionary<string, ReportDefinition> reports
    ) =>
        from column in report.Columns
        let fault = column.Value.Link?.FaultIn(report, SelectList.Names(report.Sql), reports)
        where fault is not null
        select new DefinitionException(
            report.File.Path,
            report.File.LineOfKey(column.Key),
            $"column '{column.Key}' links to nowhere: {fault}"
        );

    /// <summary>What every report owes its readers, beyond what it needs to run.</summary>
    internal static IEnumerable<DefinitionException> HouseRules(ReportDefinition report)
    {
        DefinitionException Fault(string key, string what) => new(report.File.Path, report.File.LineOfKey(key), what);
        if (report.Public is { Of: null, Add.Count: > 0 })
        {
            yield return Fault(
                "public",
                "`add` lets one site's figure stand in a sum without bound; expected `of`, `site`, `heard` and `cap: {column: most of one site}`"
            );
        }

        var outcomes = report.Columns.Keys.ToList();
        if (SelectList.Names(report.Sql) is { } names && !names.SequenceEqual(outcomes))
        {
            yield return names.Except(outcomes).FirstOrDefault() is { } missing
                ? Fault(
                    "columns",
                    $"`columns` doesn't tell what the column '{missing}' is; expected {string.Join(", ", names)}, in this order"
                )
                : Fault(
                    "columns",
                    $"`columns` are {string.Join(", ", outcomes)}; expected those of the SELECT, {string.Join(", ", names)}, in this order"
                );
        }
    }
}
