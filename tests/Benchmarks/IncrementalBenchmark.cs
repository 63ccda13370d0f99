using System.Globalization;
using WarehouseSql.ClickHouse;

namespace Benchmarks;

/// <summary>Loads of 1,000 new rows into facts of different sizes.</summary>
internal sealed class IncrementalBenchmark(Bench bench, int runs)
{
    private const int Added = 1_000;
    private readonly List<(long Rows, Sample Seconds)> sizes = [];
    private int batches;

    /// <summary>Loads a thousand rows again and again.</summary>
    public async Task RunAsync(ClickHouseClient warehouse, CancellationToken token)
    {
        var rows = await CountAsync(warehouse, token);
        var seconds = new Sample();
        for (var run = 0; run <= runs; run++)
        {
            // The last reports once more, from other installations.
            await bench.SourceAsync(
                $"""
                INSERT INTO action_logs (master_node_uid, external_id, body, action_type, action_name)
                SELECT master_node_uid || '~new{++batches}', external_id, body, action_type, action_name
                FROM action_logs WHERE master_node_uid NOT LIKE '%~%' ORDER BY id DESC LIMIT {Added}
                """,
                token
            );
            var measured = await bench.EtlAsync(warehouse, token);
            Bench.Say(
                FormattableString.Invariant(
                    $"{(run == 0 ? "warms up" : "run")} {run} {measured.Seconds, 6:0.00} s  {Added:N0} new rows into {rows:N0}"
                )
            );
            if (run > 0)
            {
                seconds.Add(measured.Seconds);
            }
        }

        var after = await CountAsync(warehouse, token);
        if (after < rows + (Added * (runs + 1)))
        {
            throw new InvalidOperationException(
                FormattableString.Invariant($"{Added * (runs + 1):N0} rows were added to {rows:N0}, and there are {after:N0}")
            );
        }

        sizes.Add((rows, seconds));
    }

    /// <summary>Writes down what was measured.</summary>
    public void Show(ResultPage page)
    {
        page.Section(
            "An incremental load",
            FormattableString.Invariant(
                $"{Added:N0} new rows, the program's start and end included; medians of {runs} runs (lowest–highest)."
            )
        );
        page.Table(
            ["rows of `fuel_action`", "seconds"],
            sizes.Select(s => new[] { FormattableString.Invariant($"{s.Rows:N0}"), s.Seconds.ToString() })
        );
        page.Line($"The largest takes {sizes[^1].Seconds.Median / sizes[0].Seconds.Median:0.00} times as long as the smallest.");
    }

    // Rows that the overlap reads again are counted once.
    private static async Task<long> CountAsync(ClickHouseClient warehouse, CancellationToken token) =>
        long.Parse(
            (await warehouse.QueryAsync("SELECT toString(count()) FROM fuel_action FINAL", token)).Scalar.GetString()!,
            CultureInfo.InvariantCulture
        );
}
