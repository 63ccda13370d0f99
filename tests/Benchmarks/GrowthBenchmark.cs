using System.Diagnostics;
using System.Globalization;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Benchmarks;

/// <summary>What everything takes at three sizes, each ten times the one before.</summary>
/// <remarks>
/// The source grows to the second size. The third is made in ClickHouse, of the second's rows in earlier months under other names: PostgreSQL
/// would take hours, and so the months of the source are the same on both sides.
/// </remarks>
internal sealed class GrowthBenchmark(Bench bench, ResultPage page)
{
    private const string From = "2026-08-01";
    private const string To = "2026-09-01";
    private const int Runs = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(2);
    private readonly List<(string What, long Rows, double Seconds)> measured = [];
    private int batches;

    /// <summary>A whole load, and what can be asked and done after it.</summary>
    public async Task<ClickHouseClient> LoadAsync(CancellationToken token)
    {
        var warehouse = await bench.NewWarehouseAsync(token);
        var load = await bench.EtlAsync(warehouse, token);
        await bench.EtlAsync(warehouse, token, "fuel/installation_structures");
        Note("load of everything", await CountAsync(warehouse, token), load.Seconds);
        await MeasureAsync(warehouse, token);
        return warehouse;
    }

    /// <summary>Ten times the rows of a loaded warehouse, and what can be asked and done then.</summary>
    public async Task GrowAsync(ClickHouseClient warehouse, CancellationToken token)
    {
        var watch = Stopwatch.StartNew();
        var times = (
            await warehouse.QueryAsync(
                "SELECT table, groupArray(name) FROM system.columns WHERE database = currentDatabase() AND table IN ('fuel_action', 'fuel_health_check') AND type LIKE '%DateTime64%' GROUP BY table",
                token
            )
        ).Rows.ToDictionary(r => r[0].GetString()!, r => r[1].EnumerateArray().Select(c => c.GetString()!).ToList());
        string[] facts = ["fuel_action", "fuel_health_check", "fuel_installation", "fuel_environment", "fuel_node", "fuel_plugin"];
        foreach (var fact in facts)
        {
            for (var copy = 1; copy < 10; copy++)
            {
                Bench.Say(FormattableString.Invariant($"ten times the warehouse: {fact}, {copy} of 9"));
                var earlier = times
                    .GetValueOrDefault(fact, [])
                    .Select(c => FormattableString.Invariant($", addMonths({c}, {-3 * copy}) AS {c}"));
                await warehouse.ExecuteAsync(
                    FormattableString.Invariant(
                        $"INSERT INTO {fact} SELECT * REPLACE (concat(installation_uid, '~t{copy}') AS installation_uid{string.Concat(earlier)}) FROM (SELECT * FROM {fact} WHERE installation_uid NOT LIKE '%~t%')"
                    ),
                    token,
                    new QueryOptions
                    {
                        Timeout = s_patience,
                        Settings = new Dictionary<string, string> { ["max_insert_threads"] = "2" },
                    }
                );
            }

            await warehouse.ExecuteAsync(
                $"OPTIMIZE TABLE {fact} FINAL",
                token,
                new QueryOptions
                {
                    Timeout = s_patience,
                    Settings = new Dictionary<string, string> { ["optimize_skip_merged_partitions"] = "1" },
                }
            );
        }

        // What is kept of views is of the rows that were there: the next load computes it anew.
        await new Migrator(warehouse, Project.Here, new TableEngines()).ApplyAsync(_ => { }, token);
        Bench.Say(FormattableString.Invariant($"made in {watch.Elapsed.TotalSeconds:0} s"));
        foreach (var extract in (string[])["fuel/installation_structures", Bench.Actions])
        {
            var again = await bench.EtlAsync(warehouse, token, extract);
            Bench.Say(FormattableString.Invariant($"views kept anew by {extract} in {again.Seconds:0.0} s"));
        }

        await MeasureAsync(warehouse, token);
    }

