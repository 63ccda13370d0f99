using System.Net;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Assistants ask reports by the Model Context Protocol, scripts of other origins by the API, each as the reader that it is.</summary>
public sealed class AssistantTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tools_Analyst_FindsAsksAndLooksUp()
    {
        await using var client = await ConnectAsync(web.Site, null);
        var tools = await client.ListToolsAsync(cancellationToken: Token);
        Assert.Equal(["ask_report", "describe_table", "find_reports"], tools.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(tools, t => Assert.True(t.ProtocolTool.Annotations!.ReadOnlyHint));

        var found = await SaidAsync(client, "find_reports", ("words", "operating SYSTEMS"));
        Assert.Equal("fuel/os-distribution", Assert.Single(found.EnumerateArray()).GetProperty("name").GetString());

        var answer = await SaidAsync(
            client,
            "ask_report",
            ("report", "fuel/os-distribution"),
            ("parameters", new Dictionary<string, string?> { ["release"] = null })
        );
        var (_, api) = await web.Site.JsonAsync("/api/reports/fuel/os-distribution");
        Assert.Equal(api.GetProperty("rows").GetArrayLength(), answer.GetProperty("rows").GetArrayLength());
        Assert.Equal("Operating system", answer.GetProperty("columns")[0].GetProperty("title").GetString());

        var many = await SaidAsync(
            client,
            "ask_report",
            ("report", "web/many"),
            ("parameters", new Dictionary<string, string> { ["n"] = "1000" })
        );
        Assert.Equal(
            (200, "800 more rows aren't shown"),
            (many.GetProperty("rows").GetArrayLength(), many.GetProperty("more").GetString())
        );

        var table = await SaidAsync(client, "describe_table", ("table", "fuel_installation"));
        Assert.Contains("web/installations", table.GetProperty("reports").EnumerateArray().Select(r => r.GetString()));
        Assert.NotEmpty((await SaidAsync(client, "describe_table")).EnumerateArray());
    }

    [Theory]
    [InlineData(
        "ask_report",
        "report",
        "fuel/os-distribtion",
        "there is no report 'fuel/os-distribtion'; did you mean fuel/os-distribution?"
    )]
    [InlineData("ask_report", "report", "../../etc/passwd", "there is no report '../../etc/passwd'")]
    [InlineData("ask_report", "report", "web/fails", "the fault of this report")]
    [InlineData("describe_table", "table", "fuel_instalation", "there is no table 'fuel_instalation'; did you mean fuel_installation?")]
    public async Task Tools_WhatCannotBeAnswered_IsOneClearLine(string tool, string name, string value, string expected)
    {
        await using var client = await ConnectAsync(web.Site, null);
        var result = await CallAsync(client, tool, (name, value));

        Assert.True(result.IsError);
        Assert.Contains(expected, Text(result), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', Text(result));
    }

    [Fact]
    public async Task Tools_WrongValues_NameWhatIsExpected()
    {
        await using var client = await ConnectAsync(web.Site, null);
        var result = await CallAsync(
            client,
            "ask_report",
            ("report", "fuel/deployment-time"),
            ("parameters", new Dictionary<string, string> { ["from"] = "soon", ["relase"] = "9.0" })
        );

        Assert.True(result.IsError);
        Assert.Contains("'from': expected a day such as", Text(result), StringComparison.Ordinal);
        Assert.Contains("has no parameter 'relase'", Text(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_PublicReader_SeesPublicReportsAsTheyStand()
    {
        await using var site = await web.ServeAsync([.. WebProgram.Token(0, "all", "public", "everybody")]);
        using var refused = await site.SendAsync(HttpMethod.Post, "/mcp", [], new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        await using var client = await ConnectAsync(site, "everybody");
        var found = (await SaidAsync(client, "find_reports")).EnumerateArray().Select(r => r.GetProperty("name").GetString()).ToList();
        Assert.Contains("fuel/os-distribution", found);
        Assert.DoesNotContain("web/installations", found);
        Assert.Contains(
            "there is no report 'web/installations'",
            Text(await CallAsync(client, "ask_report", ("report", "web/installations"))),
            StringComparison.Ordinal
        );
        Assert.Contains("analyst", Text(await CallAsync(client, "describe_table")), StringComparison.Ordinal);
        var given = ("parameters", (object)new Dictionary<string, string> { ["release"] = "9.0" });
        Assert.Contains(
            "a public reader gets a report as it stands",
            Text(await CallAsync(client, "ask_report", ("report", "fuel/os-distribution"), given)),
            StringComparison.Ordinal
        );
        // Groups of few sites are merged, as on the page.
        var answer = await SaidAsync(client, "ask_report", ("report", "fuel/os-distribution"));
        var (_, api) = await site.JsonAsync("/api/reports/fuel/os-distribution", ("Authorization", "Bearer everybody"));
        Assert.Equal(api.GetProperty("rows").GetArrayLength(), answer.GetProperty("rows").GetArrayLength());
        Assert.Contains("fewer than 5 sites", answer.GetProperty("to_know").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Origins_Configured_MayAskTheApiAndNothingElse()
    {
        await using var site = await web.ServeAsync(("Web__Origins", "https://notebooks.example.org/, http://127.0.0.1:3000"));
        const string known = "https://notebooks.example.org";
        Assert.Equal(known, await AllowedAsync(site, "/api/reports", known));
        Assert.Equal("http://127.0.0.1:3000", await AllowedAsync(site, "/api/reports/fuel/os-distribution", "http://127.0.0.1:3000"));
        Assert.Null(await AllowedAsync(site, "/api/reports", "https://elsewhere.example.org"));
        Assert.Null(await AllowedAsync(site, "/reports/fuel/os-distribution", known));
        // By default nobody's.
        Assert.Null(await AllowedAsync(web.Site, "/api/reports", known));

        using var asked = await site.SendAsync(
            HttpMethod.Options,
            "/api/reports",
            [("Origin", known), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "authorization")]
        );
        Assert.Equal(HttpStatusCode.NoContent, asked.StatusCode);
        Assert.Contains(
            "Authorization",
            asked.Headers.GetValues("Access-Control-Allow-Headers").First(),
            StringComparison.OrdinalIgnoreCase
        );
        Assert.False(asked.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("notebooks")]
    [InlineData("https://x.example.org/path")]
    [InlineData("*")]
    public async Task Origins_ThatAreNone_AreRefused(string origins)
    {
        var (code, _, errors) = await web.RunAsync(0, ("Web__Origins", origins));

        Assert.NotEqual(0, code);
        Assert.Contains(
            $"Web__Origins: expected origins such as https://notebooks.example.org; found '{origins}'",
            errors,
            StringComparison.Ordinal
        );
    }

    private static async Task<string?> AllowedAsync(WebSite site, string address, string origin)
    {
        using var answer = await site.GetAsync(address, ("Origin", origin));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null;
    }

    private static async Task<McpClient> ConnectAsync(WebSite site, string? token)
    {
        var options = new HttpClientTransportOptions
        {
            Endpoint = new Uri(site.Http.BaseAddress!, "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = token is null ? null : new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
        };
        return await McpClient.CreateAsync(new HttpClientTransport(options), cancellationToken: Token);
    }

    private static async Task<CallToolResult> CallAsync(McpClient client, string tool, params (string Name, object Value)[] arguments) =>
        await client.CallToolAsync(tool, arguments.ToDictionary(a => a.Name, object? (a) => a.Value), cancellationToken: Token);

    private static async Task<JsonElement> SaidAsync(McpClient client, string tool, params (string Name, object Value)[] arguments)
    {
        var result = await CallAsync(client, tool, arguments);
        Assert.True(result.IsError != true, Text(result));
        return JsonDocument.Parse(Text(result)).RootElement;
    }

    private static string Text(CallToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
}
