using System.CommandLine;
using System.Globalization;
using Etl.Backups;
using Spectre.Console;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl;

/// <summary>Makes backups, lists, checks and restores them.</summary>
internal static class BackupCommands
{
    public static Command Make()
    {
        var name = new Argument<string?>("name") { Description = "Its name; the time without it", Arity = ArgumentArity.ZeroOrOne };
        var full = new Option<bool>("--full") { Description = "Copy everything, not only what came since the last full one" };
        var command = new Command("backup", "Back up the warehouse to where Warehouse__Backups says") { name, full };
        command.SetAction(
            async (parsed, token) =>
            {
                using var backup = new Backup(Settings.Read(), Project.Here, TimeProvider.System);
                var made = await backup.RunAsync(NameOf(parsed.GetValue(name)), parsed.GetValue(full), Console.Error.WriteLine, token);
                Console.WriteLine(
                    $"{made.Name}: {(made.Base.Length == 0 ? "full" : $"what came since {made.Base}")}, {ProgressLine.Number(made.Rows)} rows in {made.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s"
                );
            }
        );
        return command;
    }

    public static Command Check()
    {
        var name = new Argument<string?>("name") { Description = "The backup; the last one without it", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("backup-check", "Restore a backup into a database for the moment, and compare it with what was backed up")
        {
            name,
        };
        command.SetAction(
            async (parsed, token) =>
            {
                var configuration = Settings.Read();
                var chosen = NameOf(parsed.GetValue(name)) ?? await LastAsync(token);
                var rows = await new Restore(configuration, Project.Here, TimeProvider.System).CheckAsync(
                    chosen,
                    Console.Error.WriteLine,
                    token
                );
                Console.WriteLine($"{chosen}: whole, {ProgressLine.Number(rows)} rows came back as they were");
            }
        );
        return command;
    }

    public static Command Restore()
    {
        var name = new Argument<string>("name") { Description = "The backup" };
        var into = new Option<string?>("--into") { Description = "The database; without it the warehouse's, which must be empty" };
        var command = new Command("restore", "Bring a backup back into an empty database") { name, into };
        command.SetAction(
            async (parsed, token) =>
            {
                var (rows, at) = await new Restore(Settings.Read(), Project.Here, TimeProvider.System).RunAsync(
                    parsed.GetValue(name)!,
                    parsed.GetValue(into),
                    Console.Error.WriteLine,
                    token
                );
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{ProgressLine.Number(rows)} rows as of {at:yyyy-MM-dd HH:mm} UTC are back; the next load of each extract goes on from there, and no mail is sent before `make deliveries RESTORED=1`"
                    )
                );
            }
        );
        return command;
    }

    public static Command List()
    {
        var command = new Command("backups", "List the backups that were made, and restores");
        command.SetAction(
            async (_, token) =>
            {
                using var client = new ClickHouseClient(WarehouseOptions.Read(Settings.Read()));
                var promised = Project.Here.Facts().Values.Where(f => f.RetainDays is not null).Min(f => f.RetainDays);
                var table = Tables.New("rows of (UTC)", "backup", "kind", ">rows", ">seconds", "how it ended");
                foreach (var entry in await BackupLog.ReadAsync(client, token))
                {
                    table.AddRow(
                        entry.At.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                        entry.Name,
                        entry.Base.Length == 0 ? entry.Kind : $"{entry.Kind}, needs {entry.Base}",
                        ProgressLine.Number(entry.Rows),
                        entry.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
                        Markup.Escape(
                            entry.Error.Length > 0 ? entry.Error
                            : entry.IsGoodBackup && promised is { } days && DateTime.UtcNow - entry.At > TimeSpan.FromDays(days)
                                ? $"good; holds rows that were promised to be gone after {days} days: delete it"
                            : entry.Outcome
                        )
                    );
                }

                Tables.Write(table);
            }
        );
        return command;
    }

    private static string? NameOf(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static async Task<string> LastAsync(CancellationToken token)
    {
        using var client = new ClickHouseClient(WarehouseOptions.Read(Settings.Read()));
        return (await BackupLog.ReadAsync(client, token)).FirstOrDefault(b => b.IsGoodBackup)?.Name
            ?? throw new UserException("there is no backup yet; `make backup` makes one");
    }
}
