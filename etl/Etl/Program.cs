using System.CommandLine;
using Etl;
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
};
return await Cli.RunAsync(root, args);
