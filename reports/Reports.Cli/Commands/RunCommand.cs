using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Reports.Cli.Hosting;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Cli.Commands;

/// <summary><c>reports run</c>: one report, its result alone on stdout.</summary>
internal static partial class RunCommand
{
    // Streamed as the server writes them, whole.
    private static readonly Dictionary<string, string> ServerFormats = new() { ["parquet"] = "Parquet", ["arrow"] = "Arrow" };

    public static Command Create()
    {
        var name = new Argument<string>("report") { Description = "The report: system/name" };
        var format = new Option<string>("--format")
        {
            Description = "csv, html, pdf, xlsx, json, parquet or arrow",
            DefaultValueFactory = _ => "csv",
        };
        format.AcceptOnlyFromAmong(["csv", "html", "pdf", "xlsx", "json", .. ServerFormats.Keys]);
        var one = new Option<string[]>("--param") { Description = "A parameter's value: name=value; several times" };
        var many = new Option<string>("--params") { Description = "Several of them, with blanks between: \"from=2026-01-01 release=9.0\"" };
        var command = new Command("run", "Run a report and write its result to stdout") { name, format, one, many };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                var report = services.Project.Report(parsed.GetRequiredValue(name));
                var given = Given([.. parsed.GetValue(one) ?? [], .. Split(parsed.GetValue(many) ?? "")]);
                // Values are checked before the warehouse is asked for the report.
                await services.Runner.CheckValuesAsync(report.Resolve(given, TimeProvider.System), token);
                var run = services.Runner.Prepare(report, given, await services.Runner.LoadsAsync(token));
                await WriteAsync(services, run, parsed.GetValue(format)!, token);
            }
        );
        return command;
    }

    /// <summary>Several name=value in one text, with blanks between.</summary>
    /// <remarks>
    /// A value may hold blanks, as projects' paths and institutions' names do, and quotes, as O'Brien. One that holds another name= stands
    /// whole in quotes,
    /// 'a b=c', where a quote of its own is doubled.
    /// </remarks>
    public static IEnumerable<string> Split(string texts) =>
        Given()
            .Matches(texts.Trim())
            .Select(m =>
                m.Groups["quoted"] is { Success: true } quoted
                    ? $"{m.Groups["name"].Value}={quoted.Value.Replace(new string(m.Groups["quote"].Value[0], 2), m.Groups["quote"].Value, StringComparison.Ordinal)}"
                    : m.Value
            );

    /// <summary>name=value texts as a dictionary.</summary>
    /// <exception cref="ReportException">One isn't of that form, or a name stands twice.</exception>
    public static IReadOnlyDictionary<string, string> Given(IEnumerable<string> texts)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new ReportException($"expected a parameter as name=value; found '{text}'");
            }

            if (!given.TryAdd(text[..at], text[(at + 1)..]))
            {
                throw new ReportException($"the parameter '{text[..at]}' is given twice");
            }
        }

        return given;
    }

    private static async Task WriteAsync(Services services, ReportRun run, string format, CancellationToken token)
    {
        if (!Console.IsOutputRedirected && format is not ("csv" or "json" or "html"))
        {
            throw new ReportException($"a terminal can't show {format}: write it into a file (> report.{format})");
        }

        if (run.Note is { } note)
        {
            await Console.Error.WriteLineAsync($"note: {note}");
        }

        // What a site wrote doesn't move the cursor of whoever reads it.
        await using (
            var stdout = Console.IsOutputRedirected ? Console.OpenStandardOutput() : new TerminalStream(Console.OpenStandardOutput())
        )
        {
            if (ServerFormats.TryGetValue(format, out var serverFormat))
            {
                await services.Streaming.ExportAsync(run, serverFormat, stdout, token);
                return;
            }

            ReportOutcome outcome;
            if (format is "html" or "pdf")
            {
                var printer = format == "pdf" ? services.Printer : null;
                var table = new TableSink(ReportPages.ShownRows, run.Report);
                // A chart is drawn of all rows.
                outcome = await services.Runner.RunAsync(
                    run,
                    run.Report.Chart is null ? ReportPages.ShownRows : ReportPages.FileRows,
                    [table],
                    token
                );
                var page = services.Pages.Report(run, outcome, table, []);
                await stdout.WriteAsync(printer is null ? page : await printer.PrintAsync(page, FooterOf(run), token), token);
                outcome = table.Rows.Count < outcome.Rows ? outcome with { CutAfter = table.Rows.Count } : outcome;
            }
            else
            {
                IRowSink sink = format switch
                {
                    "csv" => new CsvSink(stdout),
                    "json" => new JsonSink(stdout, run),
                    _ => new XlsxSink(stdout, run),
                };
                outcome = await services.Streaming.RunAsync(run, ReportRunner.AllRows, [sink], token);
            }

            if (outcome.CutAfter is { } rows)
            {
                await Console.Error.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"cut off: only the first {rows:N0} rows were written")
                );
            }
        }
    }

    private static string FooterOf(ReportRun run) =>
        run.Report.Title + (run.Freshness.At is { } at ? $" · data loaded {CellText.Instant(at)}" : "");

    [GeneratedRegex(
        """(?<=\A|\s)(?<name>\w+)=(?<quote>['"])(?<quoted>((?!\k<quote>).|\k<quote>\k<quote>)*)\k<quote>(?=\s+\w+=|\s*\z)|\S.*?(?=\s+\w+=|\s*\z)""",
        RegexOptions.Singleline
    )]
    private static partial Regex Given();
}
