using Microsoft.Playwright;
using Reports.Definitions;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The pages in a real browser, the distribution's Chromium; skipped with its reason where there is none.</summary>
public sealed class PagesTests(PagesTests.Browser browser) : IClassFixture<PagesTests.Browser>
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    [Fact]
    public async Task Index_Links_LeadToEveryReportsPage()
    {
        var page = await browser.OpenAsync("index.html", 1200);

        var links = await page.Locator(".cards h3 a").AllAsync();
        Assert.True(links.Count >= 7);
        foreach (var link in links)
        {
            Assert.True(File.Exists(Path.Combine(browser.Out, (await link.GetAttributeAsync("href"))!)));
        }

        Assert.Empty(browser.Errors);
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(400)]
    public async Task Page_EveryReport_ShowsChartAndTableWithoutOverflow(int width)
    {
        foreach (var file in browser.Pages)
        {
            var page = await browser.OpenAsync(file, width);

            Assert.True(await page.Locator("h1").IsVisibleAsync(), file);
            Assert.True(await page.Locator("table tbody tr").CountAsync() > 0, $"{file}: no row");
            if (Project.Here.Report(Path.ChangeExtension(file, null)).Chart is not null)
            {
                Assert.True(await page.Locator("svg[role=img], .figures").CountAsync() > 0, $"{file}: no chart and no figures");
            }

            Assert.Contains("ago", await page.Locator(".facts").InnerTextAsync(), StringComparison.Ordinal);
            var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{file}: {overflow} px wider than the window of {width} px");
            await page.CloseAsync();
        }

        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Page_Files_AreThere()
    {
        var page = await browser.OpenAsync("fuel/os-distribution.html", 1200);

        foreach (var link in await page.Locator(".files a").AllAsync())
        {
            Assert.True(File.Exists(Path.Combine(browser.Out, "fuel", (await link.GetAttributeAsync("href"))!)));
        }

        Assert.Equal(3, await page.Locator(".files a").CountAsync());
        // What a site wrote is text, never markup.
        Assert.Equal(1, await page.Locator("td", new() { HasTextString = "=1+1 <b>" }).CountAsync());
    }

    [Fact]
    public async Task Page_DarkMode_HasLightTextOnDark()
    {
        var page = await browser.OpenAsync("fuel/os-distribution.html", 1200, ColorScheme.Dark);

        var paper = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        var ink = await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.chart .label')).fill");

        Assert.True(Lightness(paper) < 60 && Lightness(ink) > 180, $"{ink} on {paper}");
    }

    [Fact]
    public async Task Page_Print_ShowsTheWholeTable()
    {
        var page = await browser.OpenAsync("fuel/server-types.html", 800);
        await page.EmulateMediaAsync(new() { Media = Media.Print });

        Assert.False(await page.Locator(".files").IsVisibleAsync());
        Assert.Equal("visible", await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.scroll')).overflowY"));
    }

    [Theory]
    [InlineData(760)]
    [InlineData(400)]
    public async Task Mail_InAWindow_HasNoOverflow(int width)
    {
        var page = await browser.OpenAsync("mail.html", width);

        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.True(overflow <= 0, $"{overflow} px wider than the window of {width} px");
        Assert.Equal(5, await page.Locator("h2").CountAsync());
        Assert.Empty(browser.Errors);
    }

    /// <summary>The HTML part of a mail that was written as a file.</summary>
    internal static byte[] HtmlPartOf(string file)
    {
        var mail = File.ReadAllText(file);
        var part = mail[mail.LastIndexOf("text/html", StringComparison.Ordinal)..];
        return Convert.FromBase64String(
            part[part.IndexOf("\r\n\r\n", StringComparison.Ordinal)..part.IndexOf("\r\n--", StringComparison.Ordinal)]
        );
    }

    /// <summary>Starts a browser that asks nobody else for anything.</summary>
    internal static Task<IBrowser> LaunchAsync(IPlaywright playwright, string? chromium) =>
        playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = chromium,
                Args =
                [
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-sync",
                    "--disable-background-networking",
                    "--disable-component-update",
                ],
            }
        );

    /// <summary>The Chromium of this machine; null: none.</summary>
    internal static string? FindChromium() =>
        (
            (string?[])
                [
                    Environment.GetEnvironmentVariable("CHROMIUM"),
                    .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').SelectMany(d => Names.Select(n => Path.Combine(d, n))),
                ]
        ).FirstOrDefault(File.Exists);

    private static int Lightness(string rgb) =>
        rgb.Split('(', ',', ')')[1..4].Sum(p => int.Parse(p.Trim(), System.Globalization.CultureInfo.InvariantCulture)) / 3;

    /// <summary>Chromium, and the pages of all reports.</summary>
    public sealed class Browser(EnginesFixture engines) : IAsyncLifetime
    {
        private readonly ReportsProgram _reports = new(engines);
        private IPlaywright? _playwright;
        private IBrowser? _chromium;

        /// <summary>Where the pages are.</summary>
        public string Out => Path.Combine(_reports.Folder, "out");

        /// <summary>Every report's page.</summary>
        public IEnumerable<string> Pages =>
            Directory.EnumerateFiles(Path.Combine(Out, "fuel"), "*.html").Select(f => Path.GetRelativePath(Out, f));

        /// <summary>What the browser complained of, and every request that left the page.</summary>
        public List<string> Errors { get; } = [];

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            await _reports.InitializeAsync();
            var (code, _, errors) = await _reports.RunAsync(["all", "--out", Out]);
            Assert.True(code == 0, errors);
            await WriteMailAsync();
            if (FindChromium() is { } path)
            {
                _playwright = await Playwright.CreateAsync();
                _chromium = await LaunchAsync(_playwright, path);
            }
        }

        /// <summary>Opens a file in a window of that width.</summary>
        public async Task<IPage> OpenAsync(string file, int width, ColorScheme scheme = ColorScheme.Light)
        {
            Assert.SkipWhen(_chromium is null, $"no Chromium: none of {string.Join(", ", Names)} is on PATH, and CHROMIUM names none");
            var page = await _chromium!.NewPageAsync(
                new()
                {
                    ViewportSize = new() { Width = width, Height = 900 },
                    ColorScheme = scheme,
                }
            );
            page.Console += (_, message) => Errors.Add($"{file}: {message.Text}");
            page.PageError += (_, error) => Errors.Add($"{file}: {error}");
            page.Request += (_, request) =>
            {
                if (
                    !request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)
                )
                {
                    Errors.Add($"{file} asks for {request.Url}");
                }
            };
            await page.GotoAsync(new Uri(Path.Combine(Out, file)).AbsoluteUri);
            return page;
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await (_chromium?.DisposeAsync() ?? ValueTask.CompletedTask);
            _playwright?.Dispose();
            await _reports.DisposeAsync();
        }

        // The digest's HTML part as a file, as a mail client gets it.
        private async Task WriteMailAsync()
        {
            var folder = Path.Combine(_reports.Folder, "mail");
            var (code, _, errors) = await _reports.RunAsync(["digest", "fuel-weekly", "--out", folder]);
            Assert.True(code == 0, errors);
            await File.WriteAllBytesAsync(Path.Combine(Out, "mail.html"), HtmlPartOf(Directory.GetFiles(folder).Single()));
        }
    }
}
