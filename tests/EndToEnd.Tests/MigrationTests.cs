using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Migrations on a real server: each once, in order, refused where history was changed, safe for several at once.</summary>
public sealed class MigrationTests(EnginesFixture fixture) : IDisposable
{
    private const string First = "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = {MergeTree} ORDER BY x;\n";
    private const string Second = "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = {ReplacingMergeTree} ORDER BY x;\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("migration-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ApplyAsync_ProjectsOwn_MakesTheWarehouse()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false);
        using var client = pipeline.Warehouse.WithDatabase(pipeline.Warehouse.Database + "_new");
        var all = Directory
            .EnumerateFiles(Project.Here.PathOf("warehouse-sql", "migrations"))
            .Select(Path.GetFileNameWithoutExtension)
            .Order(StringComparer.Ordinal);
        Assert.Equal(all, await new Migrator(client, Project.Here, new TableEngines()).ApplyAsync(_ => { }, Token));
        Assert.Empty(await new Migrator(client, Project.Here, new TableEngines()).ApplyAsync(_ => { }, Token));
        foreach (var fact in Project.Here.Facts().Keys)
        {
            Assert.Equal(0, (await client.QueryAsync($"SELECT count() FROM {fact}", Token)).Scalar.GetInt32());
        }

        // A view over nothing may hold a row for what is unknown.
        foreach (var view in Project.Here.Views())
        {
            Assert.InRange((await client.QueryAsync($"SELECT count() FROM {view.Name}", Token)).Scalar.GetInt32(), 0, 1);
        }
    }

    /// <summary>A warehouse of any version, with rows in every table, comes up to date and loses none.</summary>
    [Fact]
    public async Task ApplyAsync_EachVersionWithRows_KeepsThem()
    {
        using var client = await ClientAsync();
        var filled = new Dictionary<string, long>();
        var files = Directory.GetFiles(Project.Here.PathOf("warehouse-sql", "migrations")).Order(StringComparer.Ordinal).ToList();
        Assert.True(files.Count > 10);
        foreach (var file in files)
        {
            var name = Path.GetFileNameWithoutExtension(file);
            Write(name, await System.IO.File.ReadAllTextAsync(file, Token));
            Assert.Equal([name], await ApplyAsync(client));
            foreach (var (table, rows) in filled)
            {
                var now = (await client.QueryAsync($"SELECT count() FROM {table}", Token)).Scalar.GetInt64();
                Assert.True(now >= rows, $"{name}: {table} had {rows} rows and has {now}");
            }

            var tables = await client.QueryAsync(
                "SELECT table, arrayStringConcat(groupArray(concat('`', name, '` ', type)), ', ') FROM system.columns WHERE database = currentDatabase() AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree') AND name != 'schema_migration') GROUP BY table",
                Token
            );
            foreach (var table in tables.Rows.Where(t => !filled.ContainsKey(t[0].GetString()!)))
            {
                var target = table[0].GetString()!;
                await client.ExecuteAsync(
                    $"INSERT INTO {target} SELECT * FROM generateRandom({SqlText.Quote(table[1].GetString()!)}, 1, 10, 2) LIMIT 3",
                    Token
                );
                filled[target] = (await client.QueryAsync($"SELECT count() FROM {target}", Token)).Scalar.GetInt64();
                Assert.True(filled[target] > 0, target);
            }
        }

        Assert.True(filled.Count > Project.Here.Facts().Count, $"{filled.Count} tables");
    }

    [Fact]
    public async Task Migrate_RowsOfBeforeAColumn_AreToldOfAndReadAgain()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync();
        var before = await pipeline.ChecksumsAsync("fuel_action");
        Assert.DoesNotContain("fuel_action: ", (await MigrateAsync(pipeline)).Output, StringComparison.Ordinal);

        // As though the column had come after the rows.
        await pipeline.Warehouse.ExecuteAsync("ALTER TABLE fuel_action UPDATE settings = [] WHERE 1 SETTINGS mutations_sync = 2", Token);
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO schema_migration (number, name, checksum, applied_at) SELECT number, name, checksum, now64(3) FROM schema_migration FINAL WHERE number = 7",
            Token
        );
        Assert.NotEqual(before, await pipeline.ChecksumsAsync("fuel_action"));
        var told = await MigrateAsync(pipeline);
        Assert.Matches(
            "fuel_action: [0-9]+ rows of before have nothing in settings; `make verify EXTRACT=fuel/action_logs HEAL=1` reads them again",
            told.Output
        );
        await MigrateAsync(pipeline, "--heal");
        Assert.Equal(before, await pipeline.ChecksumsAsync("fuel_action"));
        Assert.DoesNotContain("fuel_action: ", (await MigrateAsync(pipeline)).Output, StringComparison.Ordinal);
    }

    private static async Task<Ended> MigrateAsync(Pipeline pipeline, params string[] arguments)
    {
        await using var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), ["migrate", .. arguments]);
        var ended = await program.WaitAsync();
        Assert.Equal((0, ended.Errors), (ended.Code, ended.Errors));
        return ended;
    }

    [Fact]
    public async Task ApplyAsync_SecondRun_AppliesOnlyWhatIsNew()
    {
        using var client = await ClientAsync();
        Write("0001_a", First);
        Assert.Equal(["0001_a"], await ApplyAsync(client));
        Assert.Empty(await ApplyAsync(client));
        Write("0002_b", Second);
        List<string> said = [];
        Assert.Equal(["0002_b"], await ApplyAsync(client, said.Add));
        Assert.Equal(["migration 0002_b"], said);
        Assert.Equal(["1 0001_a", "2 0002_b"], await RecordedAsync(client));
    }

    [Fact]
    public async Task PendingAsync_BeforeAndAfter_NamesWhatIsNew()
    {
        using var client = (await ClientAsync()).WithDatabase("not_there_yet");
        Write("0001_a", First);
        var migrator = new Migrator(client, new Project(_folder), new TableEngines());
        Assert.Equal(["0001_a"], await migrator.PendingAsync(Token));
        Assert.Equal(["0001_a"], await migrator.PendingAsync(Token));
        using var made = await ClientAsync();
        await ApplyAsync(made);
        Write("0002_b", Second);
        Assert.Equal(["0002_b"], await new Migrator(made, new Project(_folder), new TableEngines()).PendingAsync(Token));
    }

    [Fact]
    public async Task Programs_WarehouseOfANewerVersion_Refuse()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.LoadAsync();
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO schema_migration (number, name, checksum) SETTINGS async_insert = 0 VALUES (9999, '9999_later', '')",
            Token
        );
        var load = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync());
        Assert.StartsWith("the warehouse has migration 9999_later, and this version", load.Message, StringComparison.Ordinal);
        var report = await ChildProgram.RunAsync("reports/Reports.Cli", pipeline.Environment(), "run", "fuel/os-distribution");
        Assert.Equal(1, report.Code);
        Assert.Contains("9999_later", Assert.Single(report.ErrorLines), StringComparison.Ordinal);
        await pipeline.Warehouse.ExecuteAsync("DELETE FROM schema_migration WHERE number = 9999", Token);
    }

    [Fact]
    public async Task ApplyAsync_AppliedFileChanged_NamesIt()
    {
        using var client = await ClientAsync();
        Write("0001_a", First);
        await ApplyAsync(client);
        Write("0001_a", First.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Empty(await ApplyAsync(client)); // only its line ends

        Write("0001_a", First + "-- more");
        Write("0002_b", Second);
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.StartsWith($"{File("0001_a")}: was changed after it was applied", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["1 0001_a"], await RecordedAsync(client));
    }

    [Fact]
    public async Task ApplyAsync_AppliedFileGone_NamesIt()
    {
        using var client = await ClientAsync();
        Write("0001_a", First);
        await ApplyAsync(client);
        System.IO.File.Delete(File("0001_a"));
        Write("0002_b", Second);
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.Contains("0001_a.sql: was applied to this warehouse, but the file is gone", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyAsync_NumberBeforeAnAppliedOne_IsRefused()
    {
        using var client = await ClientAsync();
        Write("0003_a", First);
        await ApplyAsync(client);
        Write("0002_b", Second);
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.Equal($"{File("0002_b")}: comes before 0003, which was applied already; give it a higher number", fault.Message);
        Assert.Equal(["a"], await TablesAsync(client));
    }

    [Fact]
    public async Task ApplyAsync_SeveralFaults_AreAllNamed()
    {
        using var client = await ClientAsync();
        Write("0001_a", First);
        Write("0003_c", Second);
        await ApplyAsync(client);
        System.IO.File.Delete(File("0001_a"));
        Write("0002_b", Second);
        Write("0003_c", Second + "-- more");
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.All((string[])["0001_a", "0002_b", "0003_c"], name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("3_a", "four digits")]
    [InlineData("0002_b", "the number 0002 is also that of 0002_a.sql")]
    public async Task ApplyAsync_FaultyName_SaysWhatIsExpected(string name, string expected)
    {
        using var client = await ClientAsync();
        Write("0002_a", First);
        Write(name, Second);
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.StartsWith($"{File(name)}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyAsync_StatementFails_NamesTheLineAndRecordsNothing()
    {
        using var client = await ClientAsync();
        Write(
            "0001_a",
            First
                + "\n-- The second statement; with a comment.\nCREATE TABLE IF NOT EXISTS b\n(x Nonsense) ENGINE = {MergeTree} ORDER BY x;\n"
        );
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.StartsWith($"{File("0001_a")}:4: ClickHouse 50 UNKNOWN_TYPE", fault.Message, StringComparison.Ordinal);
        Assert.Empty(await RecordedAsync(client));

        Write("0001_a", First + Second);
        Assert.Equal(["0001_a"], await ApplyAsync(client));
        Assert.Equal(["a", "b"], await TablesAsync(client));
    }

    [Fact]
    public async Task ApplyAsync_StatementThatCantBeRepeated_IsRefused()
    {
        using var client = await ClientAsync();
        Write("0001_a", "-- Makes a.\nCREATE TABLE a (x UInt8) ENGINE = {MergeTree} ORDER BY x;");
        var fault = await Assert.ThrowsAsync<DefinitionException>(() => ApplyAsync(client));
        Assert.StartsWith($"{File("0001_a")}:2: expected CREATE … IF NOT EXISTS", fault.Message, StringComparison.Ordinal);
        Assert.Empty(await TablesAsync(client));
    }

    [Fact]
    public async Task ApplyAsync_SeveralAtOnce_ApplyEachOnce()
    {
        using var client = await ClientAsync();
        Write("0001_a", First);
        // Not idempotent, so that a second application shows.
        Write("0002_row", "INSERT INTO a SELECT 1 + sleepEachRow(0.3) FROM numbers(1);");
        Write("0003_b", Second);
        var applied = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ApplyAsync(client)));
        Assert.Equal(3, applied.Sum(names => names.Count));
        Assert.Equal(1, (await client.QueryAsync("SELECT count() FROM a", Token)).Scalar.GetInt32());
        Assert.Equal(3, (await client.QueryAsync("SELECT count() FROM schema_migration", Token)).Scalar.GetInt32());
    }

    [Fact]
    public async Task Migrate_Killed_LeavesNoLock()
    {
        using var project = new ProjectCopy();
        project.Write(
            "warehouse-sql/migrations/0999_slow.sql",
            "SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0;"
        );
        using var pipeline = await Pipeline.CreateAsync(fixture, project, migrate: false);
        await using (var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), "migrate"))
        {
            await Wait.UntilAsync(
                () => Task.FromResult(program.Errors.Contains("migration 0999_slow", StringComparison.Ordinal)),
                "the slow migration has begun"
            );
            await program.KillAsync();
        }

        project.Write("warehouse-sql/migrations/0999_slow.sql", "SELECT 1;");
        var took = System.Diagnostics.Stopwatch.StartNew();
        await pipeline.MigrateAsync();
        Assert.InRange(took.Elapsed.TotalSeconds, 0, 20);
        Assert.Equal("999", await pipeline.AskOneAsync("SELECT max(number) FROM schema_migration"));
    }

    [Fact]
    public async Task ApplyAsync_ViewsInAnyOrder_AreMadeAfterThoseTheyRead()
    {
        using var client = await ClientAsync();
        Write("0001_a", First);
        Directory.CreateDirectory(Path.Combine(_folder, "warehouse-sql", "views"));
        await System.IO.File.WriteAllTextAsync(
            Path.Combine(_folder, "warehouse-sql", "views", "v1.sql"),
            "/*---\nabout: x\n---*/\nSELECT x FROM v2",
            Token
        );
        await System.IO.File.WriteAllTextAsync(
            Path.Combine(_folder, "warehouse-sql", "views", "v2.sql"),
            "/*---\nabout: x\n---*/\nSELECT x FROM a",
            Token
        );
        await ApplyAsync(client);
        await client.ExecuteAsync("INSERT INTO a SELECT 7", Token);
        Assert.Equal(7, (await client.QueryAsync("SELECT x FROM v1", Token)).Scalar.GetInt32());
    }

    private static async Task<List<string>> RecordedAsync(ClickHouseClient client) =>
        [.. (await client.QueryAsync("SELECT toString(number) || ' ' || name FROM schema_migration ORDER BY number", Token)).Texts];

    private static async Task<List<string>> TablesAsync(ClickHouseClient client) =>
        [
            .. (
                await client.QueryAsync(
                    "SELECT name FROM system.tables WHERE database = currentDatabase() AND name != 'schema_migration' ORDER BY name",
                    Token
                )
            ).Texts,
        ];

    private string File(string name) => Path.Combine(_folder, "warehouse-sql", "migrations", name + ".sql");

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "warehouse-sql", "migrations"));
        System.IO.File.WriteAllText(File(name), text);
    }

    private Task<IReadOnlyList<string>> ApplyAsync(ClickHouseClient client, Action<string>? progress = null) =>
        new Migrator(client, new Project(_folder), new TableEngines()).ApplyAsync(progress ?? (_ => { }), Token);

    private async Task<ClickHouseClient> ClientAsync() =>
        new(new WarehouseOptions { Url = fixture.Engines.ClickHouse.Url, Database = await fixture.CreateWarehouseAsync(Token) });
}
