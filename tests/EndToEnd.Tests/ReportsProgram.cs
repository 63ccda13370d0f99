using System.Diagnostics;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A warehouse with a few rows, and the program <c>reports</c> as its users start it: with the reader's key.</summary>
public sealed class ReportsProgram(EnginesFixture engines) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("reports-");
    private string _database = "";

    /// <summary>A folder for what the program writes.</summary>
    public string Folder => _folder.FullName;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        _database = await engines.CreateWarehouseAsync(token);
        using var client = Client();
        await new Migrator(client, Project.Here, new TableEngines()).ApplyAsync(_ => { }, token);
        foreach (var statement in Rows)
        {
            await client.ExecuteAsync(statement, token);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The warehouse, as reports reach it.</summary>
    internal ClickHouseClient ReadersClient() =>
        new(
            new WarehouseOptions
            {
                Url = engines.Engines.ClickHouse.Url,
                Database = _database,
                User = Engines.ClickHouseServer.Reader,
                Password = Engines.ClickHouseServer.Reader,
            }
        );

    /// <summary>The warehouse, to be written to.</summary>
    internal ClickHouseClient Client() => new(new WarehouseOptions { Url = engines.Engines.ClickHouse.Url, Database = _database });

    /// <summary>Runs the program to its end; returns its exit code and what it wrote.</summary>
    public async Task<(int Code, string Output, string Errors)> RunAsync(
        IEnumerable<string> arguments,
        params (string Name, string Value)[] environment
    )
    {
        var token = TestContext.Current.CancellationToken;
        using var process = Start(arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync(token);
        var errors = process.StandardError.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>A copy of what the program reads, for <c>WAREHOUSE_ROOT</c>; its reports are the test's own.</summary>
    public string CopyProject(string name)
    {
        var root = Path.Combine(Folder, name);
        foreach (var part in (string[])["warehouse-sql/facts", "warehouse-sql/views", "reports/templates"])
        {
            Directory.CreateDirectory(Path.Combine(root, part));
            foreach (var file in Directory.GetFiles(Project.Here.PathOf(part)))
            {
                File.Copy(file, Path.Combine(root, part, Path.GetFileName(file)), overwrite: true);
            }
        }

        return root;
    }

    /// <summary>A copy of the project with one report, <c>fuel/many</c>, of as many rows as its parameter says.</summary>
    public string CopyProjectWithManyRows()
    {
        var root = CopyProject("many");
        var folder = Directory.CreateDirectory(Path.Combine(root, "reports", "definitions", "fuel"));
        File.WriteAllText(
            Path.Combine(folder.FullName, "many.sql"),
            """
            /*---
            title: Many rows
            asks: Do they all fit?
            params:
              rows: {type: Int64, default: '10', is: how many}
            ---*/
            SELECT toInt64(number) AS number, concat('site ', toString(number % 1000)) AS site,
              toDateTime64('2026-01-31 12:00:00', 6, 'UTC') + toIntervalSecond(number) AS started_at, number / 7 AS took_s
            FROM numbers(toUInt64({rows:Int64}))
            """
        );
        return root;
    }

    /// <summary>Starts the program.</summary>
    public Process Start(IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "reports.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["WAREHOUSE_ROOT"] = Project.Here.Root;
        start.Environment["Warehouse__Url"] = engines.Engines.ClickHouse.Url;
        start.Environment["Warehouse__Database"] = _database;
        start.Environment["Warehouse__User"] = Engines.ClickHouseServer.Reader;
        start.Environment["Warehouse__Password"] = Engines.ClickHouseServer.Reader;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static IReadOnlyList<string> Rows { get; } =
    [
        """
            INSERT INTO fuel_installation (installation_uid, reported_at, is_filtered, release)
            SELECT toString(number), toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), false, ['8.0', '9.0', '10.0'][1 + number % 3] FROM numbers(30)
            """,
        """
            INSERT INTO fuel_environment (installation_uid, reported_at, environment_id, is_filtered, status, os, storage, projects, kernel_parameters)
            SELECT toString(number), toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), 1, false, 'operational', ['ubuntu', 'ubuntu', 'centos', '=1+1 <b>'][1 + number % 4],
              ['volumes_lvm'], ['heat', 'sahara'], ['console'] FROM numbers(30)
            """,
        """
            INSERT INTO fuel_node (installation_uid, reported_at, environment_id, node_id, is_filtered, roles, manufacturer, product, is_virtual)
            SELECT toString(number % 30), toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), 1, number, false, ['controller', 'ceph-osd+compute'][1 + number % 2],
              ['Dell Inc.', 'HP', 'A maker with a name that is rather long, Ltd.'][1 + number % 3], ['PowerEdge R620', 'A product with a very long name for one line (rev. 2)'][1 + number % 2], false
            FROM numbers(120)
            """,
        """
            INSERT INTO fuel_action (installation_uid, operation_id, action_name, action_type, environment_id, started_at, ended_at, duration_s, status, settings)
            SELECT toString(number % 30), number, 'deploy', 'nailgun_task', 1, toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + toIntervalHour(number), NULL, 600 + number * 60, ['error', 'ready'][1 + number % 2], ['heat'] FROM numbers(300)
            """,
        """
            INSERT INTO fuel_plugin (installation_uid, reported_at, environment_id, plugin, version, is_filtered)
            SELECT toString(number), toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), 1, 'a-plugin-with-a-rather-long-name', '1.' || toString(number % 3), false FROM numbers(30)
            """,
        """
            INSERT INTO fuel_workload (installation_uid, environment_id, reported_on, resource_type, resources)
            SELECT toString(number % 30), 1, toDate32('2026-01-01') + intDiv(number, 150), ['vm', 'volume', 'image', 'tenant', 'keystone_user'][1 + intDiv(number, 30) % 5], 1 FROM numbers(1500)
            """,
        """
            INSERT INTO fuel_vm (installation_uid, environment_id, reported_on, vm_id, status)
            SELECT toString(number % 30), 1, toDate32('2026-01-01') + intDiv(number, 30), 'v', ['ACTIVE', 'SHUTOFF'][1 + number % 2] FROM numbers(300)
            """,
        """
            INSERT INTO fuel_health_check (installation_uid, operation_id, run_number, test_number, environment_id, started_at, testset, test_id, test, status)
            SELECT toString(number % 30), number, 1, 1, 1, toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), 'sanity', 't' || toString(number % 3), 'Request image list ' || toString(number % 3), ['success', 'failure'][1 + number % 2] FROM numbers(60)
            """,
        """
            INSERT INTO fuel_task (installation_uid, run_id, task_id, environment_id, task, node_id, status, started_at, ended_at, duration_s, puppet_s, resources, resources_changed, resources_failed)
            SELECT toString(number % 30), 1, number, 1, ['database', 'a-task-with-a-rather-long-name'][1 + number % 2], 'master', ['ready', 'error'][1 + intDiv(number, 30) % 2],
              toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), toDateTime64('2026-01-01 00:01:00', 6, 'UTC'), 60, 50, 100, 10, 1 FROM numbers(60)
            """,
        """
            INSERT INTO etl_run (run, extract, kind, outcome, started_at, finished_at, facts, version)
            VALUES (1, 'fuel/action_logs', 'incremental', 'published', now64(3), now64(3), ['fuel_action', 'fuel_health_check'], 1),
              (2, 'fuel/installation_structures', 'incremental', 'published', now64(3) - 7200, now64(3) - 7200, ['fuel_installation', 'fuel_environment', 'fuel_node'], 1)
            """,
    ];
}
