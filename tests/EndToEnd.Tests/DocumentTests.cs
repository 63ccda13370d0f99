using System.Globalization;
using Etl.Loading;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Documents that sites send: none of them keeps another's row from the warehouse, a backfill or a comparison.</summary>
public sealed class DocumentTests(EnginesFixture fixture)
{
    // Documents, and what document() makes of a text in them; null: of them.
    private static readonly (string Document, string? Text)[] Odd =
    [
        ("""{"a": "x"}""", "x"),
        ("""{"a": "\\u0000"}""", "\\u0000"),
        ("""{"a": "\\\\\ud83d\ude00"}""", "\\\\😀"),
        ("""{"a": "\ud83d\ude00\uD83D\uDE00"}""", "😀😀"),
        ("""{"a": "x\u0000y"}""", null),
        ("""{"a": "\\\u0000"}""", null),
        ("""{"a": "\ud83d"}""", null),
        ("""{"a": "\ude00\ud83d"}""", null),
        ("""{"a": "\\ud83d\ude00"}""", null),
        ("""{"a": "\uD83D\u0041"}""", null),
        ("""{"b\u0000": 1, "a": "x"}""", null),
        ("""{"a": """, null),
        ("", null),
        (Deep(100_000, ""), null),
        (Deep(20_000, "[0,"), null),
        ($$"""{"b": {{Deep(900, "]")}}, "a": "x"}""", "x"),
        ($$"""{"b": "{{new string('[', 5_000)}}", "a": "x"}""", "x"),
        ($$"""{"b": [{{string.Join(',', Enumerable.Repeat("{}", 3_000))}}], "a": "x"}""", "x"),
    ];

    // A time as a site wrote it, and the month that it belongs to.
    private static readonly (string Start, string Partition)[] Times =
    [
        ("2026-08-01T00:30:00+02:00", "202607"),
        ("2026-07-31T23:59:59.9999999", "202607"),
        ("2026-07-31T23:30:00-0200", "202608"),
        ("2026-08-01T00:00:00Z", "202608"),
        ("2026-07-31 20:00:00-11", "202608"),
        ("2026-08-01T12:00:00\", \"start_timestamp\": \"2026-07-01T12:00:00", "202608"),
        ("2026-07-01T12:00:00\", \"more\": {\"start_timestamp\": \"2026-08-01T12:00:00\"}, \"end\": \"", "202607"),
        ("2026-08-01T12:00:00\", \"start\\u005ftimestamp\": \"2026-07-01T12:00:00", "202608"),
        ("2026\\u002d08-01T12:00:00", "202608"),
    ];

