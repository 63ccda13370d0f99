using System.Globalization;
using Etl.Loading;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// A source that misbehaves at random. After each round both sides agree, or a load has failed with a line that says why and is in the
/// report that alerts.
/// </summary>
public sealed class ChaosSourceTests(ITestOutputHelper output)
{
    private readonly int _seed = Number("CHAOS_SEED") ?? Random.Shared.Next();
    private readonly int _rounds = Number("CHAOS_ROUNDS") ?? 12;
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private int _operation;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loads_OfASourceThatMisbehaves_AgreeWithItOrFailAndAlert()
    {
        output.WriteLine($"seed {_seed}, {_rounds} rounds: CHAOS_SEED={_seed} CHAOS_ROUNDS={_rounds} chooses the same again");
        var random = new Random(_seed);
        await using var engines = new EnginesFixture();
        await engines.InitializeAsync();
        using var pipeline = await Pipeline.CreateAsync(engines);
        await pipeline.SourceAsync(
            "CREATE TABLE saved AS SELECT * FROM action_logs; CREATE TABLE saved_structures AS SELECT * FROM installation_structures"
        );
        await AddAsync(pipeline, random, 40);
        for (var round = 0; round < _rounds; round++)
        {
            await RoundAsync(engines, pipeline, random);
        }

        // A promotion ends the replica: what is left is a primary on another timeline.
        await engines.Engines.Replica.ExecuteAsync("postgres", "SELECT pg_promote()", Token);
        (string, string)[] primary = [("Etl:AllowPrimary", "true")];
        Assert.Contains("timeline 2", await FailureAsync(pipeline, Pipeline.Actions, primary), StringComparison.Ordinal);
        await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Accept), primary);
        output.WriteLine(string.Join(", ", _outcomes.Select(o => $"{o.Key}: {o.Value}")));
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private async Task RoundAsync(EnginesFixture engines, Pipeline pipeline, Random random)
    {
        var (name, sql) = random.Next(10) switch
        {
            0 => ("emptied", "TRUNCATE action_logs RESTART IDENTITY"),
            1 => ("emptied with structures", "TRUNCATE action_logs, installation_structures"),
            2 => (
                "restored",
                "TRUNCATE action_logs, installation_structures; INSERT INTO action_logs SELECT * FROM saved; INSERT INTO installation_structures SELECT * FROM saved_structures; "
                    // As a restore does: the next row is a new one.
                    + "SELECT setval(pg_get_serial_sequence(t, 'id'), greatest(m, 1)) FROM (SELECT 'action_logs' AS t, max(id) AS m FROM action_logs UNION ALL SELECT 'installation_structures', max(id) FROM installation_structures) AS s"
            ),
            3 => (
                "saved",
                "TRUNCATE saved, saved_structures; INSERT INTO saved SELECT * FROM action_logs; INSERT INTO saved_structures SELECT * FROM installation_structures"
            ),
            4 => (
                "future cursor",
                $"UPDATE installation_structures SET modification_date = '20{random.Next(30, 99)}-01-01' WHERE id = (SELECT max(id) FROM installation_structures)"
            ),
            5 => ("rows deleted", $"DELETE FROM action_logs WHERE id % {random.Next(2, 9)} = 0"),
            6 => ("changed in place", "UPDATE action_logs SET body = replace(body, 'deploy', 'other') WHERE id % 3 = 0"),
            7 => ("replay stands still", "SELECT 1"),
            _ => ("rows added", "SELECT 1"),
        };
        await pipeline.SourceAsync(sql);
        var stands = name == "replay stands still";
        if (stands)
        {
            await engines.Engines.Replica.ExecuteAsync("postgres", "SELECT pg_wal_replay_pause()", Token);
        }

        await AddAsync(pipeline, random, random.Next(1, 60), waits: !stands);
        foreach (var extract in (string[])[Pipeline.Actions, Pipeline.Structures])
        {
            await LoadAsync(engines, pipeline, extract, name);
        }

        if (stands)
        {
            await engines.Engines.Replica.ExecuteAsync("postgres", "SELECT pg_wal_replay_resume()", Token);
            await engines.WaitForReplicaAsync(Token);
        }
    }

    private async Task LoadAsync(EnginesFixture engines, Pipeline pipeline, string extract, string round)
    {
        var failure = await FailureAsync(pipeline, extract);
        var outcome = $"{round}, {(failure is null ? "agreed" : "failed and accepted")}";
        _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
        if (failure is not null)
        {
            Assert.DoesNotContain('\n', failure);
            Assert.Contains("make ", failure, StringComparison.Ordinal);
            Assert.Contains(
                extract,
                await pipeline
                    .AskAsync(SqlFile.Read(Project.Here.PathOf("reports", "definitions", "warehouse", "failed-loads.sql")).Body)
                    .ContinueWith(t => t.Result.Select(r => r.Split(' ')[0]), Token)
            );
            await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Accept));
        }

        if (round == "replay stands still")
        {
            Assert.Equal(
                "1",
                await pipeline.AskOneAsync(
                    $"SELECT argMax(replayed_at < started_at, run) FROM etl_run WHERE extract = '{extract}' AND outcome = 'published'"
                )
            );
        }

        await AssertAgreeAsync(engines, pipeline, extract);
    }

    private static async Task<string?> FailureAsync(Pipeline pipeline, string extract, params (string, string)[] settings)
    {
        try
        {
            await pipeline.LoadAsync(extract, null, settings);
            return null;
        }
        catch (Exception e) when (e is SourceException or WarehouseException)
        {
            return e.Message;
        }
    }

    // What the replica shows is in the fact or in the quarantine, each row once.
    private static async Task AssertAgreeAsync(EnginesFixture engines, Pipeline pipeline, string extract)
    {
        var (source, fact, key) =
            extract == Pipeline.Actions
                ? (
                    "SELECT string_agg(master_node_uid || ' ' || external_id, E'\n') FROM fuel.action_logs",
                    "SELECT installation_uid, operation_id FROM fuel_action",
                    "key[1], key[2]"
                )
                : (
                    "SELECT string_agg(master_node_uid, E'\n') FROM fuel.installation_structures",
                    "SELECT DISTINCT installation_uid FROM fuel_installation",
                    "key[1]"
                );
        var there = (await engines.Engines.Replica.ExecuteAsync(pipeline.SourceDatabase, source, Token) as string)?.Split('\n') ?? [];
        var here = await pipeline.AskAsync(fact);
        Assert.Equal(here.Count, here.Distinct().Count());
        Assert.Empty(there.Except(here).Except(await pipeline.AskAsync($"SELECT {key} FROM etl_quarantine WHERE extract = '{extract}'")));
    }

    private async Task AddAsync(Pipeline pipeline, Random random, int rows, bool waits = true)
    {
        var first = _operation;
        _operation += rows;
        string[] bodies =
        [
            .. Enumerable
                .Range(first, rows)
                .Select(n =>
                    random.Next(3) == 0
                        ? HostileDocuments.Next(random)
                        : string.Create(
                            CultureInfo.InvariantCulture,
                            $$"""{"action_name": "deploy", "cluster_id": {{n}}, "start_timestamp": "2026-0{{1 + (n % 3)}}-05T10:00:00"}"""
                        )
                ),
        ];
        const string Sql = """
            INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 's', $1 + n, body FROM unnest($2) WITH ORDINALITY AS t (body, n);
            """;
        await pipeline.SourceAsync(Sql, waits, first, bodies);
        await pipeline.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date) VALUES ('i' || $1 % 20, '{"clusters_num": 1, "x": 18446744073709551616}', now())
            ON CONFLICT (master_node_uid) DO UPDATE SET modification_date = clock_timestamp()
            """,
            waits,
            random.Next(1000)
        );
    }
}
