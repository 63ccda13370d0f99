using System.Globalization;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What has to hold after loads were killed and run again.</summary>
internal static class ChaosOutcome
{
    /// <summary>
    /// No run's table is left, but for those of a backfill that failed and can be gone on with; and no run seems to be going on.
    /// </summary>
    public static async Task AssertTidyAsync(Pipeline pipeline)
    {
        var resumable = await pipeline.AskAsync(
            "SELECT run FROM (SELECT run, outcome, staged_to FROM etl_run WHERE kind = 'backfill' ORDER BY run DESC LIMIT 1) WHERE outcome IN ('failed', 'half') AND staged_to IS NOT NULL"
        );
        Assert.DoesNotContain(
            await pipeline.RunTablesAsync(),
            table => !resumable.Exists(run => table.Contains($"_{run}_", StringComparison.Ordinal))
        );
        Assert.Empty(await pipeline.AskAsync("SELECT run FROM etl_run WHERE outcome NOT IN ('published', 'failed', 'half', 'checked')"));
    }

    /// <summary>Each fact's rows are the source's: asked of both sides, not of the programs.</summary>
    public static async Task AssertFactsAsync(Pipeline pipeline)
    {
        Assert.Equal(
            await pipeline.AskSourceAsync(
                """
                SELECT master_node_uid, external_id, body::json->>'action_name', body::json->>'cluster_id', left(body::json->>'start_timestamp', 10)
                FROM action_logs WHERE body LIKE '{%' ORDER BY master_node_uid COLLATE "C", external_id
                """
            ),
            await pipeline.AskWholeAsync(
                "SELECT installation_uid, operation_id, action_name, environment_id, toDate(started_at) FROM fuel_action ORDER BY ALL"
            )
        );
        Assert.Equal(
            await pipeline.AskSourceAsync(
                "SELECT master_node_uid, external_id FROM action_logs WHERE body NOT LIKE '{%' ORDER BY master_node_uid COLLATE \"C\", external_id"
            ),
            await pipeline.AskWholeAsync("SELECT key[1], toInt32(key[2]) AS operation FROM etl_quarantine ORDER BY ALL")
        );
        // The source keeps only what each installation looks like now.
        Assert.Equal(
            await pipeline.AskSourceAsync(
                "SELECT master_node_uid, structure->>'clusters_num' FROM installation_structures ORDER BY master_node_uid COLLATE \"C\""
            ),
            await pipeline.AskWholeAsync(
                "SELECT installation_uid, argMax(environments, reported_at) FROM fuel_installation GROUP BY 1 ORDER BY 1"
            )
        );
    }

    /// <summary>The ledger tells how each run ended, and that each incremental load began where an earlier one had been.</summary>
    public static async Task AssertLedgerAsync(Pipeline pipeline, int killed)
    {
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM etl_run WHERE finished_at IS NULL OR finished_at < started_at"));
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM etl_run WHERE (outcome IN ('failed', 'half')) != (error != '')"));
        Assert.Equal(
            "0",
            await pipeline.AskOneAsync(
                "SELECT count() FROM etl_run WHERE kind = 'backfill' AND outcome = 'published' AND addMonths(toDate(range_from), 1) != toDate(range_to) AND range_to != '2026-05-01'"
            )
        );
        foreach (var extract in (string[])[Pipeline.Actions, Pipeline.Structures])
        {
            var ranges = await pipeline.AskAsync(
                $"SELECT concat(ifNull(range_from, ''), '|', ifNull(range_to, '')) FROM etl_run WHERE extract = '{extract}' AND kind = 'incremental' AND outcome = 'published' ORDER BY run"
            );
            Assert.NotEmpty(ranges);
            AssertRanges([.. ranges.Select(Halves)]);
        }

        var said = int.Parse(
            await pipeline.AskOneAsync("SELECT count() FROM etl_run WHERE error LIKE 'ended without a word%'"),
            CultureInfo.InvariantCulture
        );
        Assert.True(said > killed / 2, $"{killed} runs were killed while they staged or published, and the ledger knows of {said}");
    }

    private static void AssertRanges(List<(string From, string To)> ranges)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            Assert.Contains(ranges[i].From, (string[])["", .. ranges.Take(i).Select(r => r.To)]);
            Assert.True(
                i == 0 || Compare(ranges[i - 1].To, ranges[i].To) <= 0,
                $"the highest cursor went back from {ranges[i > 0 ? i - 1 : 0].To} to {ranges[i].To}"
            );
        }
    }

    private static (string From, string To) Halves(string pair) => (pair.Split('|')[0], pair.Split('|')[1]);

    // Numbers, or times whose fractions end where only zeros follow.
    private static int Compare(string one, string other) =>
        long.TryParse(one, CultureInfo.InvariantCulture, out var a) && long.TryParse(other, CultureInfo.InvariantCulture, out var b)
            ? a.CompareTo(b)
            : string.CompareOrdinal(one, other);
}