    /// <summary>Writes down what was measured.</summary>
    public void Show()
    {
        var sizes = measured.Select(m => m.Rows).Distinct().Order().ToList();
        page.Section(
            "Growth",
            FormattableString.Invariant(
                $"At {string.Join(", ", sizes.Select(s => s.ToString("N0", CultureInfo.InvariantCulture)))} actions; the largest was made in ClickHouse, of earlier months. Seconds: loads of everything, verify and backfill once, else the median of {Runs} runs; programs with their start and end. The exponent is the power of the rows with which the seconds grow: 0 where they stay, 1 where they follow."
            )
        );
        var series = measured
            .GroupBy(m => m.What)
            .Select(g => (Name: g.Key, Points: (IReadOnlyList<(long, double)>)[.. g.Select(m => (m.Rows, m.Seconds))]))
            .ToList();
        page.Table(
            ["", .. sizes.Select(s => s.ToString("N0", CultureInfo.InvariantCulture)), "exponent"],
            series.Select(s =>
                (string[])
                    [
                        s.Name,
                        .. sizes.Select(size =>
                            s.Points.Where(p => p.Item1 == size)
                                .Select(p => FormattableString.Invariant($"{p.Item2:0.00}"))
                                .DefaultIfEmpty("")
                                .First()
                        ),
                        FormattableString.Invariant($"{GrowthPlot.Exponent(s.Points):0.00}"),
                    ]
            )
        );
        page.Picture(
            "growth-loads",
            GrowthPlot.Draw("Loads", [.. series.Where(s => !s.Name.StartsWith("report", StringComparison.Ordinal))])
        );
        page.Picture(
            "growth-reports",
            GrowthPlot.Draw("Reports", [.. series.Where(s => s.Name.StartsWith("report", StringComparison.Ordinal))])
        );
    }

    private async Task MeasureAsync(ClickHouseClient warehouse, CancellationToken token)
    {
        var rows = await CountAsync(warehouse, token);
        await RepeatAsync(
            "load of 1,000 new rows",
            rows,
            async () =>
            {
                await bench.SourceAsync(
                    $"""
                    INSERT INTO action_logs (master_node_uid, external_id, body, action_type, action_name)
                    SELECT master_node_uid || '~new{++batches}', external_id, body, action_type, action_name
                    FROM action_logs WHERE master_node_uid NOT LIKE '%~%' ORDER BY id DESC LIMIT 1000
                    """,
                    token
                );
                return (await bench.EtlAsync(warehouse, token)).Seconds;
            }
        );
        foreach (var command in (string[])["verify", "backfill"])
        {
            var run = await bench.EtlAsync(warehouse, [command, Bench.Actions, "--from", From, "--to", To], token);
            Note($"{command} of a month", rows, run.Seconds);
        }

        var runner = new ReportRunner(Project.Here, warehouse, TimeProvider.System);
        var loads = await runner.LoadsAsync(token);
        foreach (var name in SourceFigures.Questions.Keys)
        {
            var prepared = runner.Prepare(Project.Here.Report(name), new Dictionary<string, string>(), loads);
            await RepeatAsync(
                "report " + name,
                rows,
                async () => (await runner.RunAsync(prepared, 100_000, [new TableSink(100_000)], token)).Took.TotalSeconds
            );
        }

        // The web site is asked what nobody has asked it before.
        var web = 0.0;
        await WebBenchmark.ServeAsync(
            bench,
            warehouse,
            async address =>
            {
                using var http = new HttpClient { BaseAddress = address, Timeout = s_patience };
                foreach (var name in SourceFigures.Questions.Keys)
                {
                    var watch = Stopwatch.StartNew();
                    (await http.GetAsync($"/api/reports/{name}", token)).EnsureSuccessStatusCode();
                    web += watch.Elapsed.TotalSeconds;
                }
            },
            token
        );
        Note("web: all these reports, asked first", rows, web);
    }

    private async Task RepeatAsync(string what, long rows, Func<Task<double>> run)
    {
        var seconds = new Sample();
        await run();
        for (var i = 0; i < Runs; i++)
        {
            seconds.Add(await run());
        }

        Note(what, rows, seconds.Median);
    }

    private void Note(string what, long rows, double seconds)
    {
        Bench.Say(FormattableString.Invariant($"{rows, 12:N0} actions {seconds, 8:0.000} s  {what}"));
        measured.Add((what, rows, seconds));
    }

    private static async Task<long> CountAsync(ClickHouseClient warehouse, CancellationToken token) =>
        long.Parse(
            (await warehouse.QueryAsync("SELECT toString(count()) FROM fuel_action FINAL", token)).Scalar.GetString()!,
            CultureInfo.InvariantCulture
        );
}
