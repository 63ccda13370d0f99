using Npgsql;

namespace Etl.Source;

/// <summary>
/// A READ ONLY, REPEATABLE READ transaction on the replica, on a connection of its own, none of whose statements takes longer than Command
/// Timeout.
/// </summary>
/// <remarks>
/// That limit holds for a COPY as well, even where it is the warehouse that is slow: its snapshot holds back what the replica replays. The
/// range is then read again in smaller ones, which fit.
/// </remarks>
internal sealed class ReadingTransaction : IDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlConnectionStringBuilder options;
    private readonly string processId;
    private CopyReader? copy;

    private ReadingTransaction(NpgsqlConnection connection, NpgsqlConnectionStringBuilder options, string? exported)
    {
        this.connection = connection;
        this.options = options;
        // The server's own word: a pooler in between tells its clients other numbers.
        processId = Text("SELECT pg_backend_pid()")!;
        Text("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        if (exported is not null)
        {
            Text($"SET TRANSACTION SNAPSHOT '{exported}'");
        }

        Snapshot = SourceSnapshot.Parse(Text("SELECT pg_current_snapshot()")!, Text(SourceSnapshot.Ahead)!);
    }

    /// <summary>What it sees.</summary>
    public SourceSnapshot Snapshot { get; }

    /// <summary>Begins one; it sees what the snapshot <paramref name="exported"/> does, where one is named.</summary>
    /// <exception cref="NpgsqlException">
    /// The server refuses or isn't reached; what else may be thrown, <see cref="SourceFaults.IsSource"/> knows.
    /// </exception>
    public static async Task<ReadingTransaction> BeginAsync(
        NpgsqlConnectionStringBuilder options,
        string? exported,
        CancellationToken token
    )
    {
        var connection = await SourceConnection.OpenAsync(options, token);
        try
        {
            BlockingSocket.TryUse(connection);
            return await Task.Run(() => new ReadingTransaction(connection, options, exported), token);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A name by which other transactions can see what this one does, as long as it goes on.</summary>
    public Task<string?> ExportAsync(CancellationToken token) => TextAsync("SELECT pg_export_snapshot()", token);

    /// <summary>One value as text; null for NULL. A cancelled token cancels the statement on the server.</summary>
    public async Task<string?> TextAsync(string sql, CancellationToken token)
    {
        using var cancelling = CancelWhen(token);
        try
        {
            return await Task.Run(() => Text(sql), token);
        }
        catch (Exception e) when (SourceFaults.IsSource(e) && token.IsCancellationRequested)
        {
            throw new OperationCanceledException(token);
        }
    }

    /// <summary>
    /// The rows of a SELECT of that many columns, to be read synchronously. Nothing else can be asked until they are read.
    /// </summary>
    public CopyReader Copy(string select, int columns) =>
        copy = new CopyReader(connection.BeginRawBinaryCopy($"COPY ({select}) TO STDOUT (FORMAT BINARY)"), columns);

    /// <summary>
    /// Cancels what is going on, from another thread. Over a session of its own, since Npgsql can't cancel a COPY that hasn't begun to
    /// answer.
    /// </summary>
    public void Cancel()
    {
        try
        {
            using var other = Task.Run(() => SourceConnection.OpenAsync(options, CancellationToken.None)).GetAwaiter().GetResult();
            using var command = new NpgsqlCommand($"SELECT pg_cancel_backend({processId})", other);
            command.ExecuteNonQuery();
        }
        catch (Exception e) when (SourceFaults.IsSource(e))
        {
            // The server is gone or full: the statement ends by its time limit.
        }
    }

    /// <summary>
    /// Cancels what goes on once the token is cancelled, and each second again until disposal: a statement that only then reaches the
    /// server would run to its time limit.
    /// </summary>
    public IDisposable CancelWhen(CancellationToken token) => new Cancelling(this, token);

    /// <summary>Ends it at once, also in the middle of a COPY.</summary>
    public void Dispose()
    {
        if (copy is { IsWhole: false })
        {
            // Closing alone would read all of the rest first.
            Cancel();
        }

        connection.Dispose();
    }

    private string? Text(string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        return command.ExecuteScalar() as string;
    }

    private sealed class Cancelling : IDisposable
    {
        private readonly CancellationTokenRegistration registration;
        private readonly Timer again;

        public Cancelling(ReadingTransaction transaction, CancellationToken token)
        {
            again = new Timer(_ => transaction.Cancel());
            registration = token.Register(() => again.Change(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        }

        public void Dispose()
        {
            registration.Dispose();
            // One that is under way is waited for: later it would hit another statement.
            using var ended = new ManualResetEvent(false);
            if (again.Dispose(ended))
            {
                ended.WaitOne();
            }
        }
    }
}
