using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Reports.Rendering;

/// <summary>Prints HTML to PDF with the Chromium that the machine has; no request leaves the machine.</summary>
/// <param name="chromium">The program.</param>
/// <param name="limit">How long it may take; null: a minute.</param>
internal sealed class PdfPrinter(string chromium, TimeSpan? limit = null)
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>Chromium's path.</summary>
    public string Program => chromium;

    /// <summary>The printer of this machine.</summary>
    /// <param name="configured">The program's path, or its name on PATH; null or empty: Chromium's usual names.</param>
    /// <exception cref="ReportException">There is none; the message says what to install or set.</exception>
    public static PdfPrinter Find(string? configured)
    {
        string[] names = string.IsNullOrEmpty(configured) ? Names : [configured];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var path = names
            .Where(Path.IsPathRooted)
            .Concat(folders.SelectMany(f => names.Select(n => Path.Combine(f, n))))
            .FirstOrDefault(File.Exists);
        return path is not null
            ? new PdfPrinter(path)
            : throw new ReportException(
                string.IsNullOrEmpty(configured)
                    ? $"Chromium prints PDFs, and PATH has none of {string.Join(", ", Names)} — install it (Debian: apt-get install chromium), or set Reports__Chromium to its path"
                    : $"Reports__Chromium: there is no program '{configured}' — set it to Chromium's path, or leave it empty to look on PATH"
            );
    }

    /// <summary>The PDF of a page, its sheets numbered.</summary>
    /// <param name="html">The page.</param>
    /// <param name="footer">A line at the bottom of each sheet.</param>
    /// <param name="token">Ends Chromium.</param>
    /// <exception cref="ReportException">Chromium failed, or took too long.</exception>
    public async Task<byte[]> PrintAsync(byte[] html, string footer, CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("report-pdf-").FullName;
        try
        {
            var page = Path.Combine(folder, "page.html");
            var pdf = Path.Combine(folder, "page.pdf");
            await File.WriteAllTextAsync(page, Numbered(Encoding.UTF8.GetString(html), footer), Encoding.UTF8, token);
            var (code, said) = await RunAsync(folder, page, pdf, token);
            var printed = code == 0 && File.Exists(pdf) ? await File.ReadAllBytesAsync(pdf, token) : [];
            // A full disk or a kill leaves half a file; a whole one ends with this mark.
            return printed.AsSpan(Math.Max(0, printed.Length - 64)).IndexOf("%%EOF"u8) >= 0
                ? printed
                : throw new ReportException(
                    $"{chromium} printed no PDF: {(said.Trim() is { Length: > 0 } text ? text.Split('\n')[^1].Trim() : $"it ended with exit code {code} and half a file or none")}"
                );
        }
        finally
        {
            Remove(folder);
        }
    }

    // Chromium's own footer would show the page's address; this is the stylesheet's way. It comes first, so that the page's own rules win.
    private static string Numbered(string html, string footer)
    {
        const string head = "<head>";
        var at = html.IndexOf(head, StringComparison.OrdinalIgnoreCase);
        const string look = "font: 8pt sans-serif; color: #555;";
        var style =
            $$"""<style>@page { size: A4; margin: 16mm 14mm 18mm; @bottom-left { content: "{{CssText(footer)}}"; white-space: nowrap; {{look}} } @bottom-right { content: counter(page) " / " counter(pages); {{look}} } }</style>""";
        return html.Insert(at < 0 ? 0 : at + head.Length, style);
    }

    // All but letters, digits and blanks by their numbers, so that none can end the text or the style.
    private static string CssText(string text) =>
        string.Concat(
            text.EnumerateRunes()
                .Select(r =>
                    Rune.IsLetterOrDigit(r) || r.Value == ' '
                        ? r.ToString()
                        : string.Create(CultureInfo.InvariantCulture, $"\\{r.Value:x} ")
                )
        );

    private async Task<(int Code, string Said)> RunAsync(string folder, string page, string pdf, CancellationToken token)
    {
        using var process = Process.Start(Start(folder, page, pdf)) ?? throw new InvalidOperationException("no process was started");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(token);
        timeout.CancelAfter(limit ?? TimeSpan.FromMinutes(1));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            await output;
            return (process.ExitCode, await errors);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new ReportException(
                $"{chromium} took longer than {(limit ?? TimeSpan.FromMinutes(1)).TotalSeconds:0} s to print, and was stopped"
            );
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private ProcessStartInfo Start(string folder, string page, string pdf)
    {
        var start = new ProcessStartInfo(
            chromium,
            [
                "--headless",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-sync",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-breakpad",
                // What a page asks for by itself goes nowhere: nothing listens on the discard port, and loopback goes there too.
                "--proxy-server=127.0.0.1:9",
                "--proxy-bypass-list=<-loopback>",
                $"--user-data-dir={Path.Combine(folder, "profile")}",
                "--no-pdf-header-footer",
                $"--print-to-pdf={pdf}",
                // Chromium's sandbox refuses to work for root.
                .. Environment.IsPrivilegedProcess ? (string[])["--no-sandbox"] : [],
                new Uri(page).AbsoluteUri,
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // An account of a service may have no home to write into.
        start.Environment["XDG_CONFIG_HOME"] = start.Environment["XDG_CACHE_HOME"] = folder;
        return start;
    }

    // A child that was stopped may write into its profile for a moment.
    private static void Remove(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (attempt < 10)
            {
                Thread.Sleep(50);
            }
        }
    }
}
