using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Commits that come out of order: a cursor alone would lose the row that took its number early and was committed late.</summary>
public sealed class LateCommitTests(EnginesFixture fixture)
{
    private const string Extract = "etl/extracts/fuel/action_logs.sql";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_LateCommit_IsFoundByTheNextLoad()
    {
        using var project = WithoutOverlap();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await using (var late = await BeginAsync(pipeline, "late", 1))
        {
            await pipeline.AddActionAsync("early", 1, "2026-01-01T00:00:00");
            await pipeline.LoadAsync();
            Assert.Equal(["early"], await LoadedAsync(pipeline));
            await late.CommitAsync();
        }

        await pipeline.LoadAsync();
        Assert.Equal(["early", "late"], await LoadedAsync(pipeline));
    }

    [Fact]
    public async Task RunAsync_LateCommitAfterSeveralLoads_IsFound()
    {
        using var project = WithoutOverlap();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await pipeline.AddActionAsync("first", 1, "2026-01-01T00:00:00");
        await pipeline.LoadAsync();
        await using (var late = await BeginAsync(pipeline, "late", 1))
        {
            for (var i = 1; i <= 3; i++)
            {
                await pipeline.AddActionAsync("meanwhile", i, "2026-01-01T00:00:00");
                await pipeline.LoadAsync();
            }

            await late.CommitAsync();
        }

        await pipeline.AddActionAsync("meanwhile", 4, "2026-01-01T00:00:00");
        await pipeline.LoadAsync();
        Assert.Equal(["first", "late", "meanwhile", "meanwhile", "meanwhile", "meanwhile"], await LoadedAsync(pipeline));
        // Once every transaction has been seen, also those of other tests, loads begin at the last cursor again.
        await Wait.UntilAsync(async () => (await pipeline.LoadAsync()).Run.RowsRead == 0, "a load reads nothing");
    }

    [Fact]
    public async Task RunAsync_LateCommitOfATransactionAboveTheLastThatEnded_IsFound()
    {
        // A snapshot's xmax is one above the last transaction that ended: one that runs already may have that number, or a higher one.
        using var project = WithoutOverlap();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await using (var early = await BeginAsync(pipeline))
        {
            await using var late = await BeginAsync(pipeline);
            await late.InsertAsync("late", 1);
            await early.InsertAsync("early", 1);
            await early.CommitAsync();
            await pipeline.LoadAsync();
            Assert.Equal(["early"], await LoadedAsync(pipeline));
            await late.CommitAsync();
        }

        await pipeline.LoadAsync();
        Assert.Equal(["early", "late"], await LoadedAsync(pipeline));
    }

    [Fact]
    public async Task RunAsync_LateCommitAndNoFence_IsMissed()
    {
        // A test of the two above: without the fence, which is the ledger's snapshot, the row is lost.
        using var project = WithoutOverlap();
        using var pipeline = await Pipeline.CreateAsync(fixture, project);
        await using (var late = await BeginAsync(pipeline, "late", 1))
        {
            await pipeline.AddActionAsync("early", 1, "2026-01-01T00:00:00");
            await pipeline.LoadAsync();
            await late.CommitAsync();
        }

        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO etl_run SELECT * REPLACE (0 AS snapshot_xmax, version + 1 AS version) FROM etl_run FINAL",
            Token
        );
        await pipeline.LoadAsync();
        Assert.Equal(["early"], await LoadedAsync(pipeline));
    }

    private static ProjectCopy WithoutOverlap() => new ProjectCopy().Change(Extract, "cursor: id\n", "cursor: id\noverlap: 0\n");

    private static Task<List<string>> LoadedAsync(Pipeline pipeline) =>
        pipeline.AskAsync("SELECT installation_uid FROM fuel_action ORDER BY ALL");

    /// <summary>
    /// A transaction that has its number, in which one row is inserted, and so has taken its id, and which isn't committed.
    /// </summary>
    private static async Task<OpenTransaction> BeginAsync(Pipeline pipeline, string installation, int operation)
    {
        var open = await BeginAsync(pipeline);
        await open.InsertAsync(installation, operation);
        return open;
    }

    private static async Task<OpenTransaction> BeginAsync(Pipeline pipeline)
    {
        var connection = new NpgsqlConnection(pipeline.PrimaryConnection + ";Pooling=false");
        await connection.OpenAsync(Token);
        var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand("SELECT pg_current_xact_id()", connection, transaction);
        await command.ExecuteNonQueryAsync(Token);
        return new OpenTransaction(connection, transaction, pipeline);
    }

    private sealed class OpenTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, Pipeline pipeline) : IAsyncDisposable
    {
        public async Task InsertAsync(string installation, int operation)
        {
            await using var command = new NpgsqlCommand(
                "INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ($1, $2, '{}')",
                connection,
                transaction
            );
            command.Parameters.Add(new NpgsqlParameter { Value = installation });
            command.Parameters.Add(new NpgsqlParameter { Value = operation });
            await command.ExecuteNonQueryAsync(Token);
        }

        public async Task CommitAsync()
        {
            await transaction.CommitAsync(Token);
            await pipeline.SourceAsync("SELECT 1");
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
