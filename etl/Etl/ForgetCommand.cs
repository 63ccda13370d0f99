using System.CommandLine;
using System.Globalization;
using Etl.Backups;
using Etl.Loading;
using Spectre.Console;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl;

/// <summary>Has a site forgotten that asked for it; shows who were.</summary>
internal static class ForgetCommand
{
    public static Command Create()
    {
        var site = new Argument<string?>("site")
        {
            Description = "The site, as reports name it; without it: what was erased by now",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var system = new Option<string?>("--system") { Description = "Only in this system's facts" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what would be erased" };
        var force = new Option<bool>("--force")
        {
            Description = "Also a site of which nothing is there: what it reports from now on is left out",
        };
        var command = new Command("forget", "Erase all rows of a site that asked for it, and never load any again")
        {
            site,
            system,
            dryRun,
            force,
        };
        command.SetAction(
            async (parsed, token) =>
            {
                if (parsed.GetValue(site) is not { Length: > 0 } named)
                {
                    await ShowAsync(token);
                    return;
                }

                using var forgetting = new Forgetting(Settings.Read(), Project.Here, TimeProvider.System);
                var only = parsed.GetValue(system) is { Length: > 0 } one ? one : null;
                var found = await forgetting.FindAsync(named, only, token);
                var systems = found.Select(f => f.System).Distinct().ToList();
                if (systems.Count == 0)
                {
                    if (only is null || !parsed.GetValue(force))
                    {
                        throw new UserException(
                            "no table has a row of this site: name it as reports and facts do; with SYSTEM= and FORCE=1 what it reports from now on is left out nevertheless"
                        );
                    }

                    systems = [only];
                }

                if (parsed.GetValue(dryRun))
                {
                    Write(found, "would go");
                    Console.WriteLine("nothing was erased; without DRY_RUN=1 all of it is, for good, and no load brings it back");
                    return;
                }

                var erased = await forgetting.ForgetAsync(named, systems, Cli.Caller, w => Console.Error.WriteLine($"erasing: {w}"), token);
                Write(erased, "erased");
                await WriteReceiptAsync(forgetting, token);
            }
        );
        return command;
    }

    private static void Write(IReadOnlyList<SiteRows> rows, string what)
    {
        var table = Tables.New("system", "table", ">rows " + what);
        foreach (var row in rows)
        {
            table.AddRow(row.System, row.Table, ProgressLine.Number(row.Rows));
        }

        Tables.Write(table);
    }

    private static async Task WriteReceiptAsync(Forgetting forgetting, CancellationToken token)
    {
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"erased for good at {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC: a salted hash remains, by which loads leave the site out; sums of ended periods stay as they were published"
            )
        );
        if (await forgetting.LeavingAsync(token) is { Count: > 0 } leaving)
        {
            Console.WriteLine(
                $"ClickHouse removes by itself, within minutes, what is still on its disks of tables that were dropped or rewritten before: {string.Join(", ", leaving)}"
            );
        }

        using var client = new ClickHouseClient(WarehouseOptions.Read(Settings.Read()));
        var backups = (await BackupLog.ReadAsync(client, token)).Where(b => b.IsGoodBackup).Select(b => b.Name).ToList();
        if (backups.Count > 0)
        {
            Console.WriteLine(
                $"backups still have the site, delete them once a newer one is good: {string.Join(", ", backups.Take(10))}{(backups.Count > 10 ? ", …" : "")}; after a restore of one, forget the site again"
            );
        }
    }

    private static async Task ShowAsync(CancellationToken token)
    {
        using var client = new ClickHouseClient(WarehouseOptions.Read(Settings.Read()));
        var found = await client.QueryAsync(
            """
            SELECT system, lower(substring(site, 1, 12)),
              formatDateTime(minIf(at, fact = ''), '%Y-%m-%d %H:%i', 'UTC'), argMinIf(who, at, fact = ''),
              toInt64(sum(rows)), arrayStringConcat(arraySort(groupUniqArrayIf(fact, fact != '')), ', ')
            FROM etl_forgotten GROUP BY system, site ORDER BY min(at)
            """,
            token
        );
        var table = Tables.New("system", "hash", "asked (UTC)", "by", ">rows erased", "of");
        foreach (var row in found.Rows)
        {
            table.AddRow(
                row[0].GetString()!,
                row[1].GetString()!,
                row[2].GetString()!,
                row[3].GetString()!,
                ProgressLine.Number(row[4].GetInt64()),
                row[5].GetString()!
            );
        }

        Tables.Write(table);
        if (found.Rows.Count == 0)
        {
            Console.WriteLine("nobody was forgotten; `make forget SITE=<the site> DRY_RUN=1` tells what there is of one");
        }
    }
}
