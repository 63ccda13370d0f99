using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Reports.Catalogs;
using Reports.Cli.Hosting;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Cli.Commands;

/// <summary><c>reports all</c>: every report into a folder, with an index.</summary>
internal static class AllCommand
{
    public static Option<DirectoryInfo> Out { get; } =
        new("--out") { Description = "The folder for pages and files", DefaultValueFactory = _ => new DirectoryInfo("out") };

    public static Command Create()
    {
        var command = new Command("all", "Run every report and write its page, CSV, JSON and Excel files, and an index of all") { Out };
        command.SetAction(
            async (parsed, token) =>
            {
                var began = Stopwatch.GetTimestamp();
                using var services = Services.Create();
                var reports = services.Project.Reports();
                var files = new ReportFiles(services.Runner, services.Pages, parsed.GetRequiredValue(Out).FullName);
                files.CheckWritable();
                var loads = await services.Runner.LoadsAsync(token);
                var entries = new List<IndexEntry>();
                foreach (var report in reports.Values)
                {
                    entries.Add(await files.WriteAsync(report, loads, token));
                    await TellAsync(entries[^1], entries.Count, reports.Count);
                }

                files.WriteIndex(entries);
                files.WriteCatalog(services.Catalog.Render(Catalog.Read(services.Project), hasPages: true));
                Steps.Note("reports", entries.Sum(e => e.Rows), Stopwatch.GetElapsedTime(began));
                var failed = entries.Count(e => e.Failure is not null);
                await Console.Error.WriteLineAsync(
                    failed == 0
                        ? $"{CellText.Count(entries.Count, "report")} → {files.IndexPath}"
                        : $"error: {failed} of {CellText.Count(entries.Count, "report")} failed (above, and in {files.IndexPath})"
                );
                return failed == 0 ? 0 : 1;
            }
        );
        return command;
    }

    private static Task TellAsync(IndexEntry entry, int number, int of)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"[{number}/{of}]");
        return Console.Error.WriteLineAsync(
            entry.Failure is { } failure
                ? $"{place} {entry.Report.Name}  FAILED: {failure}"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{place} {entry.Report.Name, -34} {entry.Rows, 9:N0} rows {entry.Took.TotalSeconds, 7:0.00} s"
                )
        );
    }
}
