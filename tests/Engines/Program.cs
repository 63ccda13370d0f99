using Engines;
using Npgsql;

try
{
    return args switch
    {
        ["clickhouse", var library, var config, var data] => ClickHouseHost.Run(library, config, data),
        ["serve", "--dir", var folder] => await Service.ServeAsync(Path.GetFullPath(folder)),
        ["up"] => await Service.UpAsync(Path.GetFullPath(".run")),
        ["up", "--dir", var folder] => await Service.UpAsync(Path.GetFullPath(folder)),
        ["down"] => await Service.DownAsync(Path.GetFullPath(".run")),
        ["down", "--dir", var folder] => await Service.DownAsync(Path.GetFullPath(folder)),
        _ => Usage(),
    };
}
catch (Exception fault) when (fault is EngineException or IOException or UnauthorizedAccessException or NpgsqlException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static int Usage()
{
    Console.Error.WriteLine(
        """
        engines up [--dir .run]     start PostgreSQL (primary and replica) and ClickHouse; DIR/env says where they are
        engines down [--dir .run]   stop them; their data stays
        engines serve --dir DIR     the same as up, but in the foreground, until SIGTERM or Ctrl-C
        """
    );
    return 2;
}
