using System.Text;
using Reports.Rendering;
using Xunit;

namespace Reports.Tests;

/// <summary>What becomes of a Chromium that doesn't do its work. Real ones print in the end-to-end tests.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PdfPrinterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pdf-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Print_ChromiumHangs_IsStoppedAfterTheLimit()
    {
        var printer = new PdfPrinter(Program("sleep 600 & echo $$ $! $* > \"$STARTED\"; wait"), TimeSpan.FromMilliseconds(1500));

        var fault = await Assert.ThrowsAsync<ReportException>(() => printer.PrintAsync("<p>"u8.ToArray(), "", Token));

        Assert.EndsWith("took longer than 2 s to print, and was stopped", fault.Message, StringComparison.Ordinal);
        await AssertIsGoneAsync();
    }

    [Fact]
    public async Task Print_Cancelled_StopsChromiumAndRemovesItsFiles()
    {
        using var stop = new CancellationTokenSource();
        var printing = new PdfPrinter(Program("sleep 600 & echo $$ $! $* > \"$STARTED\"; wait")).PrintAsync(
            "<p>"u8.ToArray(),
            "",
            stop.Token
        );
        while (!File.Exists(Started) || await File.ReadAllTextAsync(Started, Token) is not { Length: > 1 })
        {
            await Task.Delay(20, Token);
        }

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => printing);
        await AssertIsGoneAsync();
    }

    [Fact]
    public async Task Print_ChromiumFails_SaysWhatItSaid()
    {
        var printer = new PdfPrinter(Program("echo noise >&2; echo 'No usable sandbox!' >&2; exit 1"));

        var fault = await Assert.ThrowsAsync<ReportException>(() => printer.PrintAsync("<p>"u8.ToArray(), "", Token));

        Assert.EndsWith("chromium printed no PDF: No usable sandbox!", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%PDF-1.4 half", 0)]
    [InlineData("%PDF-1.4 %%EOF", 9)]
    public async Task Print_HalfAFileOrFailure_IsNoPdf(string file, int code)
    {
        var printer = new PdfPrinter(
            Program($"for a; do case $a in --print-to-pdf=*) echo '{file}' > \"${{a#*=}}\";; esac; done; exit {code}")
        );

        var fault = await Assert.ThrowsAsync<ReportException>(() => printer.PrintAsync("<p>"u8.ToArray(), "", Token));

        Assert.EndsWith(
            $"chromium printed no PDF: it ended with exit code {code} and half a file or none",
            fault.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Print_Footer_CannotEndItsStyle()
    {
        // A program that hands back the page instead of a PDF.
        var printer = new PdfPrinter(
            Program("for a; do case $a in --print-to-pdf=*) out=${a#*=};; esac; done; { cat \"${out%pdf}html\"; echo %%EOF; } > \"$out\"")
        );

        var page = Encoding.UTF8.GetString(
            await printer.PrintAsync("<html><head><title>t</title></head></html>"u8.ToArray(), "Zürich \"a\" </style><b> \\ 2", Token)
        );

        Assert.Contains("content: \"Zürich \\22 a\\22  \\3c \\2f style\\3e \\3c b\\3e  \\5c  2\";", page, StringComparison.Ordinal);
        Assert.StartsWith("\uFEFF<html><head><style>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ConfiguredButNotThere_SaysSo() =>
        Assert.StartsWith(
            "Reports__Chromium: there is no program '/nix/chromium'",
            Assert.Throws<ReportException>(() => PdfPrinter.Find("/nix/chromium")).Message,
            StringComparison.Ordinal
        );

    private string Started => Path.Combine(folder, "started");

    private string Program(string script)
    {
        var path = Path.Combine(folder, "chromium");
        File.WriteAllText(path, $"#!/bin/sh\nSTARTED={Started}\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    // The program, what it started, and the folder that its arguments name.
    private async Task AssertIsGoneAsync()
    {
        var started = (await File.ReadAllTextAsync(Started, Token)).Split(' ');
        for (var attempt = 0; started[..2].Any(IsRunning); attempt++)
        {
            Assert.True(attempt < 100, $"one of {started[0]} and {started[1]} still runs");
            await Task.Delay(20, Token);
        }

        var pdf = started.Single(a => a.StartsWith("--print-to-pdf=", StringComparison.Ordinal)).Split('=')[1];
        Assert.False(Directory.Exists(Path.GetDirectoryName(pdf)));
    }

    // One that has ended but that nobody has asked after has no command line.
    private static bool IsRunning(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
