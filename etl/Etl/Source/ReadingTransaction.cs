using Etl.Postgres;
using Npgsql;

namespace Etl.Source;

/// <summary>A READ ONLY, REPEATABLE READ transaction on the replica, on a connection of its own, none of whose statements takes longer than Command Timeout.</summary>
/// <remarks>
/// The server ends what takes longer, since a statement whose client is gone would go on there. That holds for a COPY as well, even where it
/// is the warehouse that is slow: its snapshot holds back what the replica replays. The range is then read again in smaller ones, which fit.
/// </remarks>
internal sealed class ReadingTransaction : IDisposable
{
    private readonly PostgresConnection connection;

    private ReadingTransaction(PostgresConnection connection, string? exported, int mostSeconds)
    {
        this.connection = connection;
        connection.Query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        if (exported is not null)
        {
            connection.Query($"SET TRANSACTION SNAPSHOT '{exported}'");
        }

        Snapshot = SourceSnapshot.Parse(connection.Query("SELECT pg_current_snapshot()::text")!, connection.Query(SourceSnapshot.Ahead)!);
        if (mostSeconds > 0)
        {
            // Where the server or the account has a lower limit, that one stays.
            var limit = ServerSocket.Milliseconds(mostSeconds);
            connection.Query($"SELECT set_config('statement_timeout', '{limit}', true) FROM pg_settings WHERE name = 'statement_timeout' AND setting::int NOT BETWEEN 1 AND {limit}");
        }
    }

    /// <summary>What it sees.</summary>
    public SourceSnapshot Snapshot { get; }

    /// <summary>Begins one; it sees what the snapshot <paramref name="exported"/> does, where one is named.</summary>
    /// <exception cref="PostgresServerException">The server refuses.</exception>
    /// <exception cref="IOException">The server isn't reached, or the line breaks off.</exception>
    public static Task<ReadingTransaction> BeginAsync(NpgsqlConnectionStringBuilder options, string? exported, CancellationToken token) => Task.Run(
        () =>
        {
            var connection = PostgresConnection.Open(options);
            try
            {
                return new ReadingTransaction(connection, exported, options.CommandTimeout);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
        token);

    /// <summary>A name by which other transactions can see what this one does, as long as it goes on.</summary>
    public Task<string?> ExportAsync(CancellationToken token) => TextAsync("SELECT pg_export_snapshot()", token);

    /// <summary>One value as text; null for NULL. A cancelled token cancels the statement on the server.</summary>
    public async Task<string?> TextAsync(string sql, CancellationToken token)
    {
        using var cancelling = token.Register(connection.Cancel);
        try
        {
            return await Task.Run(() => connection.Query(sql), token).ConfigureAwait(false);
        }
        catch (PostgresServerException) when (token.IsCancellationRequested)
        {
            throw new OperationCanceledException(token);
        }
    }

    /// <summary>The rows of a SELECT of that many columns, to be read synchronously. Nothing else can be asked until they are read.</summary>
    public CopyReader Copy(string select, int columns) => new(connection.Copy(select), columns);

    /// <summary>Cancels what is going on, from another thread.</summary>
    public void Cancel() => connection.Cancel();

    /// <summary>Ends it at once, also in the middle of a COPY.</summary>
    public void Dispose() => connection.Dispose();
}
