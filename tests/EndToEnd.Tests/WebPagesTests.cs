using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The served pages in a real browser, the distribution's Chromium; skipped with its reason where there is none.</summary>
public sealed class WebPagesTests(WebProgram web) : IClassFixture<WebProgram>, IAsyncLifetime
{
    private const string Distribution = "/reports/fuel/os-distribution";
    private readonly List<string> _errors = [];
    private IPlaywright? _playwright;
    private IBrowser? _chromium;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PagesTests.FindChromium() is null, "no Chromium is on PATH, and CHROMIUM names none");
        _playwright = await Playwright.CreateAsync();
        _chromium = await PagesTests.LaunchAsync(_playwright, PagesTests.FindChromium());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_chromium?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }

    [Fact]
    public async Task Form_Submitted_ShowsChartAndTableOfItsValue()
    {
        var page = await OpenAsync(Distribution);
        await page.GetByLabel("release").FillAsync("unknown");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();

        Assert.EndsWith(Distribution + "?release=unknown", page.Url, StringComparison.Ordinal);
        Assert.Equal("unknown", await page.GetByLabel("release").InputValueAsync());
        Assert.Equal(3, await page.Locator("tbody tr").CountAsync());
        Assert.True(await page.Locator(".drawn canvas").IsVisibleAsync());
        // What a site wrote is text, never markup.
        Assert.Equal(1, await page.Locator("td", new() { HasTextString = "=1+1 <b>" }).CountAsync());
        // What a link downloads is what the page shows.
        var href = await page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).GetAttributeAsync("href");
        Assert.Contains("ubuntu,16,16,", await web.Site.TextAsync(href!), StringComparison.Ordinal);
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Form_WrongValue_SaysWhatIsExpectedAtItsField()
    {
        var page = await OpenAsync("/reports/web/slow?tenths=x");
        _errors.RemoveAll(e => e.Contains("400", StringComparison.Ordinal));

        Assert.Equal("'tenths': expected a whole number (Int32); found 'x'.", await page.GetByRole(AriaRole.Alert).InnerTextAsync());
        Assert.Equal("true", await page.GetByLabel("tenths").GetAttributeAsync("aria-invalid"));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Chart_Hovered_ShowsTheValueAsTheTableDoes()
    {
        var page = await OpenAsync(Distribution);
        await page.WaitForTimeoutAsync(500);
        var box = (await page.Locator(".drawn").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + 12);
        await page.Locator(".tip").WaitForAsync();

        Assert.Contains("ubuntu", await page.Locator(".tip").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("16", await page.Locator(".tip").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Chart_LegendByKeyboard_HidesALine()
    {
        var page = await OpenAsync("/reports/fuel/vms-by-status");
        var button = page.Locator(".legend button").First;
        var before = await PixelsAsync(page);
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForTimeoutAsync(600);

        Assert.Equal("false", await button.GetAttributeAsync("aria-pressed"));
        Assert.NotEqual(before, await PixelsAsync(page));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Page_KeyboardAlone_ReachesFormTableAndSql()
    {
        var page = await OpenAsync(Distribution);
        List<string> reached = [];
        for (var i = 0; i < 14; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(
                await page.EvaluateAsync<string>(
                    "document.activeElement.tagName + ' ' + (document.activeElement.name ?? '') + ' ' + (document.activeElement.className ?? '') + (getComputedStyle(document.activeElement).outlineStyle === 'none' ? ' unseen' : '')"
                )
            );
        }

        Assert.Contains(reached, r => r.StartsWith("INPUT release", StringComparison.Ordinal));
        Assert.Contains(reached, r => r.StartsWith("BUTTON", StringComparison.Ordinal));
        Assert.Contains(reached, r => r.Contains("scroll", StringComparison.Ordinal));
        Assert.Contains(reached, r => r.StartsWith("SUMMARY", StringComparison.Ordinal));
        Assert.DoesNotContain(
            reached.TakeWhile(r => !r.StartsWith("BODY", StringComparison.Ordinal)),
            r => r.EndsWith("unseen", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(1200, "/", "/?q=none-is-called-so", "/catalogue", "/loads", "/mails", "/reports/web/groups", "/reports/fuel/server-types")]
    [InlineData(390, "/", "/?q=none-is-called-so", "/catalogue", "/loads", "/mails", "/reports/web/groups")]
    public async Task Pages_All_HaveNoOverflowAndAskThisSiteOnly(int width, params string[] addresses)
    {
        // A phone is where it gets narrow: there, every report.
        var reports =
            width < 400
                ? Directory
                    .EnumerateFiles(WarehouseSql.Definitions.Project.Here.PathOf("reports", "definitions", "fuel"), "*.sql")
                    .Select(f => "/reports/fuel/" + Path.GetFileNameWithoutExtension(f))
                : [];
        var page = await OpenAsync("/", width);
        foreach (var address in addresses.Concat(reports))
        {
            await page.GotoAsync(address);
            var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{address}: {overflow} px wider than the window of {width} px");
        }

        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Page_WithoutScripts_HasFormPictureAndTable()
    {
        var page = await OpenAsync(Distribution, scripts: false);

        Assert.True(await page.Locator(".picture > svg").IsVisibleAsync());
        Assert.Equal(3, await page.Locator("tbody tr").CountAsync());
        await page.GetByLabel("release").FillAsync("nothing-like-it");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        Assert.Contains("Nothing to show here.", await page.Locator(".empty").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_DarkMode_DrawsLightOnDark()
    {
        var page = await OpenAsync(Distribution, scheme: ColorScheme.Dark);
        await page.WaitForTimeoutAsync(500);
        var light = await page.EvaluateAsync<int>(
            """
            (() => { const c = document.querySelector('.drawn canvas'); const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
              let most = 0; for (let i = 0; i < p.length; i += 4) if (p[i + 3] > 200) most = Math.max(most, p[i]); return most; })()
            """
        );

        Assert.True(light > 200, $"the brightest letter has {light} of 255");
        Assert.Equal("rgb(16, 17, 20)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task Page_Print_ShowsPictureParametersAndWholeTable()
    {
        var page = await OpenAsync(Distribution + "?release=unknown");
        await page.EmulateMediaAsync(new() { Media = Media.Print });

        Assert.False(await page.Locator("form").IsVisibleAsync());
        Assert.False(await page.Locator(".drawn").IsVisibleAsync());
        Assert.True(await page.Locator(".picture > svg").IsVisibleAsync());
        Assert.True(await page.Locator(".facts .given").IsVisibleAsync());
        Assert.Equal("visible", await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.scroll')).overflowY"));
    }

    [Fact]
    public async Task Page_HeavyReport_ShowsHowFarItIsAndThenItself()
    {
        var page = await OpenAsync("/reports/web/slow?tenths=25&mark=page");
        Assert.Contains("rows are read", await page.GetByRole(AriaRole.Status).InnerTextAsync(), StringComparison.Ordinal);

        await page.Locator("tbody tr").First.WaitForAsync(new() { Timeout = 20_000 });

        Assert.Equal(25, await page.Locator("tbody tr").CountAsync());
        Assert.Equal(1, await web.QueriesAsync("'page'"));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Index_Search_FindsByWords()
    {
        var page = await OpenAsync("/");
        await page.GetByRole(AriaRole.Searchbox).FillAsync("operating SYSTEMS");
        await page.Keyboard.PressAsync("Enter");
        // What was typed stands in the page only once it is the answer's.
        await page.Locator("input[value='operating SYSTEMS']").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Operating systems of environments" }).ClickAsync();

        Assert.EndsWith(Distribution, page.Url, StringComparison.Ordinal);
        Assert.Empty(_errors);
    }

    /// <summary>What the Web Content Accessibility Guidelines (2.2, A and AA) ask that a program can check.</summary>
    [Theory]
    [InlineData("/")]
    [InlineData("/reports/fuel/deployment-time?from=2026-01-01&to=2026-02-01&compare=previous")]
    [InlineData("/reports/web/slow?tenths=x")]
    [InlineData("/dashboards/board")]
    [InlineData("/loads")]
    public async Task Page_LightDarkAndPhone_IsAccessible(string address)
    {
        var options = new AxeRunOptions
        {
            RunOnly = RunOnlyOptions.Tags("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"),
            ResultTypes = [ResultType.Violations],
        };
        var page = await OpenAsync(address);
        var faults = new List<string>();
        foreach (var (width, scheme) in new[] { (1200, ColorScheme.Light), (390, ColorScheme.Dark) })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.WaitForTimeoutAsync(200);
            var found = await page.RunAxe(options);
            faults.AddRange(found.Violations.SelectMany(v => v.Nodes.Take(3).Select(n => $"{width} {scheme} {v.Id}: {v.Help}: {n.Html}")));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    // The legend is there before the picture is.
    private static Task<string> PixelsAsync(IPage page) =>
        page.Locator(".drawn canvas").EvaluateAsync<string>("canvas => canvas.toDataURL()");

    private async Task<IPage> OpenAsync(string address, int width = 1200, ColorScheme scheme = ColorScheme.Light, bool scripts = true)
    {
        var context = await _chromium!.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = 900 },
                ColorScheme = scheme,
                JavaScriptEnabled = scripts,
                BaseURL = web.Site.Http.BaseAddress!.ToString(),
            }
        );
        var page = await context.NewPageAsync();
        page.Console += (_, message) => _errors.Add($"{page.Url}: {message.Text}");
        page.PageError += (_, error) => _errors.Add($"{page.Url}: {error}");
        page.Request += (_, request) =>
        {
            if (
                !request.Url.StartsWith(web.Site.Http.BaseAddress.ToString(), StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal)
            )
            {
                _errors.Add($"{page.Url} asks for {request.Url}");
            }
        };
        await page.GotoAsync(address);
        return page;
    }
}
