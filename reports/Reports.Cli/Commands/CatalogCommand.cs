using System.CommandLine;
using Reports.Catalogs;
using Reports.Cli.Hosting;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Definitions;

namespace Reports.Cli.Commands;

/// <summary><c>reports catalog</c>: one page on every system, extract, fact, view and report; needs no warehouse.</summary>
internal static class CatalogCommand
{
    public static Command Create()
    {
        var command = new Command("catalog", "Write one page that lists every system, extract, fact, view and report; needs no warehouse")
        {
            AllCommand.Out,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                using var services = Services.Create();
                var files = new ReportFiles(services.Runner, services.Pages, parsed.GetRequiredValue(AllCommand.Out).FullName);
                files.CheckWritable();
                var catalog = Catalog.Read(services.Project);
                files.WriteCatalog(services.Catalog.Render(catalog, hasPages: File.Exists(files.IndexPath)));
                await Console.Error.WriteLineAsync(
                    $"{CellText.Count(catalog.Facts.Count, "fact")}, {CellText.Count(catalog.Reports.Count, "report")} → {files.CatalogPath}"
                );
            }
        );
        return command;
    }
}
