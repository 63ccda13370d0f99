using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.OpenApi;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Web;

/// <summary>
/// The description of the API for programs (OpenAPI 3.1): a path a report, with its parameters and its result's columns, from headers and
/// warehouse.
/// </summary>
internal sealed class OpenApi(Questions questions, ReportRunner runner, WarehouseState state)
{
    private const string Async = "respond-async: a report that takes long becomes a job";
    private const string About = "Reports over what sites report. Figures hold what had been loaded by then.";

    // They change with the report's file alone.
    private readonly ConcurrentDictionary<string, IReadOnlyList<ResultColumn>> columns = [];

    /// <summary>The document of the reports that a reader may see, as JSON.</summary>
    public async Task<string> ForAsync(Reader reader, CancellationToken token)
    {
        var document = new OpenApiDocument
        {
            Info = new()
            {
                Title = "Reports",
                Version = "1",
                Description = About,
            },
            Components = new() { Schemas = ApiSchemas.Shared },
        };
        document.AddComponent("token", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" });
        document.Security = [new() { [new OpenApiSecuritySchemeReference("token", document)] = [] }, new()];
        document.Paths["/api/reports"] = Path(
            Get("The reports", "Every report that you may see, with its parameters.", [], Json("The list", "Reports"))
        );
        foreach (var report in questions.For(reader))
        {
            document.Paths[$"/api/reports/{report.Name}"] = Path(Report(reader, report, await ColumnsAsync(report, token)));
        }

        OpenApiParameter id = new()
        {
            Name = "id",
            In = ParameterLocation.Path,
            Required = true,
            Schema = ApiSchemas.Text(),
        };
        var none = Problem(404, "There is no such job");
        var dropped = Plain(204, "It is dropped, and stopped where nobody else waits for the same");
        var job = Path(Get("A job", "How far it is.", [id], Json("How far it is", "Job"), none));
        job.AddOperation(
            HttpMethod.Delete,
            new()
            {
                Summary = "Drop a job",
                Parameters = [id],
                Responses = ResponsesOf([dropped, none]),
            }
        );
        document.Paths["/api/jobs/{id}"] = job;
        document.Paths["/api/jobs/{id}/result"] = Path(
            Get("A job's result", "In the format that was asked for.", [id], Plain(200, "The result"), Problem(409, "It isn't done yet"))
        );
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        document.SerializeAs(OpenApiSpecVersion.OpenApi3_1, new OpenApiJsonWriter(text, new OpenApiJsonWriterSettings { Terse = true }));
        return text.ToString();
    }

    private async Task<IReadOnlyList<ResultColumn>> ColumnsAsync(ReportDefinition report, CancellationToken token)
    {
        if (columns.TryGetValue(report.Name, out var known))
        {
            return known;
        }

        try
        {
            var run = runner.Prepare(report, new Dictionary<string, string>(), await state.LoadsAsync(token));
            return columns[report.Name] = await runner.ColumnsAsync(run, token);
        }
        catch (ReportException)
        {
            // The tables of its system aren't there yet: the other reports are described all the same.
            return [];
        }
    }

    private static OpenApiOperation Report(Reader reader, ReportDefinition report, IReadOnlyList<ResultColumn> of)
    {
        OpenApiParameter Parameter(string name, ParameterLocation place, string meaning, OpenApiSchema schema) =>
            new()
            {
                Name = name,
                In = place,
                Description = meaning,
                Schema = schema,
            };
        var parameters = (reader.Role == Role.Public ? [] : report.Parameters.Concat(report.Further))
            .Select(p => Parameter(p.Name, ParameterLocation.Query, p.Is, ApiSchemas.Parameter(p)))
            .Append(Parameter("Prefer", ParameterLocation.Header, Async, ApiSchemas.Text()));
        var content = WebFormat
            .For(reader)
            .ToDictionary(f => f.MediaType, f => new OpenApiMediaType { Schema = f.Name == "json" ? ApiSchemas.Result(report, of) : null });
        return Get(
            report.Title,
            report.Asks,
            parameters,
            (200, new OpenApiResponse { Description = "The result", Content = content }),
            Json("It takes longer: Location is the job's address", "Job", 202),
            Plain(304, "Nothing has been loaded since"),
            Problem(400, "A parameter is unknown or not of its type"),
            Problem(406, "Not in this format")
        );
    }

    private static OpenApiPathItem Path(OpenApiOperation get) => new() { Operations = new() { [HttpMethod.Get] = get } };

    private static OpenApiOperation Get(
        string summary,
        string description,
        IEnumerable<IOpenApiParameter> parameters,
        params (int, OpenApiResponse)[] responses
    ) =>
        new()
        {
            Summary = summary,
            Description = description,
            Parameters = [.. parameters],
            Responses = ResponsesOf(responses),
        };

    private static OpenApiResponses ResponsesOf((int Status, OpenApiResponse Response)[] responses)
    {
        var all = new OpenApiResponses();
        responses.ToList().ForEach(r => all.Add(r.Status.ToString(CultureInfo.InvariantCulture), r.Response));
        return all;
    }

    private static (int, OpenApiResponse) Plain(int status, string description) => (status, new() { Description = description });

    private static (int, OpenApiResponse) Problem(int status, string when) => Json(when, "Problem", status, "application/problem+json");

    private static (int, OpenApiResponse) Json(string description, string schema, int status = 200, string type = "application/json") =>
        (
            status,
            new()
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType> { [type] = new() { Schema = new OpenApiSchemaReference(schema) } },
            }
        );
}
