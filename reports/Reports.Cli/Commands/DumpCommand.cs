using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Reports.Cli.Hosting;
using Reports.Dumps;
using Reports.Rendering;
using Reports.Values;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Cli.Commands;

/// <summary><c>reports dump</c>: a system's tables as CSV files with a manifest.</summary>
internal static class DumpCommand
{
    public static Command Create()
    {
        var system = new Argument<string>("system") { Description = "The system whose tables are wanted" };
        var one = new Option<string[]>("--param") { Description = "A parameter's value: name=value; several times" };
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "The folder for the system's folder",
            DefaultValueFactory = _ => new DirectoryInfo("out/dump"),
        };
        var command = new Command("dump", "Write a system's tables as CSV files with a manifest") { system, one, folder };
        command.SetAction(
            async (parsed, token) =>
            {
                var began = Stopwatch.GetTimestamp();
                using var services = Services.Create();
                var set = DumpSet.Read(services.Project, parsed.GetRequiredValue(system));
                var given = RunCommand.Given(parsed.GetValue(one) ?? []);
                var writer = services.Dumps(parsed.GetRequiredValue(folder).FullName);
                var manifest = await writer.WriteAsync(set, given, Tell, token);
                Steps.Note("dump", manifest.Rows, Stopwatch.GetElapsedTime(began));
                if (manifest.LoadedMeanwhile.Count > 0)
                {
                    await Console.Error.WriteLineAsync(
                        $"loaded meanwhile: {string.Join(", ", manifest.LoadedMeanwhile)}; the files may differ by that, so dump again where they have to fit exactly"
                    );
                }

                await Console.Error.WriteLineAsync(
                    $"{CellText.Count(manifest.Files.Count, "file")}, {CellText.Count(manifest.Rows, "row")} → {writer.FolderOf(set.System)}"
                );
            }
        );
        return command;
    }

    private static void Tell(DumpFile file) =>
        Console.Error.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{file.File, -34} {file.Rows, 12:N0} rows {ProgressLine.Bytes(file.Bytes), 10}")
        );
}
