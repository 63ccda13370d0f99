namespace Benchmarks;

/// <summary>The memory that a load of very long documents takes.</summary>
internal sealed class MemoryBenchmark(Bench bench, ResultPage page)
{
    private const string Source = "wide";

    /// <summary>Loads that many documents of 200 kB.</summary>
    public async Task RunAsync(int documents, CancellationToken token)
    {
        Bench.Say($"making {documents:N0} documents of 200 kB");
        await bench.CreateSourceAsync(Source, token);
        await bench.SourceAsync(
            $"""
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT 'wide', n, json_build_object('action_name', 'deploy', 'start_timestamp', '2026-01-01T00:00:00', 'output', repeat(md5(n::text), 6250))
            FROM generate_series(1, {documents}) AS n
            """,
            token,
            Source
        );
        var warehouse = await bench.NewWarehouseAsync(token);
        var run = await bench.EtlAsync(warehouse, token, database: Source);
        page.Section(
            "Long documents",
            FormattableString.Invariant(
                $"{documents:N0} documents of 200 kB: {run.Seconds:0.0} s, {documents * 0.2 / run.Seconds:0} MB/s; the process of `etl` held {run.PeakBytes / 1e6:0} MB at the most."
            )
        );
        await bench.DropAsync(warehouse, token);
    }
}
