using System.Diagnostics;
using System.Globalization;
using Etl.Loading;
using Etl.Source;
using Npgsql;
using SourceSql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Benchmarks;

/// <summary>A whole load beside the two ends of what is possible: the bare COPY, and ClickHouse reading PostgreSQL by itself.</summary>
internal sealed class LoadBenchmark(Bench bench, ResultPage page)
{
    private const string Copy = "COPY (SELECT id, master_node_uid, external_id, body FROM action_logs) TO STDOUT (FORMAT binary)";
    private readonly Dictionary<string, FactDefinition> facts = new(Project.Here.Facts());

    /// <summary>Runs all of them, in turns, that many times; before that once for nothing, so that everything is in memory.</summary>
    public async Task RunAsync(int runs, CancellationToken token)
    {
        // The one fact that the other ways make.
        using var one = new ProjectCopy().Change(
            $"etl/extracts/{Bench.Actions}.sql",
            "facts: [fuel_action, fuel_health_check]",
            "facts: [fuel_action]"
        );
        (string Name, Func<Task<Measured>> Run)[] ways =
        [
            ("a: `COPY … (FORMAT binary)` through Npgsql, thrown away", () => TimeAsync(() => CopyAsync(token))),
            ("a': the same through this engine's reader", () => TimeAsync(() => ReadAsync(token))),
            ("b: this engine into `fuel_action`, whole load, published", () => EtlAsync(one.Root, token)),
            ("b+: this engine, with `fuel_health_check` besides", () => EtlAsync(null, token)),
            ("c: `INSERT INTO fuel_action SELECT … FROM postgresql(…)`", () => InsertSelectAsync(new Dictionary<string, string>(), token)),
            ("c': the same with this engine's insert settings", () => InsertSelectAsync(RangeStream.LandingSettings.Settings, token)),
        ];
        var seconds = ways.ToDictionary(w => w.Name, _ => new Sample());
        var warehouse = ways.ToDictionary(w => w.Name, _ => new Sample());
        var etl = new List<EtlRun>();
        var sums = new HashSet<string>();
        for (var run = 0; run <= runs; run++)
        {
            foreach (var (name, start) in ways)
            {
                var measured = await start();
                Bench.Say(FormattableString.Invariant($"{(run == 0 ? "warms up" : "run")} {run} {measured.Seconds, 6:0.00} s  {name}"));
                if (measured.Sum is { } sum && sums.Add(sum) && sums.Count > 1)
                {
                    throw new InvalidOperationException($"the ways differ in what they load: {string.Join(" and ", sums)}");
                }

                if (run > 0)
                {
                    seconds[name].Add(measured.Seconds);
                    warehouse[name].Add(measured.WarehouseCpu);
                    if (measured.Etl is not null && name.StartsWith("b:", StringComparison.Ordinal))
                    {
                        etl.Add(measured.Etl);
                    }
                }
            }
        }

        await ShowAsync(runs, [.. ways.Select(w => w.Name)], seconds, warehouse, etl, token);
    }

    private async Task ShowAsync(
        int runs,
        string[] ways,
        Dictionary<string, Sample> seconds,
        Dictionary<string, Sample> warehouse,
        List<EtlRun> etl,
        CancellationToken token
    )
    {
        var rows = Convert.ToInt64(await bench.SourceAsync("SELECT count(*) FROM action_logs", token), CultureInfo.InvariantCulture);
        var bytes = Convert.ToDouble(
            await bench.SourceAsync("SELECT avg(length(body)) FROM action_logs", token),
            CultureInfo.InvariantCulture
        );
        page.Section(
            "A load",
            FormattableString.Invariant(
                $"{rows:N0} action logs with documents of {bytes:0} bytes on average, from the replica into an empty warehouse; medians of {runs} alternating runs (lowest–highest). All ways that load end with the same rows."
            )
        );
        page.Table(
            ["way", "seconds", "rows/s", "ClickHouse, CPU seconds"],
            ways.Select(w =>
                new[]
                {
                    w,
                    seconds[w].ToString(),
                    FormattableString.Invariant($"{rows / seconds[w].Median:N0}"),
                    warehouse[w].Median > 0 ? FormattableString.Invariant($"{warehouse[w].Median:0.0}") : "",
                }
            )
        );
        double Median(string way) => seconds[ways.Single(w => w.StartsWith(way + ":", StringComparison.Ordinal))].Median;
        page.Line(
            $"b = {Median("b") / Median("c"):0.00} c = {Median("b") / Median("c'"):0.00} c' = {Median("b") / Median("a"):0.00} a. The process of `etl` took {etl.Average(e => e.CpuSeconds):0.0} CPU seconds and {etl.Max(e => e.PeakBytes) / 1e6:0} MB at the most."
        );
    }

