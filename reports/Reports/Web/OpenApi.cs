using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Web;

/// <summary>The description of the API for programs (OpenAPI 3.1): a path a report, with its parameters and its result's columns, from headers and warehouse.</summary>
internal sealed class OpenApi(Questions questions, ReportRunner runner, Ledger ledger)
{
    // They change with the report's file alone.
    private readonly ConcurrentDictionary<string, IReadOnlyList<ResultColumn>> columns = [];

    /// <summary>The document of the reports that a reader may see.</summary>
    public async Task<string> ForAsync(Reader reader, CancellationToken token)
    {
        var reports = questions.For(reader).ToList();
        var paths = new JsonObject { ["/api/reports"] = ListPath() };
        foreach (var report in reports)
        {
            paths[$"/api/reports/{report.Name}"] = Path(reader, report, await ColumnsAsync(report, token).ConfigureAwait(false));
        }

        paths["/api/jobs/{id}"] = JobPath();
        paths["/api/jobs/{id}/result"] = JobResultPath();
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject { ["title"] = "Reports", ["version"] = "1", ["description"] = "Reports over what sites report. Figures hold what had been loaded by then." },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = Schemas(), ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } } },
            ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }, new JsonObject()),
        }.ToJsonString();
    }

    /// <summary>The JSON Schema of a report's result.</summary>
    public static JsonObject ResultSchema(ReportDefinition report, IReadOnlyList<ResultColumn> of)
    {
        var rows = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(of.Select(c => KeyValuePair.Create(c.Name, (JsonNode?)ColumnSchema(report, c)))),
            ["required"] = new JsonArray([.. of.Select(c => (JsonNode)c.Name)]),
            ["additionalProperties"] = of.Count == 0,
        };
        return Object(
            [
                ("report", Text("the report's name")), ("title", Text()), ("asks", Text()),
                ("parameters", new JsonObject { ["type"] = "object", ["additionalProperties"] = Text() }),
                ("columns", Array(Object([("name", Text()), ("type", Text("its ClickHouse type"))]))),
                ("rows", Array(rows)),
                ("loadedAt", new JsonObject { ["type"] = new JsonArray("string", "null"), ["format"] = "date-time", ["description"] = "how old the data is: the oldest of the facts' last loads" }),
                ("truncated", new JsonObject { ["type"] = "boolean", ["description"] = "whether a limit cut rows off" }),
            ],
            [("note", Text("what readers of the result should know of it"))]);
    }

    /// <summary>The JSON Schema of a parameter.</summary>
    public static JsonObject ParameterSchema(ReportParameter parameter)
    {
        var schema = parameter.Type switch
        {
            "Date" => new JsonObject { ["type"] = "string", ["pattern"] = @"^(\d{4}-\d{2}-\d{2}|today( ?[+-] ?\d+)?)$" },
            "Int32" or "Int64" => new JsonObject { ["type"] = "integer", ["format"] = parameter.Type.ToLowerInvariant() },
            "UInt32" => new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = uint.MaxValue },
            "Float64" => new JsonObject { ["type"] = "number", ["format"] = "double" },
            "Bool" => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("true", "false", "yes", "no", "1", "0") },
            _ => new JsonObject { ["type"] = "string", ["maxLength"] = Questions.MostValue },
        };
        schema["default"] = schema["type"]!.GetValue<string>() switch
        {
            "integer" => long.Parse(parameter.Default, System.Globalization.CultureInfo.InvariantCulture),
            "number" => double.Parse(parameter.Default, System.Globalization.CultureInfo.InvariantCulture),
            _ => parameter.Default,
        };
        return schema;
    }

    private async Task<IReadOnlyList<ResultColumn>> ColumnsAsync(ReportDefinition report, CancellationToken token)
    {
        if (columns.TryGetValue(report.Name, out var known))
        {
            return known;
        }

        try
        {
            var run = runner.Prepare(report, new Dictionary<string, string>(), await ledger.LoadsAsync(token).ConfigureAwait(false));
            return columns[report.Name] = await runner.ColumnsAsync(run, token).ConfigureAwait(false);
        }
        catch (ReportException)
        {
            // The tables of its system aren't there yet: the other reports are described all the same.
            return [];
        }
    }

    private static JsonObject Path(Reader reader, ReportDefinition report, IReadOnlyList<ResultColumn> of)
    {
        var content = new JsonObject();
        foreach (var format in WebFormat.For(reader))
        {
            content[format.MediaType] = format.Name == "json" ? new JsonObject { ["schema"] = ResultSchema(report, of) } : new JsonObject();
        }

        var parameters = (reader.Role == Role.Public ? [] : report.Parameters).Select(JsonNode (p) => new JsonObject
        {
            ["name"] = p.Name,
            ["in"] = "query",
            ["description"] = p.Is,
            ["schema"] = ParameterSchema(p),
        }).Append(new JsonObject
        {
            ["name"] = "Prefer",
            ["in"] = "header",
            ["description"] = "respond-async: a report that takes long becomes a job",
            ["schema"] = Text(),
        });
        return Get(report.Title, report.Asks, parameters, new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "The result", ["content"] = content },
            ["202"] = new JsonObject { ["description"] = "It takes longer: Location is the job's address", ["content"] = Json(Ref("Job")) },
            ["304"] = new JsonObject { ["description"] = "Nothing has been loaded since" },
            ["400"] = Problem("A parameter is unknown or not of its type"),
            ["406"] = Problem("Not in this format"),
        });
    }

    private static JsonObject ColumnSchema(ReportDefinition report, ResultColumn column)
    {
        var schema = TypeSchema(column.Type);
        if (report.Columns.GetValueOrDefault(column.Name)?.Is is { } meaning)
        {
            schema["description"] = meaning;
        }

        // In the row of the merged groups, what can't be added up is empty.
        if (report.Public is { } shown && column.Name != shown.Group && schema["type"] is JsonValue type)
        {
            schema["type"] = new JsonArray(type.GetValue<string>(), "null");
        }

        return schema;
    }

    private static JsonObject TypeSchema(string type)
    {
        var wrapper = type.IndexOf('(', StringComparison.Ordinal) is > 0 and var open && type[^1] == ')' ? (Name: type[..open], Inner: type[(open + 1)..^1]) : (Name: type, Inner: "");
        JsonObject Of(string name, string? format = null) => format is null ? new() { ["type"] = name } : new() { ["type"] = name, ["format"] = format };
        switch (wrapper.Name)
        {
            case "Nullable":
                var inner = TypeSchema(wrapper.Inner);
                inner["type"] = inner["type"] is JsonValue name ? new JsonArray(name.GetValue<string>(), "null") : inner["type"]?.DeepClone();
                return inner;
            case "LowCardinality" or "SimpleAggregateFunction":
                return TypeSchema(wrapper.Inner[(wrapper.Inner.LastIndexOf(", ", StringComparison.Ordinal) is > 0 and var at && wrapper.Name[0] == 'S' ? at + 2 : 0)..]);
            case "Array":
                return Array(TypeSchema(wrapper.Inner));
            case "Bool":
                return Of("boolean");
            case "Date" or "Date32":
                return Of("string", "date");
            case "DateTime" or "DateTime64":
                return Of("string", "date-time");
            case "String" or "FixedString" or "UUID" or "Enum8" or "Enum16" or "IPv4" or "IPv6":
                return Of("string");
            case "Float32" or "Float64":
                // JSON has no infinity; the server sends null.
                return new JsonObject { ["type"] = new JsonArray("number", "null") };
            case "Decimal":
                return Of("number");
            default:
                return wrapper.Name.TrimStart('U').StartsWith("Int", StringComparison.Ordinal) ? Of("integer") : [];
        }
    }

    private static JsonObject ListPath() => Get("The reports", "Every report that you may see, with its parameters.", [], new JsonObject
    {
        ["200"] = new JsonObject { ["description"] = "The list", ["content"] = Json(Ref("Reports")) },
    });

    private static JsonObject JobPath()
    {
        var path = Get("A job", "How far it is.", [IdParameter()], new JsonObject { ["200"] = new JsonObject { ["description"] = "How far it is", ["content"] = Json(Ref("Job")) }, ["404"] = Problem("There is no such job") });
        path["delete"] = new JsonObject
        {
            ["summary"] = "Drop a job",
            ["parameters"] = new JsonArray(IdParameter()),
            ["responses"] = new JsonObject { ["204"] = new JsonObject { ["description"] = "It is dropped, and stopped where nobody else waits for the same" }, ["404"] = Problem("There is no such job") },
        };
        return path;
    }

    private static JsonObject JobResultPath() => Get("A job's result", "In the format that was asked for.", [IdParameter()], new JsonObject
    {
        ["200"] = new JsonObject { ["description"] = "The result" },
        ["409"] = Problem("It isn't done yet"),
    });

    private static JsonObject Schemas() => new()
    {
        ["Reports"] = Object([("reports", Array(Object([
            ("name", Text()), ("title", Text()), ("asks", Text()), ("formats", Array(Text())), ("result", Text("its address")), ("page", Text("its page's address")),
            ("parameters", Array(Object([("name", Text()), ("type", Text("its ClickHouse type")), ("default", Text()), ("is", Text("its meaning")), ("expected", Text("what a value looks like"))])))])))]),
        ["Job"] = Object([
            ("id", Text()), ("report", Text()), ("state", new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("waiting", "running", "done", "failed") }),
            ("rowsRead", new JsonObject { ["type"] = "integer" }), ("rowsTotal", new JsonObject { ["type"] = new JsonArray("integer", "null") }), ("percent", new JsonObject { ["type"] = new JsonArray("integer", "null") }),
            ("askedAt", new JsonObject { ["type"] = "string", ["format"] = "date-time" }), ("result", new JsonObject { ["type"] = new JsonArray("string", "null") }), ("failure", new JsonObject { ["type"] = new JsonArray("string", "null") })]),
        ["Problem"] = Object([("title", Text()), ("status", new JsonObject { ["type"] = "integer" }), ("detail", Text("what happened, and what to do next"))], [("parameter", Text("the one that is at fault")), ("expected", Text("what it takes"))]),
    };

    private static JsonObject Get(string summary, string description, IEnumerable<JsonNode> parameters, JsonObject responses) => new()
    {
        ["get"] = new JsonObject { ["summary"] = summary, ["description"] = description, ["parameters"] = new JsonArray([.. parameters]), ["responses"] = responses },
    };

    private static JsonObject IdParameter() => new() { ["name"] = "id", ["in"] = "path", ["required"] = true, ["schema"] = Text() };

    private static JsonObject Problem(string when) => new() { ["description"] = when, ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = Ref("Problem") } } };

    private static JsonObject Json(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Ref(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private static JsonObject Text(string? description = null) => description is null ? new() { ["type"] = "string" } : new() { ["type"] = "string", ["description"] = description };

    private static JsonObject Array(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Object((string Name, JsonObject Schema)[] required, (string Name, JsonObject Schema)[]? optional = null) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(required.Concat(optional ?? []).Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Schema))),
        ["required"] = new JsonArray([.. required.Select(p => (JsonNode)p.Name)]),
        ["additionalProperties"] = false,
    };
}
