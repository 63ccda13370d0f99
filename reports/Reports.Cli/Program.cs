using System.CommandLine;
using Reports.Cli.Commands;
using Reports.Definitions;
using SourceSql;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

return await Cli.RunAsync(
    new RootCommand("Runs reports against the warehouse: pages, CSV, Excel, PDF and more, an index, e-mail digests, schedules")
    {
        RunCommand.Create(),
        ExplainCommand.Create(),
        LineageCommand.Create(),
        AllCommand.Create(),
        DigestCommand.Create(),
        DeliveriesCommand.Create(),
        DumpCommand.Create(),
        ScheduleCommand.Create(),
        ServeCommand.Create(),
        NewCommand.Create(),
        CatalogCommand.Create(),
        CheckCommand.Create(),
        DoctorCommand.Create(),
        GrantsCommand.Create("warehouse_reports", () => Project.Here.Watches().Values.Select(w => (w.Source, w.Path, w.Select))),
    },
    args
);
