using System.Globalization;
using Etl.Loading;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Loads whose rows lie in very many partitions, as the first one of an old collector.</summary>
public sealed class PartitionTests(EnginesFixture fixture)
{
    [Fact]
    public async Task LoadAsync_HundredsOfMonthsAtOnce_AreLoadedBackfilledAndVerified()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        const int Months = 400;
        // In no order, so that each block has rows of all of them.
        await pipeline.SourceAsync(
            $$"""
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT 'site' || n % 7, n, json_build_object('action_name', 'deploy', 'start_timestamp', to_char('1900-01-15'::timestamp + (n * 37 % {{Months}}) * '1 month'::interval, 'YYYY-MM-DD"T"HH24:MI:SS'))
            FROM generate_series(1, {{2 * Months}}) AS n
            """
        );
        var result = await pipeline.LoadAsync(Pipeline.Actions, null, ("Etl:RowsPerRange", "400"));
        Assert.Equal(2 * Months, result.Run.RowsRead);
        Assert.Equal(
            $"{2 * Months} {Months}",
            await pipeline.AskOneAsync("SELECT count(), uniqExact(toYYYYMM(started_at)) FROM fuel_action")
        );
        var verified = await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify));
        Assert.Equal(Months, verified.Changes.Count(c => c.Same));
        await pipeline.AddActionAsync("late", 1, "2026-01-01T00:00:00");
        await pipeline.BackfillAsync("1900-01-01", "2240-01-01");
        Assert.Equal(
            (2 * Months + 1).ToString(CultureInfo.InvariantCulture),
            await pipeline.AskOneAsync("SELECT count() FROM fuel_action")
        );
        await pipeline.LoadAsync();
    }
}
