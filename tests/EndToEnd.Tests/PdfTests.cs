using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Reports.Rendering;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>PDFs that a real Chromium prints, read with pdftotext; skipped where one of the two is missing.</summary>
public sealed partial class PdfTests(ReportsProgram reports) : IClassFixture<ReportsProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Pdf_NumbersItsSheetsRepeatsTheHeadAndSaysWhatIsCutOff()
    {
        SkipWithoutTools();
        var (errors, sheets) = await RunAsync("fuel/many", ("WAREHOUSE_ROOT", reports.CopyProjectWithManyRows()), "--param", "rows=1001");

        Assert.Equal("cut off: only the first 1,000 rows were written\n", errors);
        Assert.True(sheets.Length > 10, $"{sheets.Length} sheets");
        Assert.Contains(
            "Only the first 1,000 rows are shown here. There are more; CSV holds all of them.",
            sheets[0],
            StringComparison.Ordinal
        );
        for (var i = 0; i < sheets.Length; i++)
        {
            Assert.Matches(@"Number +Site +Started \(UTC\) +Took", sheets[i]);
            Assert.Matches($@"\nMany rows +{i + 1} ?/ ?{sheets.Length}\s*$", sheets[i]);
        }

        Assert.Equal(
            Enumerable.Range(0, 1000),
            Rows()
                .Matches(string.Concat(sheets))
                .Select(m => int.Parse(m.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))
        );
    }

    [Fact]
    public async Task Run_Pdf_ShowsTheChartAndTheDatasAge()
    {
        SkipWithoutTools();
        var (errors, sheets) = await RunAsync("fuel/os-distribution");

        Assert.Empty(errors);
        var sheet = Assert.Single(sheets);
        Assert.Contains("Environments by operating system", sheet, StringComparison.Ordinal);
        Assert.Matches(@"Operating systems of environments · data loaded \d{4}-\d\d-\d\d \d\d:\d\d UTC +1 ?/ ?1", sheet);
        // In the chart and in the table; what a site wrote is text, never markup.
        Assert.Equal(2, Regex.Count(sheet, Regex.Escape("=1+1 <b>")));
    }

    [Fact]
    public async Task Print_Digest_IsNumberedToo()
    {
        SkipWithoutTools();
        var (code, _, errors) = await reports.RunAsync(["digest", "fuel-weekly", "--out", Path.Combine(reports.Folder, "mail")]);
        Assert.True(code == 0, errors);
        var html = PagesTests.HtmlPartOf(Directory.GetFiles(Path.Combine(reports.Folder, "mail")).Single());

        var sheets = await ReadAsync(await PdfPrinter.Find(null).PrintAsync(html, "Fuel: the week", Token));

        Assert.Contains("Operating systems of environments", string.Concat(sheets), StringComparison.Ordinal);
        Assert.All(sheets, (s, i) => Assert.Matches($@"Fuel: the week +{i + 1} ?/ ?{sheets.Length}\s*$", s));
    }

    [Fact]
    public async Task Print_PageThatAsksForMore_ReachesNobody()
    {
        SkipWithoutTools();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var page =
            $"<html><head></head><body>here<img src=\"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/x.png\"><script src=\"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/x.js\"></script></body></html>";

        var sheets = await ReadAsync(await PdfPrinter.Find(null).PrintAsync(Encoding.UTF8.GetBytes(page), "", Token));

        Assert.Contains("here", Assert.Single(sheets), StringComparison.Ordinal);
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Run_PdfWithoutChromium_SaysWhatToInstall()
    {
        var (code, output, errors) = await reports.RunAsync(
            ["run", "fuel/os-distribution", "--format", "pdf"],
            ("PATH", "/nix"),
            ("Reports__Chromium", "")
        );

        Assert.Equal((1, ""), (code, output));
        Assert.Equal(
            "error: Chromium prints PDFs, and PATH has none of chromium, chromium-browser, google-chrome, google-chrome-stable — install it (Debian: apt-get install chromium), or set Reports__Chromium to its path\n",
            errors
        );
    }

    private static void SkipWithoutTools()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        Assert.SkipUnless(folders.Any(f => File.Exists(Path.Combine(f, "pdftotext"))), "no pdftotext on PATH (Debian: poppler-utils)");
        Assert.SkipUnless(PagesTests.FindChromium() is not null, "no Chromium on PATH");
    }

    private async Task<(string Errors, string[] Sheets)> RunAsync(string report, (string, string)? variable = null, params string[] more)
    {
        using var program = reports.Start(["run", report, "--format", "pdf", .. more], variable is { } v ? [v] : []);
        var errors = program.StandardError.ReadToEndAsync(Token);
        using var pdf = new MemoryStream();
        await program.StandardOutput.BaseStream.CopyToAsync(pdf, Token);
        await program.WaitForExitAsync(Token);
        Assert.True(program.ExitCode == 0, await errors);
        return (await errors, await ReadAsync(pdf.ToArray()));
    }

    // The text of each sheet, as it stands on it.
    private static async Task<string[]> ReadAsync(byte[] pdf)
    {
        using var reader = Process.Start(
            new ProcessStartInfo("pdftotext", ["-layout", "-", "-"]) { RedirectStandardInput = true, RedirectStandardOutput = true }
        )!;
        var text = reader.StandardOutput.ReadToEndAsync(Token);
        await reader.StandardInput.BaseStream.WriteAsync(pdf, Token);
        reader.StandardInput.Close();
        return (await text).TrimEnd('\f').Split('\f');
    }

    [GeneratedRegex(@"^ *([\d,]+) +site \d+ ", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
