using System.Globalization;
using Collector;
using Collector.Fuel;
using Engines;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Benchmarks;

/// <summary>The engines, the collector's database, and warehouses to load into.</summary>
internal sealed class Bench : IAsyncDisposable
{
    /// <summary>The extract that most is measured with.</summary>
    public const string Actions = "fuel/action_logs";

    private const string Source = "collector";
    private readonly EngineSet engines;
    private int made;

    private Bench(EngineSet engines) => this.engines = engines;

    /// <summary>The engines.</summary>
    public EngineSet Engines => engines;

    /// <summary>Starts a scratch set of engines, with an empty collector.</summary>
    /// <exception cref="EngineException">An engine is missing or doesn't start.</exception>
    public static async Task<Bench> StartAsync(CancellationToken token)
    {
        Say("starting the engines");
        var bench = new Bench(await EngineSet.StartAsync(new EngineSetOptions(), token));
        await bench.CreateSourceAsync(Source, token);
        return bench;
    }

    /// <summary>A line on stderr.</summary>
    public static void Say(string what) => Console.Error.WriteLine(what);

    /// <summary>Makes another database with the collector's tables.</summary>
    public async Task CreateSourceAsync(string name, CancellationToken token)
    {
        await engines.Primary.ExecuteAsync("postgres", $"CREATE DATABASE {name}", token);
        await CollectorSchema.CreateAsync(engines.Primary.ConnectionString(name), token);
        await engines.WaitForReplicaAsync(token);
    }

    /// <summary>Generates about so many action logs, and the installations that sent them, beside what is there.</summary>
    public async Task FillAsync(int rows, int seed, CancellationToken token)
    {
        Say($"generating about {rows:N0} action logs");
        // An installation sends about 212 in 90 days.
        await CollectorLoader.FillAsync(
            engines.Primary.ConnectionString(Source),
            new FuelOptions { Installations = Math.Max(1, rows / 212), Seed = seed },
            append: seed > 1,
            cancellationToken: token
        );
        await SettleAsync(token);
    }

    /// <summary>Runs a statement on the primary and waits until the replica has it.</summary>
    public async Task<object?> SourceAsync(string sql, CancellationToken token, string database = Source)
    {
        await using var connection = new NpgsqlConnection(
            engines.Primary.ConnectionString(database, "fuel") + ";Pooling=false;Command Timeout=0"
        );
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(sql, connection);
        var answer = await command.ExecuteScalarAsync(token);
        await engines.WaitForReplicaAsync(token);
        return answer;
    }

    /// <summary>Statistics and visibility as in a collector that autovacuum has looked after.</summary>
    public Task SettleAsync(CancellationToken token) => SourceAsync("VACUUM ANALYZE", token);

    /// <summary>The replica's connection string.</summary>
    public string Replica(string database = Source) => engines.Replica.ConnectionString(database, "fuel");

    /// <summary>A client of a new warehouse, migrated and empty.</summary>
    public async Task<ClickHouseClient> NewWarehouseAsync(CancellationToken token)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"bench_{++made}");
        await engines.ClickHouse.ExecuteAsync($"CREATE DATABASE {name}", token);
        var client = new ClickHouseClient(new WarehouseOptions { Url = engines.ClickHouse.Url, Database = name });
        await new Migrator(client, Project.Here, new TableEngines()).ApplyAsync(_ => { }, token);
        return client;
    }

    /// <summary>Drops a warehouse that is done with.</summary>
    public async Task DropAsync(ClickHouseClient warehouse, CancellationToken token)
    {
        await engines.ClickHouse.ExecuteAsync($"DROP DATABASE {warehouse.Database} SYNC", token);
        warehouse.Dispose();
    }

    /// <summary>
    /// Runs the program `etl` from the replica into that warehouse; <paramref name="root"/>: the folder of changed SQL files.
    /// </summary>
    public Task<EtlRun> EtlAsync(
        ClickHouseClient warehouse,
        CancellationToken token,
        string extract = Actions,
        string database = Source,
        string? root = null
    ) => EtlRun.StartAsync(Environment(warehouse, database, root), ["extract", extract], token);

    /// <summary>Runs the program `etl` with these arguments.</summary>
    public Task<EtlRun> EtlAsync(ClickHouseClient warehouse, string[] arguments, CancellationToken token) =>
        EtlRun.StartAsync(Environment(warehouse, Source, null), arguments, token);

    /// <summary>Processor seconds that ClickHouse's queries and merges have taken so far.</summary>
    public static async Task<double> WarehouseCpuAsync(ClickHouseClient warehouse, CancellationToken token) =>
        (
            await warehouse.QueryAsync("SELECT sum(value) / 1e6 FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'", token)
        ).Scalar.GetDouble();

    private Dictionary<string, string> Environment(ClickHouseClient warehouse, string database, string? root) =>
        new()
        {
            ["ConnectionStrings__Fuel"] = Replica(database),
            ["Warehouse__Url"] = engines.ClickHouse.Url,
            ["Warehouse__Database"] = warehouse.Database,
            ["WAREHOUSE_ROOT"] = root ?? Project.Here.Root,
        };

    public ValueTask DisposeAsync() => engines.DisposeAsync();
}
