using System.Net;
using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What a load balancer and a monitor are told.</summary>
public sealed class WebHealthTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Live_Anybody_IsTold()
    {
        Assert.Equal("Healthy", await web.Site.TextAsync("/health/live"));
    }

    [Fact]
    public async Task Ready_ExtractsThatAreLate_DegradeAndAreNamed()
    {
        var (status, json) = await web.Site.JsonAsync("/health/ready");
        Assert.Equal(200, status);
        Assert.Equal("Degraded", json.GetProperty("status").GetString());
        Assert.Equal("Healthy", json.GetProperty("checks").GetProperty("warehouse").GetProperty("status").GetString());
        var late = json.GetProperty("checks").GetProperty("extracts").GetProperty("found").GetString()!;
        Assert.Contains("fuel/tasks_history was never loaded", late, StringComparison.Ordinal);
        Assert.Matches("fuel/installation_structures was last loaded at 20[0-9-]+ [0-9:]+ UTC", late);
        Assert.DoesNotContain("fuel/action_logs", late, StringComparison.Ordinal);
        // Of which nothing was ever loaded.
        Assert.DoesNotContain("foreman/", late, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ready_ReadersAreToldApart_SaysWhatWasFoundToAnalystsOnly()
    {
        await using var site = await web.ServeAsync([
            .. WebProgram.Token(0, "an analyst", "analyst", "secret"),
            .. WebProgram.Token(1, "the public", "public", "open"),
        ]);
        foreach (var token in (string?[])[null, "open", "secret"])
        {
            var (status, json) = await site.JsonAsync("/health/ready", token is null ? [] : [("Authorization", "Bearer " + token)]);
            Assert.Equal(200, status);
            Assert.Equal("Degraded", json.GetProperty("status").GetString());
            Assert.Equal(
                token == "secret",
                json.GetProperty("checks").GetProperty("extracts").GetProperty("found").GetString()!.Length > 0
            );
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await site.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task Ready_WarehouseIsGone_Is503WithItsReason()
    {
        await using var site = await web.ServeAsync(("Warehouse__Url", "http://127.0.0.1:9"));
        Assert.Equal("Healthy", await site.TextAsync("/health/live"));
        using var answer = await site.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var checks = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("checks");
        Assert.Equal("Unhealthy", checks.GetProperty("warehouse").GetProperty("status").GetString());
        Assert.Contains("127.0.0.1:9", checks.GetProperty("warehouse").GetProperty("found").GetString(), StringComparison.Ordinal);
    }
}
