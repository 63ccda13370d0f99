using System.Globalization;
using Microsoft.OpenApi;
using Reports.Definitions;
using WarehouseSql.ClickHouse;
using Types = Microsoft.OpenApi.JsonSchemaType;

namespace Reports.Web;

/// <summary>The JSON Schemas of what the API takes and gives.</summary>
internal static class ApiSchemas
{
    /// <summary>Those that several answers share, by name.</summary>
    public static Dictionary<string, IOpenApiSchema> Shared { get; } =
        new()
        {
            ["Reports"] = Object([
                (
                    "reports",
                    Array(
                        Object([
                            ("name", Text()),
                            ("title", Text()),
                            ("asks", Text()),
                            ("formats", Array(Text())),
                            ("result", Text("its address")),
                            ("page", Text("its page's address")),
                            (
                                "parameters",
                                Array(
                                    Object([
                                        ("name", Text()),
                                        ("type", Text("its ClickHouse type")),
                                        ("default", Text()),
                                        ("is", Text("its meaning")),
                                        ("expected", Text("what a value looks like")),
                                    ])
                                )
                            ),
                        ])
                    )
                ),
            ]),
            ["Job"] = Object([
                ("id", Text()),
                ("report", Text()),
                ("state", new OpenApiSchema { Type = Types.String, Enum = ["waiting", "running", "done", "failed"] }),
                ("rowsRead", Of(Types.Integer)),
                ("rowsTotal", Of(Types.Integer | Types.Null)),
                ("percent", Of(Types.Integer | Types.Null)),
                ("askedAt", Of(Types.String, "date-time")),
                ("result", OrNull(Text())),
                ("failure", OrNull(Text())),
            ]),
            ["Problem"] = Object(
                [("title", Text()), ("status", Of(Types.Integer)), ("detail", Text("what happened, and what to do next"))],
                [
                    ("type", Text("what HTTP says of it")),
                    ("parameter", Text("the one that is at fault")),
                    ("expected", Text("what it takes")),
                ]
            ),
        };

    /// <summary>The schema of a report's result.</summary>
    public static OpenApiSchema Result(ReportDefinition report, IReadOnlyList<ResultColumn> columns)
    {
        var row = Object([.. columns.Select(c => (c.Name, Column(report, c)))]);
        row.AdditionalPropertiesAllowed = columns.Count == 0;
        var loadedAt = OrNull(Of(Types.String, "date-time", "how old the data is: the oldest of the facts' last loads"));
        return Object(
            [
                ("report", Text("the report's name")),
                ("title", Text()),
                ("asks", Text()),
                ("parameters", new OpenApiSchema { Type = Types.Object, AdditionalProperties = Text() }),
                ("columns", Array(Object([("name", Text()), ("type", Text("its ClickHouse type"))]))),
                ("rows", Array(row)),
                ("loadedAt", loadedAt),
                ("truncated", Of(Types.Boolean, null, "whether a limit cut rows off")),
            ],
            [("note", Text("what readers of the result should know of it"))]
        );
    }

    /// <summary>The schema of a parameter.</summary>
    public static OpenApiSchema Parameter(ReportParameter parameter)
    {
        var schema = parameter.Type switch
        {
            "Date" => new OpenApiSchema { Type = Types.String, Pattern = @"^(\d{4}-\d{2}-\d{2}|today( ?[+-] ?\d+)?)$" },
            "Int32" or "Int64" => Of(Types.Integer, parameter.Type.ToLowerInvariant()),
            "UInt32" => new OpenApiSchema
            {
                Type = Types.Integer,
                Minimum = "0",
                Maximum = "4294967295",
            },
            "Float64" => Of(Types.Number, "double"),
            "Bool" => new OpenApiSchema { Type = Types.String, Enum = ["true", "false", "yes", "no", "1", "0"] },
            _ => new OpenApiSchema { Type = Types.String, MaxLength = Questions.MostValue },
        };
        schema.Default = schema.Type switch
        {
            Types.Integer => long.Parse(parameter.Default, CultureInfo.InvariantCulture),
            Types.Number => double.Parse(parameter.Default, CultureInfo.InvariantCulture),
            _ => parameter.Default,
        };
        return schema;
    }

    /// <summary>The schema of a text.</summary>
    public static OpenApiSchema Text(string? description = null) => Of(Types.String, null, description);

    private static OpenApiSchema Column(ReportDefinition report, ResultColumn column)
    {
        var schema = Value(column.Type);
        schema.Description = report.Columns.GetValueOrDefault(column.Name)?.Is;
        // In the row of the merged groups, what can't be added up is empty.
        return report.Public is { } shown && column.Name != shown.Group ? OrNull(schema) : schema;
    }

    private static OpenApiSchema Value(string type)
    {
        var (name, inner) =
            type.IndexOf('(', StringComparison.Ordinal) is > 0 and var open && type[^1] == ')'
                ? (type[..open], type[(open + 1)..^1])
                : (type, "");
        return name switch
        {
            "Nullable" => OrNull(Value(inner)),
            "LowCardinality" => Value(inner),
            "SimpleAggregateFunction" => Value(inner[(inner.LastIndexOf(", ", StringComparison.Ordinal) is > 0 and var at ? at + 2 : 0)..]),
            "Array" => Array(Value(inner)),
            "Bool" => Of(Types.Boolean),
            "Date" or "Date32" => Of(Types.String, "date"),
            "DateTime" or "DateTime64" => Of(Types.String, "date-time"),
            "String" or "FixedString" or "UUID" or "Enum8" or "Enum16" or "IPv4" or "IPv6" => Text(),
            // JSON has no infinity; the server sends null.
            "Float32" or "Float64" => OrNull(Of(Types.Number)),
            "Decimal" => Of(Types.Number),
            _ => name.TrimStart('U').StartsWith("Int", StringComparison.Ordinal) ? Of(Types.Integer) : new OpenApiSchema(),
        };
    }

    private static OpenApiSchema OrNull(OpenApiSchema schema)
    {
        schema.Type |= Types.Null;
        return schema;
    }

    private static OpenApiSchema Of(Types type, string? format = null, string? description = null) =>
        new()
        {
            Type = type,
            Format = format,
            Description = description,
        };

    private static OpenApiSchema Array(OpenApiSchema items) => new() { Type = Types.Array, Items = items };

    private static OpenApiSchema Object((string Name, OpenApiSchema)[] required, params (string, OpenApiSchema)[] optional) =>
        new()
        {
            Type = Types.Object,
            Properties = required.Concat(optional).ToDictionary(p => p.Item1, IOpenApiSchema (p) => p.Item2),
            Required = required.Select(p => p.Name).ToHashSet(),
            AdditionalPropertiesAllowed = false,
        };
}
