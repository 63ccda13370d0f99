using System.Globalization;
using System.Text.Json;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Schema;

namespace Reports.Tests;

/// <summary>
/// Runs reports on ClickHouse: a database of its own, brought up by the project's migrations, with the settings of real reports.
/// </summary>
public sealed class ReportTestClickHouse : IReportTestEngine, IAsyncDisposable
{
    // As in production, where the account's profile sets them; `readonly` stands last, since nothing can be set after it.
    private static readonly QueryOptions ReportSettings = new()
    {
        Settings = new Dictionary<string, string>(SharedSql.Settings) { ["output_format_json_quote_denormals"] = "1", ["readonly"] = "2" },
    };

    // Rows that agree in their key are to meet at reading, as parts of different loads do, and not at writing.
    private static readonly QueryOptions InsertSettings = new()
    {
        Settings = new Dictionary<string, string> { ["optimize_on_insert"] = "0" },
    };

    private readonly ClickHouseClient client;
    private readonly ClickHouseClient whole;
    private readonly IReadOnlyList<ClickHouseClient> nodes;
    private readonly SchemaSnapshot schema;
    private readonly HashSet<string> filled = [];

    private ReportTestClickHouse(WarehouseOptions options, SchemaSnapshot schema)
    {
        client = new ClickHouseClient(options);
        whole = client.WithDatabase(options.WholeDatabase);
        nodes = [.. options.Nodes.Select(url => new ClickHouseClient(options, url))];
        this.schema = schema;
    }

    /// <summary>The database's own client.</summary>
    public ClickHouseClient Client => client;

    /// <summary>Makes the database that <paramref name="options"/> name; it must not be there yet.</summary>
    public static async Task<ReportTestClickHouse> CreateAsync(WarehouseOptions options, SchemaSnapshot schema, CancellationToken token)
    {
        await WarehouseNodes.MigrateAsync(options, Project.Here, new TableEngines(), _ => { }, token);
        return new ReportTestClickHouse(options, schema);
    }

    /// <inheritdoc/>
    public async Task<ReportTestResult> RunAsync(ReportTestRun run, CancellationToken token)
    {
        foreach (var name in filled)
        {
            await Task.WhenAll(nodes.Select(n => n.ExecuteAsync($"TRUNCATE TABLE {name}", token)));
        }

        filled.Clear();
        foreach (var (name, rows) in run.Given.Where(g => g.Value.Count > 0))
        {
            filled.Add(name);
            foreach (var share in rows.GroupBy(r => NodeOf(name, r)))
            {
                await nodes[share.Key]
                    .InsertAsync(
                        $"INSERT INTO {name} FORMAT JSONEachRow",
                        (stream, _) => WriteAsync(stream, schema.Tables[name], [.. share]),
                        token,
                        InsertSettings
                    );
            }
        }

        var table = await whole.QueryAsync(SharedSql.ToClickHouse(run.Sql), token, ReportSettings with { Parameters = run.Parameters });
        return new ReportTestResult(
            [.. table.Columns.Select(c => c.Name)],
            [.. table.Rows.Select(r => r.Zip(table.Columns, (v, c) => Cell(v, c.Type)).ToArray())]
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            using var server = node.WithDatabase("");
            await server.ExecuteAsync($"DROP DATABASE IF EXISTS {whole.Database}", CancellationToken.None);
            await server.ExecuteAsync($"DROP DATABASE IF EXISTS {client.Database}", CancellationToken.None);
            node.Dispose();
        }

        whole.Dispose();
        client.Dispose();
    }

    // Rows of one key lie together; the ledgers are the first node's.
    private int NodeOf(string table, object?[] row)
    {
        var place = schema.Tables[table].Columns.Keys.ToList().IndexOf(schema.Tables[table].Key[0]);
        return nodes.Count == 1 || !FactNames.Value.Contains(table)
            ? 0
            : Math.Abs(ReportTestValue.Show(row[place]).Sum(c => c)) % nodes.Count;
    }

    private static readonly Lazy<IReadOnlySet<string>> FactNames = new(() => Project.Here.FactNames());

    private static async Task WriteAsync(Stream stream, SchemaTable table, IReadOnlyList<object?[]> rows)
    {
        await using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { SkipValidation = true });
        foreach (var row in rows)
        {
            json.WriteStartObject();
            foreach (var (column, value) in table.Columns.Keys.Zip(row))
            {
                json.WritePropertyName(column);
                Write(json, value);
            }

            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case Int128 or decimal:
                json.WriteRawValue(ReportTestValue.Show(value));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteStringValue(
                    double.IsNaN(number) ? "nan"
                    : number > 0 ? "inf"
                    : "-inf"
                );
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case List<object?> items:
                json.WriteStartArray();
                items.ForEach(i => Write(json, i));
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(ReportTestValue.Show(value));
                break;
        }
    }

    private static object? Cell(JsonElement value, string type)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (SchemaColumnType.Inner(type, "LowCardinality") is { } plain)
        {
            return Cell(value, plain);
        }

        if (SchemaColumnType.Inner(type, "Nullable") is { } nullable)
        {
            return Cell(value, nullable);
        }

        if (SchemaColumnType.Inner(type, "Array") is { } item)
        {
            return value.EnumerateArray().Select(v => Cell(v, item)).ToList();
        }

        return type switch
        {
            "Bool" => value.GetBoolean(),
            "String" or "UUID" => value.GetString(),
            "Date" or "Date32" => ReportTestValue.Day(value.GetString()!),
            _ when type.StartsWith("DateTime", StringComparison.Ordinal) => ReportTestValue.Instant(value.GetString()!),
            _ when type.StartsWith("Float", StringComparison.Ordinal) => Number(value),
            _ when type.StartsWith("Decimal", StringComparison.Ordinal) => value.GetDecimal(),
            _ when type.StartsWith("Int", StringComparison.Ordinal) || type.StartsWith("UInt", StringComparison.Ordinal) => Int128.Parse(
                value.GetRawText(),
                CultureInfo.InvariantCulture
            ),
            _ => throw new WarehouseException($"the tests can't compare ClickHouse's type {type}; CAST it to one that DuckDB has too"),
        };
    }

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : value.GetString() switch
            {
                "inf" => double.PositiveInfinity,
                "-inf" => double.NegativeInfinity,
                _ => double.NaN,
            };
}
