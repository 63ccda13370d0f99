using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A digest's reports on one page of the web site, with parameters that they share.</summary>
public sealed class DashboardTests(WebProgram web) : IClassFixture<WebProgram>
{
    [Fact]
    public async Task Page_Default_ShowsEachReportOrWhyNot()
    {
        var (status, page, _) = await AskAsync("/dashboards/board");

        Assert.Equal(200, status);
        Assert.Equal(5, Regex.Count(page, "<section class=\"card part\""));
        Assert.Matches(@"(?s)<td>ubuntu</td>.*?more row", page);
        Assert.DoesNotContain("<td>centos</td>", page, StringComparison.Ordinal);
        Assert.Matches("<dt>Installations</dt><dd>[0-9]+</dd>", page);
        Assert.Contains("the fault of this report", page, StringComparison.Ordinal);
        // On the list of reports too.
        Assert.Contains(
            "<a href=\"/dashboards/board\">Of the tests</a>",
            WebUtility.HtmlDecode(await TextAsync("/")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Page_SharedParameters_AreGivenToThoseThatHaveThem()
    {
        var (status, page, _) = await AskAsync("/dashboards/board?from=2026-01-01&to=2026-02-01&compare=previous&release=");
        Assert.Equal(200, status);
        Assert.Equal(2, Regex.Count(page, "1 January 2026 – 31 January 2026, before: 1 December 2025 – 31 December 2025"));
        Assert.Contains("Failures on average", page, StringComparison.Ordinal);
        Assert.Contains("value=\"2026-01-01\"", page, StringComparison.Ordinal);

        // What nobody gave is what the file says.
        (_, page, _) = await AskAsync("/dashboards/board?release=9.0");
        var month = DateTime.UtcNow.AddMonths(-1);
        Assert.Contains($"1 {month:MMMM yyyy} – ", page, StringComparison.Ordinal);
        Assert.Matches("href=\"/reports/fuel/os-distribution\\?release=9.0\"", page);
    }

    [Theory]
    [InlineData("/dashboards/bord", 404, "there is no dashboard 'bord'; did you mean board?")]
    [InlineData("/dashboards/board?relase=9.0", 400, "board has no parameter 'relase'")]
    [InlineData("/dashboards/board?from=soon", 200, "expected a day such as")]
    [InlineData("/dashboards/board?from=2026-02-01&to=2026-01-01&compare=year", 200, "the period has no day")]
    [InlineData("/dashboards/board?from=2026-01-01&from=2026-01-02", 200, "expected a day such as")]
    public async Task Page_WrongQuestion_SaysSo(string address, int expected, string text)
    {
        var (status, page, _) = await AskAsync(address);

        Assert.Equal(expected, status);
        Assert.Contains(text, page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Page_SlowReport_IsWaitedForWhileOthersAreShown()
    {
        var (_, page, refresh) = await VisitAsync("/dashboards/slow");
        Assert.Equal("2", refresh);
        Assert.Contains("Being asked.", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Installations</dt>", page, StringComparison.Ordinal);

        (_, page, refresh) = await AskAsync("/dashboards/slow");
        Assert.Null(refresh);
        Assert.Equal(2 + 10, Regex.Count(page, "<tr>") + Regex.Count(page, "<dt>Installations</dt>"));
    }

    [Fact]
    public async Task Page_Wall_AsksAgainByItself()
    {
        var (status, page, refresh) = await AskAsync("/dashboards/board?wall&from=2026-01-01&to=2026-02-01");

        Assert.Equal((200, "60"), (status, refresh));
        Assert.DoesNotContain("<form", page, StringComparison.Ordinal);
        Assert.Contains("1 January 2026 – 31 January 2026", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_PublicReader_SeesNone()
    {
        await using var site = await web.ServeAsync([.. WebProgram.Token(0, "all", "public", "everybody")]);
        var (_, index) = (0, await site.TextAsync("/", ("Authorization", "Bearer everybody"), ("Accept", "text/html")));
        Assert.DoesNotContain("/dashboards/", index, StringComparison.Ordinal);
        using var refused = await site.GetAsync("/dashboards/board", ("Authorization", "Bearer everybody"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Cells_WithLinks_LeadToAPageThatAnswers()
    {
        var (_, page, _) = await AskAsync("/reports/fuel/release-distribution");
        var links = Regex.Matches(page, "<td><a href=\"(?<to>[^\"]+)\">").Select(m => m.Groups["to"].Value).ToList();
        Assert.NotEmpty(links);
        foreach (var link in links)
        {
            Assert.StartsWith("/reports/fuel/deployment-time?release=", link, StringComparison.Ordinal);
            Assert.Equal(200, (await AskAsync(link)).Status);
        }
    }

    private async Task<string> TextAsync(string address) => (await AskAsync(address)).Page;

    // A page whose reports aren't all there yet asks for another visit.
    private async Task<(int Status, string Page, string? Refresh)> AskAsync(string address)
    {
        var answer = await VisitAsync(address);
        for (var i = 0; i < 60 && answer.Refresh == "2"; i++)
        {
            await Task.Delay(500, TestContext.Current.CancellationToken);
            answer = await VisitAsync(address);
        }

        return answer;
    }

    private async Task<(int Status, string Page, string? Refresh)> VisitAsync(string address)
    {
        using var answer = await web.Site.GetAsync(address, ("Accept", "text/html"));
        var refresh = answer.Headers.TryGetValues("Refresh", out var seconds) ? string.Join(',', seconds) : null;
        return (
            (int)answer.StatusCode,
            WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)),
            refresh
        );
    }
}
