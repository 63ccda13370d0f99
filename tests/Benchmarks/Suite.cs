namespace Benchmarks;

/// <summary>All measurements, in an order in which each finds the source as large as it needs it.</summary>
internal sealed class Suite(Bench bench, ResultPage page, int rows, int runs)
{
    /// <summary>What can be asked for.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["load", "memory", "incremental", "reports", "web", "scale"];

    /// <summary>What is measured where nothing is asked for.</summary>
    public static IReadOnlyList<string> Usual { get; } = [.. Parts.Where(p => p != "scale")];

    /// <summary>Measures these parts.</summary>
    public async Task RunAsync(string[] parts, CancellationToken token)
    {
        if (parts.Contains("scale"))
        {
            await ScaleAsync(token);
            return;
        }

        var incremental = parts.Contains("incremental") ? new IncrementalBenchmark(bench, runs) : null;
        if (parts.Any(p => p != "memory"))
        {
            await bench.FillAsync(rows / 2, seed: 1, token);
        }

        if (incremental is not null)
        {
            await incremental.RunAsync(await LoadedAsync(token), token);
        }

        if (parts.Any(p => p != "memory"))
        {
            await bench.FillAsync(rows - (rows / 2), seed: 2, token);
        }

        if (parts.Contains("load"))
        {
            await new LoadBenchmark(bench, page).RunAsync(runs, token);
            page.Save();
        }

        if (parts.Contains("memory"))
        {
            await new MemoryBenchmark(bench, page).RunAsync(Math.Max(20, rows / 100), token);
            page.Save();
        }

        if (parts.Contains("web"))
        {
            var warehouse = await LoadedAsync(token);
            await bench.EtlAsync(warehouse, token, "fuel/installation_structures");
            await new WebBenchmark(bench, page).RunAsync(warehouse, token);
            page.Save();
        }

        if (incremental is not null || parts.Contains("reports"))
        {
            await LargeAsync(incremental, parts.Contains("reports"), token);
        }
    }

    private async Task ScaleAsync(CancellationToken token)
    {
        var growth = new GrowthBenchmark(bench, page);
        await bench.FillAsync(rows, seed: 1, token);
        await bench.DropAsync(await growth.LoadAsync(token), token);
        await GrowAsync(token);
        var warehouse = await growth.LoadAsync(token);
        await growth.GrowAsync(warehouse, token);
        growth.Show();
        page.Save();
    }

    private async Task LargeAsync(IncrementalBenchmark? incremental, bool reports, CancellationToken token)
    {
        await GrowAsync(token);
        var warehouse = await LoadedAsync(token);
        if (incremental is not null)
        {
            await incremental.RunAsync(warehouse, token);
            incremental.Show(page);
            page.Save();
        }

        if (reports)
        {
            await bench.EtlAsync(warehouse, token, "fuel/installation_structures");
            await new ReportsBenchmark(bench, page).RunAsync(warehouse, token);
            page.Save();
        }
    }

    private async Task<WarehouseSql.ClickHouse.ClickHouseClient> LoadedAsync(CancellationToken token)
    {
        var warehouse = await bench.NewWarehouseAsync(token);
        var run = await bench.EtlAsync(warehouse, token);
        Bench.Say(
            FormattableString.Invariant(
                $"loaded in {run.Seconds:0.0} s, with {run.CpuSeconds:0.0} s of the processor and {run.PeakBytes / 1e6:0} MB at the most"
            )
        );
        return warehouse;
    }

    // Ten times the installations: each of them nine times more under other names.
    private async Task GrowAsync(CancellationToken token)
    {
        for (var copy = 1; copy < 10; copy++)
        {
            Bench.Say(FormattableString.Invariant($"ten times the source: {copy} of 9"));
            await bench.SourceAsync(
                $"""
                INSERT INTO action_logs (master_node_uid, external_id, body, action_type, action_name)
                SELECT master_node_uid || '~{copy}', external_id, body, action_type, action_name FROM action_logs WHERE master_node_uid NOT LIKE '%~%' ORDER BY id;
                INSERT INTO installation_structures (master_node_uid, structure, creation_date, modification_date, is_filtered, release)
                SELECT master_node_uid || '~{copy}', structure, creation_date, modification_date, is_filtered, release FROM installation_structures WHERE master_node_uid NOT LIKE '%~%' ORDER BY id
                """,
                token
            );
        }

        await bench.SettleAsync(token);
    }
}
