using System.CommandLine;
using Etl.Loading;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl;

/// <summary>Moves rows to nodes that are new.</summary>
internal static class RebalanceCommand
{
    public static Command Create()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what would move" };
        var command = new Command("rebalance", "Give nodes that stand last in Warehouse__Url, and are new, their share of the rows")
        {
            dryRun,
        };
        command.SetAction(
            async (parsed, token) =>
            {
                var tells = parsed.GetValue(dryRun);
                await using var rebalance = new Rebalance(Settings.Read(), Project.Here, TimeProvider.System);
                var moved = await rebalance.RunAsync(
                    tells,
                    share =>
                        Console.Error.WriteLine(
                            $"{share.Fact}: {ProgressLine.Number(share.Rows)} rows {(tells ? "would move" : "moved")} from node {share.From} to {share.To}"
                        ),
                    token
                );
                Console.WriteLine(
                    moved.Count == 0 ? "every row lies on the node that it belongs to"
                    : tells ? $"{ProgressLine.Number(moved.Sum(m => m.Rows))} rows would move; loads and reports would be refused meanwhile"
                    : $"{ProgressLine.Number(moved.Sum(m => m.Rows))} rows moved; `make schedule` and `make serve` need the new Warehouse__Url"
                );
            }
        );
        return command;
    }
}
