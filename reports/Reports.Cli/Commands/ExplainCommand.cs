using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Reports.Cli.Hosting;
using Reports.Definitions;
using Reports.Running;

namespace Reports.Cli.Commands;

/// <summary>Says what a report costs: seconds, rows and bytes, which tables and parts, and what would make it faster.</summary>
internal static partial class ExplainCommand
{
    // What readers don't notice.
    private const double Quick = 0.3;
    private const int Times = 5;

    public static Command Create()
    {
        var name = new Argument<string>("report") { Description = "The report, system/name" };
        var many = new Option<string>("--params") { Description = "Its parameters, with blanks between: \"from=2026-01-01 release=9.0\"" };
        var command = new Command("explain", "Say what a report costs, and what it reads") { name, many };
        command.SetAction(
            async (parsed, token) =>
            {
                using var services = Services.Create();
                var report = services.Project.Report(parsed.GetRequiredValue(name));
                var given = RunCommand.Given(RunCommand.Split(parsed.GetValue(many) ?? ""));
                var run = services.Runner.Prepare(report, given, await services.Runner.LoadsAsync(token));
                Write(report.Name, await services.Runner.CostAsync(run, Times, token));
            }
        );
        return command;
    }

    private static void Write(string report, ReportCost cost)
    {
        Console.WriteLine(
            Text(
                $"{report}: {cost.Rows:N0} rows in {cost.Median * 1000:N0} ms (median of {cost.Seconds.Count}, at most {cost.Seconds.Max() * 1000:N0}); {cost.RowsRead:N0} rows and {cost.BytesRead / 1e6:N1} MB read"
            )
        );
        Console.WriteLine();
        Console.WriteLine($"{"rows", 14}  {"parts", 12}  table");
        foreach (var table in cost.Tables)
        {
            Console.WriteLine(
                Text(
                    $"{table.Rows, 14:N0}  {(table.AllParts > 0 ? $"{table.Parts} of {table.AllParts}" : $"{table.Parts}"), 12}  {(View(table.Table) is { } view ? $"{view} (its kept rows)" : table.Table)}"
                )
            );
        }

        Console.WriteLine();
        Console.WriteLine(Advice(cost));
    }

    private static string Advice(ReportCost cost)
    {
        if (cost.Median <= Quick)
        {
            return Text($"under the {Quick * 1000:0} ms that nobody notices: nothing to do");
        }

        var most = cost.Tables.FirstOrDefault(t => View(t.Table) is null) ?? cost.Tables[0];
        var parts =
            most.Parts == most.AllParts && most.AllParts > 1
                ? $"{most.Table} is read whole: a condition on its time leaves out months. "
                : "";
        return Text(
            $"{parts}{most.Table} gives {most.Rows / Math.Max(1.0, cost.Rows):N0} rows for each row of the result: a view that groups them and says `kept: true` is computed once a load (docs/analysts.md)"
        );
    }

    private static string? View(string table) => KeptTable().Match(table) is { Success: true } kept ? kept.Groups[1].Value : null;

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    [GeneratedRegex("^_kept_[0-9]+_(.+)$")]
    private static partial Regex KeptTable();
}
