using System.Globalization;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// A collector that goes on writing, whatever happens to the others: some of its transactions are rolled back, some end late.
/// </summary>
internal sealed class ChaosWriter : IAsyncDisposable
{
    private const int Installations = 12;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private readonly string _connection;
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Task _writing;
    private int _operation;

    private ChaosWriter(Pipeline pipeline, int seed)
    {
        _connection = pipeline.PrimaryConnection + ";Pooling=false";
        _writing = Task.WhenAll(Enumerable.Range(0, 3).Select(w => Task.Run(() => WriteAsync(new Random(seed + w), isLate: w == 0))));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Fills the source with some hundred rows and begins to write.</summary>
    public static async Task<ChaosWriter> StartAsync(Pipeline pipeline, int seed)
    {
        await pipeline.SourceAsync(
            $"INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'first', n, {Body("n")} FROM generate_series(1, 400) n"
        );
        return new ChaosWriter(pipeline, seed);
    }

    /// <summary>Lets every transaction end.</summary>
    /// <exception cref="NpgsqlException">One of them failed.</exception>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _writing;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    // Three months, so that a publication concerns several partitions; one row in seven can't be read and goes to the quarantine.
    private static string Body(string n) =>
        $"CASE WHEN {n} % 7 = 0 THEN 'no document' ELSE json_build_object('action_name', 'action ' || {n}, 'cluster_id', {n}, 'start_timestamp', '2026-0' || 1 + {n} % 3 || '-05T10:00:00')::text END";

    private async Task WriteAsync(Random random, bool isLate)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Token);
        while (!_stop.IsCancellationRequested)
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            // In one order in all transactions: two that wait for each other would be a deadlock, and end this writer.
            int[] installations = [.. new[] { random.Next(Installations), random.Next(Installations) }.Order()];
            await ExecuteAsync(connection, random, installations[0]);
            await Task.Delay(isLate ? TimeSpan.FromMilliseconds(random.Next(500, 3000)) : s_pause * random.NextDouble(), Token);
            await ExecuteAsync(connection, random, installations[1]);
            await (random.Next(4) == 0 ? transaction.RollbackAsync(Token) : transaction.CommitAsync(Token));
            await Task.Delay(s_pause, Token);
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, Random random, int installation)
    {
        var first = Interlocked.Add(ref _operation, 10);
        var rows = random.Next(1, 5);
        var sql =
            random.Next(4) > 0
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'chaos', n, {Body("n")} FROM generate_series({first}, {first + rows - 1}) n"
                )
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""
                    INSERT INTO installation_structures (master_node_uid, structure, creation_date)
                    VALUES ('i' || {{installation}}, '{"clusters_num": {{first}}}', clock_timestamp())
                    ON CONFLICT (master_node_uid) DO UPDATE SET structure = EXCLUDED.structure, modification_date = clock_timestamp()
                    """
                );
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
