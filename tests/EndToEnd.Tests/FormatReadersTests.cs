using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Reports;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Tests;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Files of columns as other programs read them: DuckDB, and arrow-js with its defaults.</summary>
public sealed class FormatReadersTests(EnginesFixture engines)
{
    // The fields' types and the first row's values.
    private const string ArrowJs = """
        const { tableFromIPC } = require(process.argv[1]);
        const table = tableFromIPC(require('fs').readFileSync(process.argv[2]));
        const text = v => v === null ? 'null' : typeof v === 'bigint' || ArrayBuffer.isView(v) ? String(v) : v && v.toJSON ? JSON.stringify(v, (k, x) => typeof x === 'bigint' ? String(x) : x) : String(v);
        console.log(JSON.stringify(table.schema.fields.map(f => [f.name, String(f.type), text(table.getChild(f.name).get(0)), table.numRows])));
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // What a column is, and what each reader finds: its type and value.
    public static TheoryData<string, string, string> Columns =>
        new()
        {
            {
                "toDateTime('2026-01-02 03:04:05', 'UTC')",
                "TIMESTAMP WITH TIME ZONE 2026-01-02 03:04:05+00",
                "Timestamp<MILLISECOND, UTC> 1767323045000"
            },
            {
                "toDateTime('2026-01-02 03:04:05', 'Asia/Tokyo')",
                "TIMESTAMP WITH TIME ZONE 2026-01-01 18:04:05+00",
                "Timestamp<MILLISECOND, UTC> 1767290645000"
            },
            {
                "toStartOfDay(toDateTime64('2026-01-02 03:04:05.123456', 6, 'UTC'))",
                "TIMESTAMP WITH TIME ZONE 2026-01-02 00:00:00+00",
                "Timestamp<MICROSECOND, UTC> 1767312000000"
            },
            {
                "toNullable(toStartOfHour(toDateTime64('2026-01-02 03:04:05.123456', 6, 'UTC')))",
                "TIMESTAMP WITH TIME ZONE 2026-01-02 03:00:00+00",
                "Timestamp<MILLISECOND, UTC> 1767322800000"
            },
            {
                "toDateTime64('2026-01-02 03:04:05.123456', 6, 'UTC')",
                "TIMESTAMP WITH TIME ZONE 2026-01-02 03:04:05.123456+00",
                "Timestamp<MICROSECOND, UTC> 1767323045123.456"
            },
            { "toDate('2026-01-02')", "DATE 2026-01-02", "Date32<DAY> 1767312000000" },
            { "toDate32('1950-01-02')", "DATE 1950-01-02", "Date32<DAY> -631065600000" },
            { "CAST('b' AS Enum8('a' = 1, 'b' = 2))", "VARCHAR b", "Utf8 b" },
            { "CAST(NULL AS Nullable(Enum16('a' = 1)))", "VARCHAR NULL", "Utf8 null" },
            { "[CAST('b' AS Enum8('a' = 1, 'b' = 2))]", "VARCHAR[] [b]", "List<Utf8> [\"b\"]" },
            { "toTime64('12:34:56.789', 3)", "VARCHAR 12:34:56.789", "Utf8 12:34:56.789" },
            { "NULL", "VARCHAR NULL", "Utf8 null" },
            {
                "toInt128('-99999999999999999999999999999999999999')",
                "DECIMAL(38,0) -99999999999999999999999999999999999999",
                "Decimal[38e0] -99999999999999999999999999999999999999"
            },
            { "CAST(sum(7) AS Int128)", "DECIMAL(38,0) 7", "Decimal[38e0] 7" },
            { "toNullable(toInt128(7))", "DECIMAL(38,0) 7", "Decimal[38e0] 7" },
            { "CAST(NULL AS Nullable(Int128))", "DECIMAL(38,0) NULL", "Decimal[38e0] null" },
            { "toInt256(-5)", "VARCHAR -5", "Utf8 -5" },
            { "CAST('1.5' AS Decimal(76, 3))", "VARCHAR 1.5", "Utf8 1.5" },
            { "CAST('1.5' AS Decimal(38, 3))", "DECIMAL(38,3) 1.500", "Decimal[38e+3] 1500" },
            { "18446744073709551615", "UBIGINT 18446744073709551615", "Uint64 18446744073709551615" },
            {
                "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')",
                "VARCHAR 61f0c404-5cb3-11e7-907b-a6006ad3dba0",
                "Utf8 61f0c404-5cb3-11e7-907b-a6006ad3dba0"
            },
            { "toIPv4('1.2.3.4')", "VARCHAR 1.2.3.4", "Utf8 1.2.3.4" },
            { "toLowCardinality(toNullable('lc'))", "VARCHAR lc", "Utf8 lc" },
            { "['a', NULL]", "VARCHAR[] [a, NULL]", "List<Utf8> [\"a\",null]" },
            {
                "map('k', toStartOfDay(toDateTime('2026-01-02 03:04:05', 'UTC')))",
                "MAP(VARCHAR, TIMESTAMP WITH TIME ZONE) {k='2026-01-02 00:00:00+00'}",
                "Map<{key:Utf8, value:Timestamp<MICROSECOND, UTC>}> {\"k\":1767312000000}"
            },
            { "true", "BOOLEAN true", "Bool true" },
            { "1 / 3", "DOUBLE 0.3333333333333333", "Float64 0.3333333333333333" },
            { "unhex('5aff41')", "VARCHAR Z\uFFFDA", "Utf8 Z\uFFFDA" },
            { "[unhex('5aff')]", "VARCHAR[] [Z\uFFFD]", "List<Utf8> [\"Z\uFFFD\"]" },
            { "toFixedString('ab', 2)", "VARCHAR ab", "Utf8 ab" },
            { "toIntervalDay(3)", "VARCHAR 3", "Utf8 3" },
        };

    [Fact]
    public async Task Export_ColumnsOfAllTypes_AreReadAsWhatTheyAre()
    {
        var cases = Columns.Select(c => c.Data).ToList();
        var sql = $"SELECT {string.Join(", ", cases.Select((c, i) => $"{c.Item1} AS c{i}"))}";
        using var folder = new TempFolder();
        using var warehouse = await WarehouseAsync();
        var parquet = await ExportAsync(warehouse, folder, sql, "Parquet");
        using var duck = new DuckDb();
        var types = duck.Query($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet('{parquet}'))").Rows;
        var values = duck.Query(
                $"SELECT {string.Join(", ", cases.Select((_, i) => $"CAST(c{i} AS VARCHAR) AS c{i}"))} FROM read_parquet('{parquet}')"
            )
            .Rows.Single();
        Assert.Equal(
            cases.Select((c, i) => $"c{i} {c.Item2}"),
            types.Zip(values).Select(t => $"{t.First[0]} {t.First[1]} {t.Second ?? "NULL"}")
        );

        var arrow = await ArrowAsync(await ExportAsync(warehouse, folder, sql, "Arrow"));
        Assert.Equal(cases.Select((c, i) => $"c{i} {c.Item3}"), arrow.Select(f => $"{f[0]} {f[1]} {f[2]}"));
    }

    [Theory]
    [InlineData(
        "SELECT toInt128('170141183460469231731687303715884105727') AS big, 1 AS a",
        "the column 'big' has a number of more than 38 digits, the most that Parquet and Arrow hold: take CSV or JSON"
    )]
    [InlineData(
        "SELECT number, number FROM numbers(3)",
        "two columns are called 'number', and a file of columns has each name once: give one another name, or take CSV or JSON"
    )]
    [InlineData(
        "SELECT sumState(toUInt8(number)) AS part FROM numbers(3)",
        "the column 'part' is AggregateFunction(sumOrNull, UInt8), which Parquet and Arrow have no counterpart of: CAST it to a type that they have, or take CSV or JSON"
    )]
    [InlineData(
        "SELECT (1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')) AS pair",
        "the column 'pair' is Tuple(UInt8, UUID), which Parquet and Arrow have no counterpart of: CAST it to a type that they have, or take CSV or JSON"
    )]
    public async Task Export_WhatNoFileHolds_IsOneLineThatNamesTheColumn(string sql, string expected)
    {
        using var folder = new TempFolder();
        using var warehouse = await WarehouseAsync();
        foreach (var format in (string[])["Parquet", "Arrow"])
        {
            var fault = await Assert.ThrowsAsync<ReportException>(() => ExportAsync(warehouse, folder, sql, format));
            Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
            Assert.StartsWith("reports/definitions/fuel/formats.sql: ", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Export_ManyRows_KeepTheirOrder()
    {
        using var folder = new TempFolder();
        using var warehouse = await WarehouseAsync();
        var file = await ExportAsync(
            warehouse,
            folder,
            "SELECT number AS `n``, \\\\`, concat('site ', toString(number)) AS site FROM numbers_mt(500000) ORDER BY number % 1000 DESC, number",
            "Parquet"
        );
        using var duck = new DuckDb();
        Assert.Equal(
            "500000 0",
            string.Join(
                ' ',
                duck.Query(
                        $"""
                        SELECT count(*) AS c, sum(CASE WHEN before > row THEN 1 ELSE 0 END) AS wrong
                        FROM (SELECT (999 - n % 1000) * 1000000 + n AS row, lag(row) OVER (ORDER BY file_row_number) AS before
                          FROM (SELECT "n`, \" AS n, file_row_number FROM read_parquet('{file}', file_row_number = true)))
                        """
                    )
                    .Rows.Single()
                    .Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))
            )
        );
    }

    [Fact]
    public async Task Run_BytesThatAreNoText_AreValidFilesInEveryFormat()
    {
        using var folder = new TempFolder();
        using var warehouse = await WarehouseAsync();
        const string sql =
            "SELECT unhex('ff41') AS a, [unhex('42ff')] AS b, leftUTF8('Zürich', 2) AS c, base64Decode('/9j/') AS d, toFixedString(unhex('c3'), 3) AS e";
        var runner = new ReportRunner(Project.Here, warehouse, TimeProvider.System);
        var run = await RunAsync(runner, sql);
        using var csv = new MemoryStream();
        using var json = new MemoryStream();
        using var xlsx = new MemoryStream();
        var table = new TableSink(10, run.Report);
        var outcome = await runner.RunAsync(run, 10, [new CsvSink(csv), new JsonSink(json, run), new XlsxSink(xlsx, run), table], Token);
        Assert.Equal(
            "a,b,c,d,e\r\n\uFFFDA,[\"B\uFFFD\"],Zü,\uFFFD\uFFFD\uFFFD,\uFFFD\0\0\r\n",
            Strict(csv).TrimStart('\uFEFF').Replace("\"[\"\"B\uFFFD\"\"]\"", "[\"B\uFFFD\"]", StringComparison.Ordinal)
        );
        Assert.Equal("\uFFFDA", JsonDocument.Parse(Strict(json)).RootElement.GetProperty("rows")[0].GetProperty("a").GetString());
        Assert.Contains(
            "\uFFFDA",
            System.Text.Encoding.UTF8.GetString(
                new ReportPages(new Templates([Project.Here.PathOf("reports", "templates")]), TimeProvider.System).Report(
                    run,
                    outcome,
                    table,
                    []
                )
            ),
            StringComparison.Ordinal
        );
        Assert.Equal("\uFFFDA", (await runner.AskAsync("SELECT unhex('ff41')", Token)).Scalar.GetString());
    }

    private static string Strict(MemoryStream file) =>
        new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(file.ToArray());

    private async Task<ClickHouseClient> WarehouseAsync()
    {
        using var pipeline = await Pipeline.CreateAsync(engines);
        return new ClickHouseClient(WarehouseOptions.Read(pipeline.Configuration()));
    }

    private static async Task<ReportRun> RunAsync(ReportRunner runner, string sql) =>
        runner.Prepare(
            ReportDefinition.Parse(
                Project.Here.PathOf("reports", "definitions", "fuel", "formats.sql"),
                $"/*---\ntitle: T\nasks: A\n---*/\n{sql}\n"
            ),
            new Dictionary<string, string>(),
            await runner.LoadsAsync(Token)
        );

    private static async Task<string> ExportAsync(ClickHouseClient warehouse, TempFolder folder, string sql, string format)
    {
        var runner = new ReportRunner(Project.Here, warehouse, TimeProvider.System);
        var path = Path.Combine(folder.Path, "x." + format);
        await using var file = File.Create(path);
        await runner.ExportAsync(await RunAsync(runner, sql), format, file, Token);
        return path;
    }

    private static async Task<List<JsonElement>> ArrowAsync(string path)
    {
        using var node = Process.Start(
            new ProcessStartInfo("node", ["-e", ArrowJs, Project.Here.PathOf("tests", "Engines", "node_modules", "apache-arrow"), path])
            {
                RedirectStandardOutput = true,
            }
        )!;
        var read = await node.StandardOutput.ReadToEndAsync(Token);
        await node.WaitForExitAsync(Token);
        return [.. JsonDocument.Parse(read).RootElement.EnumerateArray()];
    }
}
