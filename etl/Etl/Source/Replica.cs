using System.Data;
using System.Globalization;
using Npgsql;
using Npgsql.Schema;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl.Source;

/// <summary>The collector's replica: connections to it, and what a load asks of it.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly NpgsqlConnectionStringBuilder options;
    private readonly string name;
    private NpgsqlConnection? locked;
    private ReadingTransaction? held;
    private SourceState? heldState;
    private Func<CancellationToken, Task>? lockAgain;
    private SourceTypes? types;

    private Replica(NpgsqlConnectionStringBuilder options, string name)
    {
        this.options = options;
        this.name = name;
    }

    /// <summary>The replica that <c>ConnectionStrings__&lt;name&gt;</c> names. Nothing is opened yet.</summary>
    /// <exception cref="UserException">There is no such connection string, or it isn't readable.</exception>
    public static Replica Of(string name, string? connectionString)
    {
        var builder = SourceOptions.Read(name, connectionString);
        builder.ApplicationName ??= "etl";
        if (!builder.ContainsKey("Command Timeout"))
        {
            builder.CommandTimeout = 600;
        }

        return new Replica(builder, name);
    }

    /// <summary>Takes the one lock of <paramref name="extract"/>, held until disposal or until its connection is lost.</summary>
    /// <remarks>
    /// Waits a while for a server that is not ready for it; any other failure to connect is rather the connection string's.
    /// </remarks>
    /// <exception cref="SourceException">
    /// Another load of it is running, the source isn't reached, or it isn't a replica and <paramref name="allowPrimary"/> is false.
    /// </exception>
    public async Task LockAsync(string extract, bool allowPrimary, CancellationToken token)
    {
        lockAgain = t => TakeLockAsync(extract, allowPrimary, t);
        await Patience.TryAsync(
            async _ =>
            {
                await lockAgain(token);
                return true;
            },
            SourceFaults.IsNotReady,
            (_, _) => Task.CompletedTask,
            token
        );
    }

    // Takes the lock again where its connection was lost, as when the replica restarted. Another load that had it meanwhile has dropped
    // this one's tables, so that this one can't publish beside it.
    private async Task HoldLockAsync(CancellationToken token)
    {
        try
        {
            await CheckLockAsync(token);
        }
        catch (SourceException)
        {
            await locked!.DisposeAsync();
            await lockAgain!(token);
        }
    }

    /// <summary>Whether the lock is still held: its connection answers.</summary>
    /// <exception cref="SourceException">It was lost; another load may have begun.</exception>
    public async Task CheckLockAsync(CancellationToken token)
    {
        try
        {
            await ScalarAsync<int>(locked!, "SELECT 1", token);
        }
        catch (Exception e) when (e is SourceException or InvalidOperationException)
        {
            // InvalidOperationException: Npgsql has noticed already that it is closed.
            throw new SourceException(
                "the connection that holds the extract's lock was lost, so nothing is published; run the load again",
                e
            );
        }
    }

    /// <summary>
    /// The columns of the extract's SELECT. Looks again where the connection that holds the lock was lost, which it takes anew.
    /// </summary>
    /// <exception cref="SourceException">
    /// The SELECT fails, lacks a column of the header, or has a type that isn't carried over; names file and reason.
    /// </exception>
    public Task<IReadOnlyList<SourceColumn>> DescribeAsync(ExtractDefinition extract, CancellationToken token) =>
        TryAsync(() => DescribeOnceAsync(extract, token), (_, _) => Task.CompletedTask, token);

    /// <summary>Asks the source, and where a failure broke that off that may pass, again after a pause, holding the lock anew.</summary>
    /// <param name="ask">What is asked.</param>
    /// <param name="prepare">Is told of the failure and of the pause, and runs before it.</param>
    /// <exception cref="SourceException">Another load has the lock by now. The source's own failures come as they are.</exception>
    public Task<T> TryAsync<T>(Func<Task<T>> ask, Func<Exception, TimeSpan, Task> prepare, CancellationToken token) =>
        Patience.TryAsync(
            async failed =>
            {
                if (failed > 0)
                {
                    await HoldLockAsync(token);
                }

                return await ask();
            },
            SourceFaults.IsPassing,
            prepare,
            token
        );

    /// <summary>Makes sure that <paramref name="transaction"/> finds the types that were described, to its end.</summary>
    /// <exception cref="SourceException">It doesn't. The source's own failures come as they are.</exception>
    public Task CheckTypesAsync(ReadingTransaction transaction, CancellationToken token) => types!.CheckAsync(transaction, token);

    /// <summary>Lets every transaction that begins from now on see what the source holds now, until disposal.</summary>
    /// <exception cref="SourceException">The source isn't reached, or refuses.</exception>
    public async Task HoldSnapshotAsync(CancellationToken token)
    {
        heldState = await StateAsync(token);
        held = await BeginAsync(token);
    }

    /// <summary>
    /// Which server it is, and how far it had come at the latest when transactions see what they see that begin from now on.
    /// </summary>
    /// <exception cref="SourceException">The source fails.</exception>
    public async Task<SourceState> StateAsync(CancellationToken token) => heldState ?? await SourceState.ReadAsync(locked!, token);

    /// <summary>Begins a READ ONLY, REPEATABLE READ transaction on a connection of its own.</summary>
    /// <exception cref="SourceException">The source isn't reached, or refuses.</exception>
    public async Task<ReadingTransaction> BeginAsync(CancellationToken token)
    {
        var exported = held is null ? null : await ExportAsync(held, token);
        try
        {
            return await ReadingTransaction.BeginAsync(OfLockedHost(), exported, token);
        }
        catch (Exception e) when (SourceFaults.IsSource(e))
        {
            throw SourceFaults.Unreachable(name, e);
        }
    }

    // Where the connection string names several hosts, a load reads the one that holds its lock.
    private NpgsqlConnectionStringBuilder OfLockedHost() =>
        locked is null || options.Host?.Contains(',', StringComparison.Ordinal) != true
            ? options
            : new NpgsqlConnectionStringBuilder(options.ConnectionString)
            {
                Host = locked.Host,
                Port = locked.Port,
                TargetSessionAttributes = null,
            };

    public async ValueTask DisposeAsync()
    {
        held?.Dispose();
        if (locked is not null)
        {
            await UnlockAsync(locked);
            await locked.DisposeAsync();
        }
    }

    internal static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (T)(await command.ExecuteScalarAsync(token))!;
        }
        catch (NpgsqlException e)
        {
            throw SourceFaults.Explain(e);
        }
    }

    // The server notices that a connection was closed a moment later, and the next load may come sooner.
    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection) { CommandTimeout = 5 };
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException) { }
    }

    // What it saw is gone with its session, so asking again can't help: the fault has no inner one that may pass.
    private static async Task<string?> ExportAsync(ReadingTransaction held, CancellationToken token)
    {
        try
        {
            return await held.ExportAsync(token);
        }
        catch (Exception e) when (SourceFaults.IsSource(e))
        {
            throw new SourceException(
                $"the session that held the snapshot to compare with was lost ({SourceFaults.Explain(e).Message}), so nothing was compared; run it again"
            );
        }
    }

    private async Task TakeLockAsync(string extract, bool allowPrimary, CancellationToken token)
    {
        locked = await OpenAsync(token);
        if (!allowPrimary && !await ScalarAsync<bool>(locked, SourceOptions.IsReplica, token))
        {
            throw SourceOptions.NoReplica(name);
        }

        // The key is made here: hashtext() may differ between PostgreSQL's versions.
        var key = BitConverter.ToInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("etl " + extract)));
        if (!await ScalarAsync<bool>(locked, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_try_advisory_lock({key})"), token))
        {
            throw new SourceException($"another load of {extract} is running; wait for it to end");
        }
    }

    private async Task<IReadOnlyList<SourceColumn>> DescribeOnceAsync(ExtractDefinition extract, CancellationToken token)
    {
        try
        {
            var connection = locked!;
            // What is described and the types that are found lie in one transaction, which locks the tables.
            await using var transaction = await connection.BeginTransactionAsync(token);
            var columns = await KnownColumnsAsync(connection, extract, token);
            var select = SourceTypes.Select(extract, columns);
            types = new SourceTypes(await ScalarAsync<string>(connection, select, token), select);
            return columns;
        }
        catch (Exception e) when (e is NpgsqlException or SourceException)
        {
            var message = e switch
            {
                PostgresException postgres => $"{postgres.SqlState} {CleanText.Line(postgres.MessageText)}",
                NpgsqlException => SourceFaults.Explain(e).Message,
                _ => e.Message,
            };
            throw new SourceException($"{Project.Relative(extract.Path)}: {message}", e);
        }
    }

    // Npgsql reads the source's types once a process, and a scheduler lives for months.
    private static async Task<List<SourceColumn>> KnownColumnsAsync(
        NpgsqlConnection connection,
        ExtractDefinition extract,
        CancellationToken token
    )
    {
        try
        {
            return await ColumnsAsync(connection, extract, token);
        }
        catch (KeyNotFoundException)
        {
            await connection.ReloadTypesAsync(token);
            return await ColumnsAsync(connection, extract, token);
        }
    }

    private static async Task<List<SourceColumn>> ColumnsAsync(
        NpgsqlConnection connection,
        ExtractDefinition extract,
        CancellationToken token
    )
    {
        await using var command = new NpgsqlCommand(
            $"SELECT *, ({(extract.EventTime.Length > 0 ? extract.EventTime : "NULL")})::timestamp AS _event_time FROM ({extract.Select}) AS extract",
            connection
        );
        await using var reader = await DescribingAsync(command, token);
        var schema = await reader.GetColumnSchemaAsync(token);
        var columns = schema
            .Cast<NpgsqlDbColumn>()
            .SkipLast(1)
            .Select(c => SourceColumn.Of(c.ColumnName, SourceTypeName.Of(c), c.AllowDBNull != false))
            .ToList();
        string?[] needed = [.. extract.Key, extract.Cursor, extract.ShardBy];
        if (needed.FirstOrDefault(n => n is not null && !columns.Exists(c => c.Name == n)) is { } missing)
        {
            throw new SourceException(
                $"the header names column {missing}, which the SELECT doesn't return; it returns {string.Join(", ", columns.Select(c => c.Name))}"
            );
        }

        var cursor = columns.Find(c => c.Name == extract.Cursor)!;
        return cursor.IsOrdered
            ? columns
            : throw new SourceException(
                $"the cursor {cursor.Name} is of type {cursor.PostgresType}; expected a number, a date or a timestamp"
            );
    }

    private static async Task<NpgsqlDataReader> DescribingAsync(NpgsqlCommand command, CancellationToken token)
    {
        try
        {
            return await command.ExecuteReaderAsync(CommandBehavior.SchemaOnly | CommandBehavior.KeyInfo, token);
        }
        catch (InvalidOperationException e)
        {
            // Npgsql gives up over such a column before it says which one it is, and would wait for the rest of the answer until it times
            // out.
            await command.Connection!.CloseAsync();
            throw new SourceException(
                "a column is an array of a domain that stands for an array, which is not carried over; cast it in the extract's SELECT, for example x::text AS x",
                e
            );
        }
    }

    private Task<NpgsqlConnection> OpenAsync(CancellationToken token) => SourceConnection.OpenAsync(name, options, token);
}
