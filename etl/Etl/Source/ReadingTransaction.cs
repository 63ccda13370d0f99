using Npgsql;

namespace Etl.Source;

/// <summary>A READ ONLY, REPEATABLE READ transaction on the replica.</summary>
internal sealed class ReadingTransaction(NpgsqlConnection connection, SourceSnapshot snapshot) : IAsyncDisposable
{
    /// <summary>What it sees.</summary>
    public SourceSnapshot Snapshot { get; } = snapshot;

    /// <summary>One value as text; null for NULL.</summary>
    public async Task<string?> TextAsync(string sql, CancellationToken token)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as string;
        }
        catch (NpgsqlException e)
        {
            throw SourceFaults.Explain(e);
        }
    }

    /// <summary>The rows of a SELECT in binary COPY, to be read synchronously.</summary>
    public async Task<Stream> CopyAsync(string select, CancellationToken token)
    {
        try
        {
            return await connection.BeginRawBinaryCopyAsync($"COPY ({select}) TO STDOUT (FORMAT binary)", token).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw SourceFaults.Explain(e);
        }
    }

    /// <summary>Ends it at once, also in the middle of a COPY.</summary>
    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