    private static async Task<Measured> TimeAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return new Measured(watch.Elapsed.TotalSeconds);
    }

    private async Task CopyAsync(CancellationToken token)
    {
        await using var connection = new NpgsqlConnection(bench.Replica() + ";Pooling=false");
        await connection.OpenAsync(token);
        await using var stream = await connection.BeginRawBinaryCopyAsync(Copy, token);
        var buffer = new byte[1 << 20];
        while (stream.Read(buffer) > 0) { }
    }

    private async Task ReadAsync(CancellationToken token)
    {
        using var transaction = await ReadingTransaction.BeginAsync(new NpgsqlConnectionStringBuilder(bench.Replica()), null, token);
        var reader = transaction.Copy("SELECT id, master_node_uid, external_id, body FROM action_logs", 4);
        while (reader.Read() is not null) { }
    }

    private async Task<Measured> EtlAsync(string? root, CancellationToken token)
    {
        var warehouse = await bench.NewWarehouseAsync(token);
        var before = await Bench.WarehouseCpuAsync(warehouse, token);
        var run = await bench.EtlAsync(warehouse, token, root: root);
        return await EndAsync(warehouse, new Measured(run.Seconds, run), before, token);
    }

    private async Task<Measured> InsertSelectAsync(IReadOnlyDictionary<string, string> settings, CancellationToken token)
    {
        var warehouse = await bench.NewWarehouseAsync(token);
        var before = await Bench.WarehouseCpuAsync(warehouse, token);
        var measured = await TimeAsync(() =>
            warehouse.ExecuteAsync(Statement(), token, new QueryOptions { Timeout = TimeSpan.FromHours(1), Settings = settings })
        );
        return await EndAsync(warehouse, measured, before, token);
    }

    // What an analyst would write who has the fact's SELECT: the extract's expressions beside it, and the table function below.
    private string Statement()
    {
        var extract = ExtractDefinition.Read(Project.Here.PathOf("etl", "extracts", Bench.Actions + ".sql"), facts);
        var fact = facts["fuel_action"];
        var server = new NpgsqlConnectionStringBuilder(bench.Replica());
        var parsed = string.Concat(extract.Parse.Select(p => $", {p.Value} AS {p.Key}"));
        var source =
            $"postgresql('{server.Host}:{server.Port}', '{server.Database}', 'action_logs', '{server.Username}', '{server.Password}', 'fuel')";
        var landing = $"(SELECT *{parsed} FROM {source} WHERE {extract.Unreadable} = '')";
        return $"INSERT INTO fuel_action SELECT *, 1 AS _run FROM ({fact.Select.Replace("{landing}", landing, StringComparison.Ordinal)})";
    }

    private async Task<Measured> EndAsync(ClickHouseClient warehouse, Measured measured, double before, CancellationToken token)
    {
        var cpu = await Bench.WarehouseCpuAsync(warehouse, token) - before;
        var sum = await warehouse.QueryAsync(
            "SELECT concat(count(), ' rows, checksum ', groupBitXor(cityHash64(* EXCEPT (_run)))) FROM fuel_action",
            token,
            new QueryOptions { Settings = new Dictionary<string, string> { ["final"] = "1" } }
        );
        await bench.DropAsync(warehouse, token);
        return measured with { WarehouseCpu = cpu, Sum = sum.Scalar.GetString() };
    }

    private sealed record Measured(double Seconds, EtlRun? Etl = null, double WarehouseCpu = 0, string? Sum = null);
}
