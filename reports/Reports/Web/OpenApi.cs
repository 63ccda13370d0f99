using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.OpenApi;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Web;

/// <summary>The description of the API for programs (OpenAPI 3.1): a path a report, with its parameters and its result's columns, from headers and warehouse.</summary>
internal sealed class OpenApi(Questions questions, ReportRunner runner, Ledger ledger)
{
    // They change with the report's file alone.
    private readonly ConcurrentDictionary<string, IReadOnlyList<ResultColumn>> columns = [];

    /// <summary>The document of the reports that a reader may see, as JSON.</summary>
    public async Task<string> ForAsync(Reader reader, CancellationToken token)
    {
        var document = new OpenApiDocument
        {
            Info = new OpenApiInfo { Title = "Reports", Version = "1", Description = "Reports over what sites report. Figures hold what had been loaded by then." },
            Components = new OpenApiComponents
            {
                Schemas = ApiSchemas.Shared,
                SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme> { ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" } },
            },
            Paths = new OpenApiPaths { ["/api/reports"] = Path(Get("The reports", "Every report that you may see, with its parameters.", [], Json("The list", "Reports"))) },
        };
        document.Security = [new() { [new OpenApiSecuritySchemeReference("token", document)] = [] }, new()];
        foreach (var report in questions.For(reader))
        {
            document.Paths[$"/api/reports/{report.Name}"] = Path(Report(reader, report, await ColumnsAsync(report, token)));
        }

        OpenApiParameter id = new() { Name = "id", In = ParameterLocation.Path, Required = true, Schema = ApiSchemas.Text() };
        var none = Problem(404, "There is no such job");
        document.Paths["/api/jobs/{id}"] = Path(Get("A job", "How far it is.", [id], Json("How far it is", "Job"), none), new OpenApiOperation
        {
            Summary = "Drop a job",
            Parameters = [id],
            Responses = ResponsesOf([(204, new OpenApiResponse { Description = "It is dropped, and stopped where nobody else waits for the same" }), none]),
        });
        document.Paths["/api/jobs/{id}/result"] = Path(Get("A job's result", "In the format that was asked for.", [id],
            (200, new OpenApiResponse { Description = "The result" }), Problem(409, "It isn't done yet")));
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
            var run = runner.Prepare(report, new Dictionary<string, string>(), await ledger.LoadsAsync(token));
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
        var parameters = (reader.Role == Role.Public ? [] : report.Parameters)
            .Select(p => new OpenApiParameter { Name = p.Name, In = ParameterLocation.Query, Description = p.Is, Schema = ApiSchemas.Parameter(p) })
            .Append(new OpenApiParameter { Name = "Prefer", In = ParameterLocation.Header, Description = "respond-async: a report that takes long becomes a job", Schema = ApiSchemas.Text() });
        var content = WebFormat.For(reader).ToDictionary(f => f.MediaType, f => new OpenApiMediaType { Schema = f.Name == "json" ? ApiSchemas.Result(report, of) : null });
        return Get(report.Title, report.Asks, parameters,
            (200, new OpenApiResponse { Description = "The result", Content = content }),
            Json("It takes longer: Location is the job's address", "Job", 202),
            (304, new OpenApiResponse { Description = "Nothing has been loaded since" }),
            Problem(400, "A parameter is unknown or not of its type"),
            Problem(406, "Not in this format"));
    }

    private static OpenApiPathItem Path(OpenApiOperation get, OpenApiOperation? delete = null)
    {
        var path = new OpenApiPathItem { Operations = new() { [HttpMethod.Get] = get } };
        if (delete is not null)
        {
            path.Operations.Add(HttpMethod.Delete, delete);
        }

        return path;
    }

    private static OpenApiOperation Get(string summary, string description, IEnumerable<IOpenApiParameter> parameters, params (int, OpenApiResponse)[] responses) =>
        new() { Summary = summary, Description = description, Parameters = [.. parameters], Responses = ResponsesOf(responses) };

    private static OpenApiResponses ResponsesOf((int Status, OpenApiResponse Response)[] responses)
    {
        var all = new OpenApiResponses();
        responses.ToList().ForEach(r => all.Add(r.Status.ToString(CultureInfo.InvariantCulture), r.Response));
        return all;
    }

    private static (int, OpenApiResponse) Problem(int status, string when) => Json(when, "Problem", status, "application/problem+json");

    private static (int, OpenApiResponse) Json(string description, string schema, int status = 200, string type = "application/json") =>
        (status, new OpenApiResponse { Description = description, Content = new Dictionary<string, OpenApiMediaType> { [type] = new() { Schema = new OpenApiSchemaReference(schema) } } });
}
