using System.Diagnostics;
using System.Globalization;
using Engines;
using WarehouseSql.Runs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// kill -9 of <c>etl</c>, of ClickHouse and of the replica at random moments of loads; then all is as if nothing had been killed.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";
    private readonly int _seed = Number("CHAOS_SEED") ?? Random.Shared.Next();
    private readonly int _kills = Number("CHAOS_KILLS") ?? 30;
    private readonly Dictionary<(Victim, Phase), int> _hits = [];
    private readonly Stopwatch _sinceHit = Stopwatch.StartNew();
    private string _lastEnd = "";

    private enum Victim
    {
        Etl,
        ClickHouse,
        Replica,
    }

    private enum Phase
    {
        Idle,
        Staging,
        Publishing,
    }

    private static readonly Phase[] Wanted = [Phase.Staging, Phase.Publishing];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Loads_KilledAtRandomMoments_EndWithFactsThatEqualTheSource(int nodes)
    {
        output.WriteLine($"seed {_seed}, {_kills} kills: CHAOS_SEED={_seed} CHAOS_KILLS={_kills} chooses the same again");
        var random = new Random(_seed);
        await using var engines = new EnginesFixture();
        await engines.InitializeAsync();
        await using var cluster = nodes > 1 ? new ClusterFixture() : null;
        await (cluster?.InitializeAsync() ?? ValueTask.CompletedTask);
        ClickHouseServer[] warehouse = cluster is null ? [engines.Engines.ClickHouse] : [cluster.First, cluster.Second];
        // The overlap would read again what a cursor that went too far has missed.
        using var project = new ProjectCopy().Change(Extract, "cursor: id\n", "cursor: id\noverlap: 20\n");
        using var pipeline = await Pipeline.CreateAsync(engines, project, cluster: cluster);
        await using var writer = await ChaosWriter.StartAsync(pipeline, _seed);
        var clock = Stopwatch.StartNew();
        var kills = nodes == 1 ? _kills : _kills / 3;
        // Few kills may miss a phase, which is some hundredths of a second.
        while (_hits.Values.Sum() < kills || (_hits.Values.Sum() < 10 * kills && !Wanted.All(IsHit)))
        {
            await KillOnceAsync(engines.Engines.Replica, warehouse, pipeline, random);
            Assert.True(_sinceHit.Elapsed < TimeSpan.FromMinutes(4), $"loads end before they can be hit: {_lastEnd}");
            if (_hits.Values.Sum() % 15 == 0)
            {
                await ChaosLoad.RunInPeaceAsync(pipeline, "extract");
                await ChaosOutcome.AssertTidyAsync(pipeline);
            }
        }

        output.WriteLine(
            $"{string.Join(", ", _hits.OrderBy(h => h.Key).Select(h => $"{h.Key.Item1} while {h.Key.Item2}: {h.Value}"))}; {clock.Elapsed.TotalSeconds:0} s"
        );
        await writer.StopAsync();
        await engines.WaitForReplicaAsync(Token);
        await ChaosLoad.RunInPeaceAsync(pipeline, "extract");
        await ChaosLoad.RunInPeaceAsync(pipeline, "verify");
        // Takes the place of whichever backfill was killed last.
        await ChaosLoad.RunInPeaceAsync(pipeline, "backfill", Pipeline.Actions, "--from", "2026-01-01", "--to", "2026-05-01");
        // And of a heal that was.
        await ChaosLoad.RunInPeaceAsync(pipeline, "verify", "--heal");
        Assert.Empty(await pipeline.RunTablesAsync());
        Assert.Empty(await RunLedger.HalfLoadsAsync(sql => pipeline.Warehouse.QueryAsync(sql, Token)));
        await ChaosOutcome.AssertTidyAsync(pipeline);
        await ChaosOutcome.AssertFactsAsync(pipeline);
        await ChaosOutcome.AssertLedgerAsync(pipeline, _hits.Where(h => h.Key is (Victim.Etl, not Phase.Idle)).Sum(h => h.Value));
        // A test of the test: one row less is seen.
        foreach (var node in pipeline.Nodes)
        {
            await node.ExecuteAsync("DELETE FROM fuel_action WHERE installation_uid = 'first' AND operation_id = 1", Token);
        }

        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => ChaosOutcome.AssertFactsAsync(pipeline));
        Assert.All(Wanted, phase => Assert.True(IsHit(phase), $"nothing was killed while {phase}"));
    }

    private bool IsHit(Phase phase) => _hits.Keys.Any(hit => hit.Item2 == phase);

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private async Task KillOnceAsync(Engine replica, ClickHouseServer[] warehouse, Pipeline pipeline, Random random)
    {
        var victim = random.Next(10) switch
        {
            < 4 => Victim.Etl,
            < 8 => Victim.ClickHouse,
            _ => Victim.Replica,
        };
        var aim = random.Next(5) switch
        {
            0 => Phase.Idle,
            < 3 => Phase.Staging,
            _ => Phase.Publishing,
        };
        var further = TimeSpan.FromMilliseconds(
            random.Next(
                aim switch
                {
                    Phase.Idle => 500,
                    Phase.Staging => 60,
                    _ => 20,
                }
            )
        );
        var before = await RunTablesAsync(pipeline);
        await using var load = ChaosLoad.Start(pipeline, random, inProcess: victim != Victim.Etl);
        for (var waited = Stopwatch.StartNew(); !load.IsOver && await PhaseAsync(pipeline, before) < aim; await Task.Delay(5, Token))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(3), $"a load doesn't come as far as {aim}, and doesn't end");
        }

        await Task.Delay(further, Token);
        if (load.IsOver)
        {
            // Nothing was hit: it does not count. A failure of its own would be ours.
            _lastEnd = await load.EndAsync();
            return;
        }

        // A killed program or warehouse leaves what was there; a load whose source was killed goes on, or tidies up.
        var phase = victim == Victim.Replica ? await PhaseAsync(pipeline, before) : Phase.Idle;
        await KillAsync(victim == Victim.Replica ? replica : warehouse[random.Next(warehouse.Length)], victim, load);
        phase = victim == Victim.Replica ? phase : await PhaseAsync(pipeline, before);
        _hits[(victim, phase)] = _hits.GetValueOrDefault((victim, phase)) + 1;
        _sinceHit.Restart();
        await load.EndAsync();
    }

    private static async Task KillAsync(Engine engine, Victim victim, ChaosLoad load)
    {
        if (victim == Victim.Etl)
        {
            await load.KillAsync();
            return;
        }

        await engine.KillAsync(Token);
        await engine.StartAsync(Token);
    }

    /// <summary>How far the load is that has made other tables than those of <paramref name="before"/>.</summary>
    private static async Task<Phase> PhaseAsync(Pipeline pipeline, HashSet<string> before)
    {
        var made = (await RunTablesAsync(pipeline)).Where(t => !before.Contains(t)).ToList();
        return made.Exists(t => t.EndsWith("_next", StringComparison.Ordinal)) ? Phase.Publishing
            : made.Count > 0 ? Phase.Staging
            : Phase.Idle;
    }

    private static async Task<HashSet<string>> RunTablesAsync(Pipeline pipeline) => [.. await pipeline.RunTablesAsync()];
}
