using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Many writers, whose transactions end in any order, while loads run back to back.</summary>
public sealed class LateCommitStormTests(EnginesFixture fixture, ITestOutputHelper output)
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";
    private const int Writers = 8;
    private readonly int _seed = Environment.GetEnvironmentVariable("CHAOS_SEED") is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : Random.Shared.Next();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_ManyWritersAndLateCommits_LosesNothingAndDoublesNothing()
    {
        var (source, warehouse, loads) = await StormAsync(TimeSpan.FromSeconds(10), fenced: true);
        Assert.True(loads >= 5, $"only {loads} loads, so hardly any commit was late: what takes them so long?");
        Assert.Equal(source, warehouse);
    }

    [Fact]
    public async Task RunAsync_ManyWritersAndNoFence_LosesRows()
    {
        // A test of the one above: were the writers tame, it would prove nothing.
        var (source, warehouse, _) = await StormAsync(TimeSpan.FromSeconds(3), fenced: false);
        Assert.NotEmpty(source.Except(warehouse));
        Assert.Empty(warehouse.Except(source));
    }

    /// <summary>The keys on both sides after the storm, and the number of loads during it.</summary>
    private async Task<(List<string> Source, List<string> Warehouse, int Loads)> StormAsync(TimeSpan length, bool fenced)
    {
        output.WriteLine($"seed {_seed}: CHAOS_SEED={_seed} makes the writers do the same, though not at the same time");
        // Covers the moment between a row's id and its insertion, as the 1000 of production do, and no transaction that stays open.
        using var project = new ProjectCopy().Change(Extract, "cursor: id\n", "cursor: id\noverlap: 50\n");
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.LoadAsync();
        var clock = Stopwatch.StartNew();
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(pipeline, w, clock, length), Token)));
        var loads = 0;
        for (; !writing.IsCompleted; loads++)
        {
            await LoadAsync(pipeline, fenced);
        }

        await writing;
        await fixture.WaitForReplicaAsync(Token);
        await LoadAsync(pipeline, fenced);
        var source = await pipeline.AskSourceAsync(
            "SELECT master_node_uid, external_id FROM action_logs ORDER BY master_node_uid COLLATE \"C\", external_id"
        );
        var warehouse = await pipeline.AskAsync("SELECT installation_uid, operation_id FROM fuel_action ORDER BY ALL");
        output.WriteLine($"{loads} loads while {source.Count} rows were committed");
        return (source, warehouse, loads);
    }

    private static async Task LoadAsync(Pipeline pipeline, bool fenced)
    {
        await pipeline.LoadAsync();
        if (!fenced)
        {
            await pipeline.Warehouse.ExecuteAsync(
                "INSERT INTO etl_run SELECT * REPLACE (0 AS snapshot_xmax, version + 1 AS version) FROM etl_run FINAL",
                Token
            );
        }
    }

    private async Task WriteAsync(Pipeline pipeline, int writer, Stopwatch clock, TimeSpan length)
    {
        var random = new Random(_seed + writer);
        await using var connection = new NpgsqlConnection(pipeline.PrimaryConnection + ";Pooling=false");
        await connection.OpenAsync(Token);
        for (var operation = 0; clock.Elapsed < length; operation += 100)
        {
            // The first two writers keep theirs open through several loads, the others mostly not.
            await TransactAsync(connection, random, writer, operation, stays: writer < 2 || random.Next(20) == 0);
        }
    }

    private static async Task TransactAsync(NpgsqlConnection connection, Random random, int writer, int operation, bool stays)
    {
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await InsertAsync(connection, writer, operation, random.Next(1, 10));
        var taken = await ScalarAsync(connection, "SELECT nextval('action_logs_id_seq')");
        if (random.Next(3) == 0)
        {
            await transaction.SaveAsync("here", Token);
            await InsertAsync(connection, writer, operation + 20, random.Next(1, 10));
            await (random.Next(2) == 0 ? transaction.RollbackAsync("here", Token) : transaction.ReleaseAsync("here", Token));
        }

        await Task.Delay(stays ? random.Next(700, 2000) : random.Next(0, 20), Token);
        await InsertAsync(connection, writer, operation + 40, random.Next(1, 10));
        await ScalarAsync(
            connection,
            $"INSERT INTO action_logs (id, master_node_uid, external_id, body) VALUES ({taken}, 'w{writer}', {operation + 60}, '{{}}') RETURNING id"
        );
        await (random.Next(5) == 0 ? transaction.RollbackAsync(Token) : transaction.CommitAsync(Token));
    }

    private static Task<string> InsertAsync(NpgsqlConnection connection, int writer, int first, int rows) =>
        ScalarAsync(
            connection,
            $"INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'w{writer}', n, '{{}}' FROM generate_series({first}, {first + rows - 1}) n RETURNING id"
        );

    private static async Task<string> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture)!;
    }
}
