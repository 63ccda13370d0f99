using System.Globalization;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Documents that can't be understood: noted with reason and key, counted, never stored, never fatal.</summary>
public sealed class QuarantineTests(EnginesFixture fixture)
{
    private const string Marker = "Testperson Ada";

    // The first values of the rows that are added, with the reasons that are expected for them.
    private static readonly (string Body, string Reason)[] s_unreadable =
    [
        ("", "not JSON"),
        ("   ", "not JSON"),
        ($$"""{"id": 1, "name": "{{Marker}}", "start_timestamp": "2026-01-0""", "not JSON"),
        ($"{Marker} wrote this", "not JSON"),
        ($"[\"{Marker}\"]", "not a JSON object"),
        ($"\"{Marker}\"", "not a JSON object"),
        ("null", "not a JSON object"),
        ("17", "not a JSON object"),
        ($$"""{"start_timestamp": "{{Marker}}"}""", "start_timestamp is no time"),
        ("""{"start_timestamp": ""}""", "start_timestamp is no time"),
        ("""{"start_timestamp": "2026-13-45T10:00:00"}""", "start_timestamp is no time"),
        ("""{"start_timestamp": "2026-02-30T10:00:00"}""", "start_timestamp is no time"),
        ("""{"start_timestamp": 17}""", "start_timestamp is no time"),
        ("""{"start_timestamp": {"a": "b"}}""", "start_timestamp is no time"),
    ];

    private static readonly string[] s_readable =
    [
        "{}",
        """{"start_timestamp": null}""",
        """{"start_timestamp": "2026-02-28T10:00:00"}""",
        """{"start_timestamp": "2026-02-28T10:00:00.123456", "more": [1, 2]}""",
        """{"action_name": "deploy", "cluster_id": "not a number", "additional_info": 5, "start_timestamp": "2026-02-28T10:00:00"}""",
    ];

    [Fact]
    public async Task RunAsync_UnreadableDocuments_AreQuarantinedAndTheRestIsLoaded()
    {
        using var pipeline = await FilledAsync();
        var result = await pipeline.LoadAsync();

        Assert.Equal(
            (s_unreadable.Length + s_readable.Length, s_unreadable.Length),
            ((int)result.Run.RowsRead, (int)result.Run.RowsQuarantined)
        );
        Assert.Equal("19 14 published", await pipeline.AskOneAsync("SELECT rows_read, rows_quarantined, outcome FROM etl_run"));
        Assert.Equal(
            s_unreadable.Select((r, i) => string.Create(CultureInfo.InvariantCulture, $"fuel/action_logs site {i} {r.Reason}")),
            await pipeline.AskAsync("SELECT extract, key[1], key[2], reason FROM etl_quarantine ORDER BY toInt32(key[2])")
        );
        Assert.Equal(
            await pipeline.AskSourceAsync($"SELECT id FROM action_logs WHERE external_id < {s_unreadable.Length} ORDER BY external_id"),
            await pipeline.AskAsync("SELECT cursor FROM etl_quarantine ORDER BY toInt32(key[2])")
        );
        Assert.Equal(
            Enumerable.Range(s_unreadable.Length, s_readable.Length).Select(i => i.ToString(CultureInfo.InvariantCulture)),
            await pipeline.AskAsync("SELECT operation_id FROM fuel_action ORDER BY operation_id")
        );
    }

    [Fact]
    public async Task RunAsync_UnreadableDocuments_AreStoredNowhere()
    {
        using var pipeline = await FilledAsync();
        await pipeline.LoadAsync();
        Assert.NotEmpty(await pipeline.AskSourceAsync($"SELECT id FROM action_logs WHERE body LIKE '%{Marker}%'"));
        foreach (
            var table in await pipeline.AskAsync("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'View'")
        )
        {
            Assert.Equal(
                "0",
                await pipeline.AskOneAsync($"SELECT count() FROM {table} WHERE position(toString(tuple(*)), 'Testperson') > 0")
            );
        }
    }

    [Fact]
    public async Task RunAsync_ReadAgain_NotesEachOnce()
    {
        using var pipeline = await FilledAsync();
        await pipeline.LoadAsync();
        await pipeline.LoadAsync();
        Assert.Equal("14", await pipeline.AskOneAsync("SELECT count() FROM etl_quarantine"));
    }

    [Fact]
    public async Task RunAsync_UnreadableStructure_IsQuarantined()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES
            ('array', '[1]', '2026-01-01'), ('null', 'null', '2026-01-01'), ('fine', '{}', '2026-01-01'), ('undated', '"x"', NULL)
            """
        );
        var result = await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal((4L, 3L), (result.Run.RowsRead, result.Run.RowsQuarantined));
        Assert.Equal(
            ["array not a JSON object", "null not a JSON object", "undated not a JSON object"],
            await pipeline.AskAsync("SELECT key[1], reason FROM etl_quarantine ORDER BY ALL")
        );
        Assert.Equal(["fine"], await pipeline.AskAsync("SELECT installation_uid FROM fuel_installation"));
    }

    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture);
        string[] bodies = [.. s_unreadable.Select(r => r.Body), .. s_readable];
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'site', n - 1, body FROM unnest($1) WITH ORDINALITY AS t (body, n)",
            [bodies]
        );
        return pipeline;
    }
}
