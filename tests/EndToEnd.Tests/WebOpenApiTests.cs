using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using NJsonSchema;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What the API says of itself, beside what it does.</summary>
public sealed class WebOpenApiTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_Parsed_HasNoFault()
    {
        var parsed = OpenApiDocument.Parse(await web.Site.TextAsync("/api/openapi.json"), OpenApiConstants.Json);

        Assert.Empty(parsed.Diagnostic!.Errors);
        Assert.Empty(parsed.Diagnostic.Warnings);
        Assert.Contains("/api/reports/fuel/os-distribution", parsed.Document!.Paths.Keys);
    }

    [Fact]
    public async Task Response_EveryReport_FitsItsSchema()
    {
        var document = await DocumentAsync();
        foreach (
            var (path, item) in document["paths"]!
                .AsObject()
                .Where(p => p.Key.StartsWith("/api/reports/fuel/", StringComparison.Ordinal) || p.Key == "/api/reports/web/groups")
        )
        {
            var schema = await SchemaAsync(item!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!);
            var faults = schema.Validate(await web.Site.TextAsync(path));

            Assert.True(faults.Count == 0, $"{path}: {string.Join("; ", faults.Select(f => f.ToString()).Take(3))}");
            Assert.NotEmpty(
                item["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["properties"]!["rows"]!["items"]![
                    "properties"
                ]!.AsObject()
            );
        }
    }

    [Fact]
    public async Task Response_ListProblemAndJob_FitTheirSchemas()
    {
        var schemas = (await DocumentAsync())["components"]!["schemas"]!;
        using var accepted = await web.Site.GetAsync("/api/reports/web/slow?tenths=15&mark=schema", ("Prefer", "respond-async"));
        foreach (
            var (name, text) in new[]
            {
                ("Reports", await web.Site.TextAsync("/api/reports")),
                ("Job", await accepted.Content.ReadAsStringAsync(Token)),
                ("Problem", (await web.Site.JsonAsync("/api/reports/web/slow?tenths=x")).Json.GetRawText()),
                ("Problem", (await web.Site.JsonAsync("/api/reports/web/fast")).Json.GetRawText()),
            }
        )
        {
            var faults = (await SchemaAsync(schemas[name]!)).Validate(text);
            Assert.True(faults.Count == 0, $"{name}: {string.Join("; ", faults)}: {text}");
        }
    }

    // What a schema allows is answered, what it forbids is refused.
    [Theory]
    [InlineData("fuel/deployment-time", "from", "\"2026-01-31\"")]
    [InlineData("fuel/deployment-time", "from", "\"today-90\"")]
    [InlineData("fuel/deployment-time", "from", "\"31.1.2026\"")]
    [InlineData("fuel/deployment-time", "from", "\"\"")]
    [InlineData("web/slow", "tenths", "1")]
    [InlineData("web/slow", "tenths", "-1")]
    [InlineData("web/slow", "tenths", "1.5")]
    [InlineData("web/slow", "tenths", "\"x\"")]
    [InlineData("fuel/os-distribution", "release", "\"\"")]
    [InlineData("fuel/os-distribution", "release", "\"9.0\"")]
    public async Task Request_Value_IsTakenWhereItsSchemaAllowsIt(string report, string parameter, string json)
    {
        var described = (await DocumentAsync())["paths"]![$"/api/reports/{report}"]!["get"]!["parameters"]!
            .AsArray()
            .Single(p => p!["name"]!.GetValue<string>() == parameter)!;
        var isAllowed = (await SchemaAsync(described["schema"]!)).Validate(json).Count == 0;

        using var response = await web.Site.GetAsync(
            $"/api/reports/{report}?{parameter}={Uri.EscapeDataString(JsonDocument.Parse(json).RootElement.ToString())}"
        );

        Assert.Equal(isAllowed ? 200 : 400, (int)response.StatusCode);
    }

    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await web.Site.TextAsync("/api/openapi.json"))!;

    private static Task<JsonSchema> SchemaAsync(JsonNode schema) => JsonSchema.FromJsonAsync(schema.ToJsonString(), Token);
}