    [Fact]
    public async Task Document_OfWhatSitesSent_IsJsonOrNull()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false);
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n, body FROM unnest($1) WITH ORDINALITY AS t (body, n)",
            [Odd.Select(o => o.Document).ToArray()]
        );
        Assert.Equal(
            Odd.Select(o => o.Text ?? "NULL"),
            await pipeline.AskSourceAsync(Documents.Expand("SELECT document(l.body) ->> 'a' FROM action_logs AS l ORDER BY external_id"))
        );
    }

    [Fact]
    public async Task DocumentTime_AnyText_IsTheTimeUnderTheKeyOrNothing()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        (string Document, string Time)[] cases =
        [
            ("""{"t":"2026-01-02T03:04:05"}""", "2026-01-02 03:04:05"),
            ("{\"t\" \t:\r\n \"2026-01-02 03:04:05.123456789Z\", \"u\": 1}", "2026-01-02 03:04:05"),
            ("""{"a": {"t": "2026-01-02T03:04:05,5+02:30"}}""", "2026-01-02 00:34:05"),
            ("""{"t": "2026-01-02T03:04:05-0230"}""", "2026-01-02 05:34:05"),
            ("""{"t": "2026-01-02T23:59:59+14"}""", "2026-01-02 09:59:59"),
            ("""{"t": "2024-02-29T00:00:00.000000000000000000000000000000Z"}""", "2024-02-29 00:00:00"),
            ("""{"t": "2026-02-30T00:00:00"}""", "NULL"),
            ("""{"t": "2026-01-02T24:00:00"}""", "NULL"),
            ("""{"t": "2026-01-02t03:04:05"}""", "NULL"),
            ("""{"t": "2026-01-02T03:04:05z"}""", "NULL"),
            ("""{"t": "2026-01-02T03:04:05."}""", "NULL"),
            ("""{"t": "2026-01-02T03:04:05+15"}""", "NULL"),
            ("""{"t": "2026-01-02T03:04:05 "}""", "NULL"),
            ("{\"t\": \"2026-01-02T03:04:05\\\\\"}", "NULL"),
            ("{\"t\": \"2026-01-02T03:04:05", "NULL"),
            ("""{"t": x "2026-01-02T03:04:05"}""", "NULL"),
            ("""{"t": 5, "u": "2026-01-02T03:04:05"}""", "NULL"),
            ("""{"t": null}""", "NULL"),
            ("""{"t":""", "NULL"),
            ("\"t\"", "NULL"),
            ("", "NULL"),
            ("{\"t\":" + new string(' ', 200) + "\"2026-01-02T03:04:05\"}", "NULL"),
            ("""{"t": "2026-01-02T03:04:05", "t": "2026-01-02T03:04:05"}""", "NULL"),
            ("""{"t": "2026-01-02T03:04:05", "\u0074": "2026-01-03T03:04:05"}""", "NULL"),
            ("""{"é": "東京", "t": "2026-01-02T03:04:05"}""", "2026-01-02 03:04:05"),
        ];
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n, body FROM unnest($1) WITH ORDINALITY AS t (body, n)",
            [cases.Select(c => c.Document).ToArray()]
        );

        Assert.Equal(
            cases.Select(c => $"{c.Document} {c.Time}"),
            await pipeline.AskSourceAsync(
                Documents.Expand("SELECT l.body, document_time(l.body, 't')::text FROM action_logs AS l ORDER BY external_id")
            )
        );
    }

    [Fact]
    public async Task LoadAsync_TimesThatTheEnginesReadDifferently_StayInTheirMonths()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'odd', n, body FROM unnest($1) WITH ORDINALITY AS t (body, n)",
            [Times.Select(t => $$"""{"action_name": "deploy", "start_timestamp": "{{t.Start}}"}""").ToArray()]
        );
        for (var day = 1; day <= 8; day++)
        {
            await pipeline.AddActionAsync("fine", day, $"2026-0{6 + (day % 4)}-15T12:00:00");
        }

        await pipeline.LoadSettledAsync();
        Assert.Equal(
            Times.Select(t => t.Partition),
            await pipeline.AskAsync("SELECT _partition_id FROM fuel_action WHERE installation_uid = 'odd' ORDER BY operation_id")
        );
        var before = await pipeline.ChecksumsAsync("fuel_action");
        (string, string)[] windows =
        [
            ("2026-07-01", "2026-08-01"),
            ("2026-08-01", "2026-09-01"),
            ("2026-06-01", "2026-07-01"),
            ("2026-06-01", "2026-10-01"),
        ];
        foreach (var (from, to) in windows)
        {
            await pipeline.BackfillAsync(from, to);
            Assert.Equal(before, await pipeline.ChecksumsAsync("fuel_action"));
            var window = new TimeWindow(
                DateOnly.Parse(from, CultureInfo.InvariantCulture),
                DateOnly.Parse(to, CultureInfo.InvariantCulture)
            );
            Assert.All(
                (await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify, window))).Changes,
                c => Assert.True(c.Same && c.RowsBefore > 0, c.ToString())
            );
        }
    }

    [Fact]
    public async Task LoadAsync_HostileDocuments_StopNoBackfillAndNoComparison()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        string[] hostile =
        [
            """{"name": "x\u0000y", "start_timestamp": "2026-01-10T00:00:00"}""",
            """{"name": "\ud83d", "start_timestamp": "2026-01-11T00:00:00"}""",
            Deep(100_000, ""),
            Deep(30_000, "[0,"),
            """{"start_timestamp": "2026-01-12T00:00:00\u0000"}""",
            """{"start_timestamp": "infinity"}""",
            """{"start_timestamp": "now"}""",
            """{"start_timestamp": "294276-12-31T00:00:00"}""",
            """{"start_timestamp": "9999-12-31T23:59:59"}""",
            """{"start_timestamp": 1e400}""",
            "{\"start_timestamp\": \"2026-01-13T00:00:00\"",
            "\u0001",
        ];
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'hostile', n, body FROM unnest($1) WITH ORDINALITY AS t (body, n)",
            [hostile]
        );
        await pipeline.AddActionAsync("fine", 1, "2026-01-15T00:00:00");
        await pipeline.LoadAsync();
        var loaded = await pipeline.ChecksumsAsync("fuel_action");
        await pipeline.BackfillAsync("2026-01-01", "2026-02-01");
        Assert.Equal(loaded, await pipeline.ChecksumsAsync("fuel_action"));
        var january = new TimeWindow(new(2026, 1, 1), new(2026, 2, 1));
        foreach (var window in (TimeWindow?[])[january, null])
        {
            Assert.All(
                (await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify, window))).Changes,
                c => Assert.True(c.Same, c.ToString())
            );
        }

        Assert.Equal(
            (hostile.Length + 1).ToString(CultureInfo.InvariantCulture),
            await pipeline.AskOneAsync("SELECT (SELECT count() FROM fuel_action) + (SELECT count() FROM etl_quarantine)")
        );
        Assert.Equal("1", await pipeline.AskOneAsync("SELECT count() FROM fuel_action WHERE installation_uid = 'fine'"));
    }

    [Fact]
    public async Task LoadAsync_NumbersThatJsonAllows_AreReadOrQuarantinedWithTheirReason()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        string[] numbers =
        [
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775809",
            "1e400",
            "-1E+0999",
            new string('9', 400),
            "[1,99999999999999999999,88888888888888888888]",
            "0.12345678901234567890123",
            "1e-400",
        ];
        string[] bodies =
        [
            .. numbers.Select(
                (n, i) =>
                    $$"""{"n": {{n}}, "action_name": "a\\\": 99999999999999999999, \"", "cluster_id": {{i}}, "start_timestamp": "2026-01-10T00:00:00"}"""
            ),
            """{"cluster_id": 3000000000, "start_timestamp": "2026-01-10T00:00:00"}""",
            """{"cluster_id": -99999999999999999999, "start_timestamp": "2026-01-10T00:00:00"}""",
            """{"cluster_id": NaN, "start_timestamp": "2026-01-10T00:00:00"}""",
        ];
        await pipeline.SourceAsync(
            "INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'a', n - 1, body FROM unnest($1) WITH ORDINALITY AS t (body, n)",
            [bodies]
        );
        await pipeline.LoadAsync();
        Assert.Equal(
            ["9 cluster_id is out of range", "10 cluster_id is out of range", "11 not JSON"],
            await pipeline.AskAsync("SELECT key[2], reason FROM etl_quarantine ORDER BY toInt32(key[2])")
        );
        Assert.Equal(
            numbers.Select((_, i) => $$"""{{i}} {{i}} a\": 99999999999999999999, " 2026-01-10"""),
            await pipeline.AskAsync("SELECT operation_id, environment_id, action_name, toDate(started_at) FROM fuel_action ORDER BY 1")
        );

        string[] structures =
        [
            """{"clusters_num": 1, "x": 18446744073709551616, "clusters": [{"id": 7, "x": 1e999}]}""",
            """{"clusters_num": 3000000000}""",
            """{"clusters": [{"id": 3000000000}]}""",
            """{"clusters": [{"id": 1, "nodes": [{"id": 99999999999999999999}]}]}""",
        ];
        await pipeline.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date) SELECT n, structure::json, '2026-01-10' FROM unnest($1) WITH ORDINALITY AS t (structure, n)",
            [structures]
        );
        await pipeline.LoadAsync(Pipeline.Structures);
        Assert.Equal(["1 7"], await pipeline.AskAsync("SELECT installation_uid, environment_id FROM fuel_environment"));
        Assert.Equal(
            ["2 a count is out of range", "3 a number of an environment is out of range", "4 a number of an environment is out of range"],
            await pipeline.AskAsync("SELECT key[1], reason FROM etl_quarantine WHERE extract = 'fuel/installation_structures' ORDER BY ALL")
        );
    }

    private static string Deep(int levels, string item) =>
        item switch
        {
            "]" => new string('[', levels) + new string(']', levels),
            "" => new string('[', levels),
            _ => string.Concat(Enumerable.Repeat(item, levels)) + new string(']', levels),
        };
}
