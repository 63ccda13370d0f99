using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Benchmarks;

/// <summary>Each report's time, and PostgreSQL's for the same question.</summary>
internal sealed class ReportsBenchmark(Bench bench, ResultPage page)
{
    private const int Runs = 20;
    private const int Patience = 60;
    private static readonly Dictionary<string, string> s_period = new() { ["from"] = "2026-07-01", ["to"] = "2026-10-02" };

    /// <summary>Asks all of them, over all the data.</summary>
    public async Task RunAsync(ClickHouseClient warehouse, CancellationToken token)
    {
        var actions = (await warehouse.QueryAsync("SELECT formatReadableQuantity(count()) FROM fuel_action", token)).Scalar.GetString();
        var runner = new ReportRunner(Project.Here, warehouse, TimeProvider.System);
        var loads = await runner.LoadsAsync(token);
        List<string[]> lines = [];
        foreach (var (name, question) in SourceFigures.Questions)
        {
            var report = Project.Here.Report(name);
            var known = report.Parameters.Select(p => p.Name).ToHashSet();
            var prepared = runner.Prepare(report, s_period.Where(p => known.Contains(p.Key)).ToDictionary(), loads);
            var milliseconds = new Sample();
            for (var run = 0; run < Runs; run++)
            {
                milliseconds.Add((await runner.RunAsync(prepared, 100_000, [new TableSink(100_000)], token)).Took.TotalMilliseconds);
            }

            Bench.Say(
                FormattableString.Invariant($"{name}: {milliseconds.Median:0} ms, 95 of 100 within {milliseconds.Quantile(0.95):0} ms")
            );
            lines.Add([
                name,
                FormattableString.Invariant($"{milliseconds.Median:0}"),
                FormattableString.Invariant($"{milliseconds.Quantile(0.95):0}"),
                await SourceAsync(question, token),
            ]);
            Bench.Say($"  PostgreSQL: {lines[^1][^1]} ms");
        }

        page.Section(
            "Reports",
            FormattableString.Invariant(
                $"On {actions} actions, over the whole period, {Runs} runs each; PostgreSQL was asked once, on the collector's tables, for at most {Patience} s."
            )
        );
        page.Table(["report", "median, ms", "95th percentile, ms", "PostgreSQL, ms"], lines);
    }

    private async Task<string> SourceAsync(string question, CancellationToken token)
    {
        await using var connection = new NpgsqlConnection(
            bench.Replica() + ";Pooling=false;Command Timeout=" + Patience.ToString(CultureInfo.InvariantCulture)
        );
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(question, connection);
        command.Parameters.AddWithValue("from", DateTime.Parse(s_period["from"], CultureInfo.InvariantCulture));
        command.Parameters.AddWithValue("to", DateTime.Parse(s_period["to"], CultureInfo.InvariantCulture));
        command.Parameters.AddWithValue("release", "");
        var watch = Stopwatch.StartNew();
        try
        {
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { }
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            return FormattableString.Invariant($"> {Patience * 1000:N0}");
        }

        return FormattableString.Invariant($"{watch.ElapsedMilliseconds:N0}");
    }
}
