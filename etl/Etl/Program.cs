using System.CommandLine;
using Etl;
using SourceSql;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

var root = new RootCommand("etl: brings what the collector's replica holds into the warehouse")
{
    Commands.Migrate(),
    Commands.Extract(),
    Commands.Backfill(),
    Commands.Verify(),
    Commands.Accept(),
    Commands.Schedule(),
    Commands.Status(),
    Commands.Schema(),
    Commands.Check(),
    Commands.Doctor(),
    RetentionCommand.Create(),
    ForgetCommand.Create(),
    RebalanceCommand.Create(),
    BackupCommands.Make(),
    BackupCommands.Check(),
    BackupCommands.List(),
    BackupCommands.Restore(),
    GrantsCommand.Create("warehouse_etl", () => Project.Here.Extracts().Select(e => (e.Source, e.Path, e.Select))),
};
return await Cli.RunAsync(root, args);
