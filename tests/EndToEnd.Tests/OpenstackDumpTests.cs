using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Reports;
using Reports.Dumps;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Dumps of the shared cloud: what is in the files, what the manifest says of them, and what stays of one that failed.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed partial class OpenstackDumpTests(EnginesFixture fixture, OpenstackFilled filled) : IClassFixture<OpenstackFilled>, IDisposable
{
    private const string Of = "openstack";
    private readonly string _folder = Directory.CreateTempSubdirectory("dump-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task WriteAsync_WithoutFilter_HasEveryObjectAndThePeriodsIntervals()
    {
        var pipeline = filled.Pipeline;
        var manifest = await WriteAsync(pipeline, ("from", "2026-06-11"), ("to", "2026-07-01"));
        Assert.Equal(12, manifest.Files.Count);
        foreach (var (table, columns) in Columns)
        {
            var where = table == "raw_item_ts" ? "WHERE start_ts < '2026-07-01' AND (end_ts IS NULL OR end_ts > '2026-06-11')" : "";
            var expected = await AskSourceAsync(pipeline, $"SELECT DISTINCT {columns} FROM {table} {where}");
            Assert.NotEmpty(expected);
            Assert.Equal(expected.Order(StringComparer.Ordinal), Rows(table).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task WriteAsync_Manifest_SaysWhatTheFilesAre()
    {
        var pipeline = filled.Pipeline;
        var project = Assert.Single(
            await AskSourceAsync(
                pipeline,
                "SELECT project_name FROM moc_project WHERE parent_moc_project_id = 1 ORDER BY moc_project_id LIMIT 1"
            )
        );
        await WriteAsync(pipeline, ("from", "2026-06-11"), ("to", "2026-07-01"), ("project", $"MOC / {project}"));
        Assert.All(
            Directory.GetFiles(Path.GetDirectoryName(PathOf("manifest.json"))!),
            f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f))
        );
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(PathOf("manifest.json"))!)
        );
        var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(PathOf("manifest.json"), Token)).RootElement;
        Assert.Equal(Of, manifest.GetProperty("system").GetString());
        Assert.Equal("""{"from":"2026-06-11","to":"2026-07-01"}""", JsonSerializer.Serialize(manifest.GetProperty("period")));
        Assert.Equal($$"""{"institution":"","project":"MOC / {{project}}"}""", JsonSerializer.Serialize(manifest.GetProperty("filters")));
        Assert.InRange(
            manifest.GetProperty("loadedAt").GetDateTimeOffset(),
            DateTimeOffset.UtcNow.AddMinutes(-5),
            manifest.GetProperty("dumpedAt").GetDateTimeOffset()
        );
        Assert.Equal(0, manifest.GetProperty("loadedMeanwhile").GetArrayLength());
        var files = manifest.GetProperty("files").EnumerateArray().ToList();
        Assert.Equal(
            Directory.GetFiles(Path.Combine(_folder, Of), "*.csv").Select(Path.GetFileName).Order(StringComparer.Ordinal),
            files.Select(f => f.GetProperty("file").GetString())
        );
        foreach (var file in files)
        {
            var bytes = await File.ReadAllBytesAsync(PathOf(file.GetProperty("file").GetString()!), Token);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.GetProperty("sha256").GetString());
            Assert.Equal(bytes.Length, file.GetProperty("bytes").GetInt64());
            Assert.Equal(bytes.Count(b => b == (byte)'\n') - 1, file.GetProperty("rows").GetInt64());
        }
    }

    [Fact]
    public async Task WriteAsync_OneProject_HasWhatItsIntervalsReferTo()
    {
        using var pipeline = await OpenstackTests.FilledAsync(fixture, 2);
        var project = Assert.Single(
            await AskSourceAsync(
                pipeline,
                "SELECT moc_project_id FROM moc_project WHERE parent_moc_project_id = 1 ORDER BY (SELECT count(*) FROM moc_project AS c WHERE c.parent_moc_project_id = moc_project.moc_project_id) DESC, 1 LIMIT 1"
            )
        );
        await WriteAsync(pipeline, ("from", "2026-05-01"), ("to", "2026-09-01"), ("project", project));
        var projects =
            $"WITH RECURSIVE below AS (SELECT {project}::bigint AS id UNION ALL SELECT moc_project_id FROM moc_project JOIN below ON parent_moc_project_id = id)";
        await AssertIntervalsAsync(pipeline, projects, "2026-05-01", "2026-09-01");
        AssertClosed();
        Assert.True(
            Rows("item").Count
                < int.Parse(
                    Assert.Single(await AskSourceAsync(pipeline, "SELECT count(*) FROM item")),
                    System.Globalization.CultureInfo.InvariantCulture
                )
        );
    }

    [Fact]
    public async Task WriteAsync_OneInstitution_HasTheProjectsItHasAShareOf()
    {
        using var pipeline = await OpenstackTests.FilledAsync(fixture, 3);
        // One that doesn't own a part of the root, which has a part of everything.
        var institution = Assert.Single(
            await AskSourceAsync(
                pipeline,
                """
                SELECT institution_name FROM institution JOIN institution2moc_project USING (institution_id)
                WHERE percent_owned > 0 AND institution_id NOT IN (SELECT institution_id FROM institution2moc_project WHERE moc_project_id = 1) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
                """
            )
        );
        await WriteAsync(pipeline, ("to", "2026-09-01"), ("institution", institution));
        var projects =
            $"WITH below AS (SELECT moc_project_id AS id FROM institution2moc_project JOIN institution USING (institution_id) WHERE institution_name = '{institution.Replace("'", "''", StringComparison.Ordinal)}' AND percent_owned > 0)";
        await AssertIntervalsAsync(pipeline, projects, "2010-01-01", "2026-09-01");
        AssertClosed();
    }

    [Theory]
    [InlineData("institution", "Bosten University", "there is no institution 'Bosten University'; did you mean Boston University?")]
    [InlineData("project", "MOC / phisics", "there is no project 'MOC / phisics'; did you mean MOC / physics")]
    [InlineData("project", "nothing of the kind", "there is no project 'nothing of the kind'; there are ")]
    [InlineData("to", "2010-01-01", "expected `to` after `from`; found 2010-01-01 to 2010-01-01, which holds no day")]
    [InlineData(
        "color",
        "red",
        "the dump of openstack has no parameter 'color'; it has from (Date), to (Date), institution (String), project (String)"
    )]
    public async Task WriteAsync_UnknownValue_IsOneClearErrorAndLeavesNothing(string parameter, string value, string expected)
    {
        var pipeline = filled.Pipeline;
        var fault = await Assert.ThrowsAsync<ReportException>(() => WriteAsync(pipeline, (parameter, value)));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task WriteAsync_FailsHalfWay_LeavesTheDumpThatWasThere()
    {
        using var pipeline = await OpenstackTests.FilledAsync(fixture, 1);
        await WriteAsync(pipeline, ("to", "2026-07-01"));
        var before = await File.ReadAllTextAsync(PathOf("manifest.json"), Token);
        await pipeline.Warehouse.ExecuteAsync("DROP TABLE openstack_poc SYNC", Token);
        var fault = await Assert.ThrowsAsync<ReportException>(() => WriteAsync(pipeline, ("to", "2026-08-01")));
        Assert.StartsWith("reports/dumps/openstack/poc.sql: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(PathOf("manifest.json"), Token));
        Assert.Equal([Path.Combine(_folder, Of)], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Program_Dump_WritesAsTheReader()
    {
        using var pipeline = await OpenstackTests.FilledAsync(fixture, 1);
        var environment = pipeline.Environment(
            ("Warehouse__User", Engines.ClickHouseServer.Reader),
            ("Warehouse__Password", Engines.ClickHouseServer.Reader)
        );
        var ended = await ChildProgram.RunAsync(
            "reports/Reports.Cli",
            environment,
            "dump",
            Of,
            "--out",
            _folder,
            "--param",
            "from=2026-06-01",
            "--param",
            "institution=Boston University"
        );
        Assert.True(ended.Code == 0, ended.Errors);
        Assert.Empty(ended.Output);
        Assert.Contains($"12 files, ", ended.ErrorLines[^1], StringComparison.Ordinal);
        Assert.True(File.Exists(PathOf("manifest.json")));
        var unknown = await ChildProgram.RunAsync("reports/Reports.Cli", environment, "dump", "openstak");
        Assert.Equal(1, unknown.Code);
        Assert.Equal("error: there is no dump of 'openstak'; did you mean openstack?", Assert.Single(unknown.ErrorLines));
    }

    private static Dictionary<string, string> Columns { get; } =
        new Dictionary<string, string>
        {
            ["institution"] = "institution_id, institution_name",
            ["moc_project"] = "moc_project_id, project_name, parent_moc_project_id",
            ["institution2moc_project"] = "moc_project_id, institution_id, percent_owned",
            ["project"] = "project_id, moc_project_id, service_id, project_uuid",
            ["poc"] = "poc_id, username",
            ["poc2project"] = "project_id, poc_id, role_id",
            ["poc2institution"] = "poc_id, institution_id, role_id",
            ["item_type"] = "item_type_id, item_definition, item_desc",
            ["catalog_item"] =
                "catalog_item_id, item_type_id, to_char(create_ts, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), price, vcpus, ram_mb, disk_gb",
            ["item"] = "item_id, project_id, poc_id, item_uid, item_type_id",
            ["item2item"] = "primary_item, secondary_item",
            ["raw_item_ts"] =
                "item_id, catalog_item_id, state, to_char(start_ts, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), to_char(end_ts, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        };

    private string PathOf(string file) => Path.Combine(_folder, Of, file);

    private async Task<DumpManifest> WriteAsync(Pipeline pipeline, params (string Name, string Value)[] given)
    {
        var writer = new DumpWriter(new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System), TimeProvider.System, _folder);
        return await writer.WriteAsync(DumpSet.Read(Project.Here, Of), given.ToDictionary(g => g.Name, g => g.Value), _ => { }, Token);
    }

    // The values of a file's rows; moc_project's path, which the source hasn't, left out. None of these tables' texts holds a line end.
    private List<string> Rows(string table)
    {
        var columns = Columns[table].Split(", ").Length - (Columns[table].Split("to_char(").Length - 1);
        return
        [
            .. File.ReadLines(PathOf(table + ".csv"))
                .Skip(1)
                .Select(line =>
                    string.Join(
                        '|',
                        Field()
                            .Matches(line)
                            .Take(columns)
                            .Select(f =>
                                f.Groups["quoted"].Success
                                    ? f.Groups["quoted"].Value.Replace("\"\"", "\"", StringComparison.Ordinal)
                                    : f.Groups["plain"].Value
                            )
                    )
                ),
        ];
    }

    [GeneratedRegex("""(?:^|,)(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^,]*))""")]
    private static partial Regex Field();

    private List<string> Values(string table, int column) =>
        [.. Rows(table).Select(r => r.Split('|')[column]).Where(v => v.Length > 0).Distinct()];

    private async Task AssertIntervalsAsync(Pipeline pipeline, string projects, string from, string to)
    {
        var expected = await AskSourceAsync(
            pipeline,
            $"""
            {projects}
            SELECT {Columns["raw_item_ts"]} FROM raw_item_ts JOIN item USING (item_id) JOIN project USING (project_id)
            WHERE moc_project_id IN (SELECT id FROM below) AND start_ts < '{to}' AND (end_ts IS NULL OR end_ts > '{from}')
            """
        );
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Order(StringComparer.Ordinal), Rows("raw_item_ts").Order(StringComparer.Ordinal));
        Assert.Equal(Values("raw_item_ts", 0).Order(StringComparer.Ordinal), Values("item", 0).Order(StringComparer.Ordinal));
    }

    // Whatever a row refers to is there.
    private void AssertClosed()
    {
        foreach (
            var (table, column, to) in ((string, int, string)[])
                [
                    ("raw_item_ts", 0, "item"),
                    ("raw_item_ts", 1, "catalog_item"),
                    ("item", 1, "project"),
                    ("item", 2, "poc"),
                    ("item", 4, "item_type"),
                    ("catalog_item", 1, "item_type"),
                    ("project", 1, "moc_project"),
                    ("moc_project", 2, "moc_project"),
                    ("institution2moc_project", 0, "moc_project"),
                    ("institution2moc_project", 1, "institution"),
                    ("poc2project", 0, "project"),
                    ("poc2project", 1, "poc"),
                    ("poc2institution", 0, "poc"),
                    ("poc2institution", 1, "institution"),
                    ("item2item", 0, "item"),
                    ("item2item", 1, "item"),
                ]
        )
        {
            Assert.Empty(Values(table, column).Except(Values(to, 0)));
        }
    }

    private static async Task<List<string>> AskSourceAsync(Pipeline pipeline, string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(pipeline.PrimaryOf(Of) + ";Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<string> rows = [];
        while (await reader.ReadAsync(Token))
        {
            rows.Add(
                string.Join(
                    '|',
                    Enumerable
                        .Range(0, reader.FieldCount)
                        .Select(i =>
                            reader.IsDBNull(i)
                                ? ""
                                : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)
                        )
                )
            );
        }

        return rows;
    }
}

/// <summary>A loaded warehouse of the shared cloud, for tests that change nothing in it.</summary>
public sealed class OpenstackFilled(EnginesFixture fixture) : IAsyncLifetime
{
    private Pipeline? _pipeline;

    internal Pipeline Pipeline => _pipeline ?? throw new InvalidOperationException("The fixture isn't started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _pipeline = await OpenstackTests.FilledAsync(fixture, 1);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pipeline?.Dispose();
        return ValueTask.CompletedTask;
    }
}
