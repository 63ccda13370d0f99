using Npgsql;

namespace Collector;

/// <summary>One table's rows, each with an id of its own.</summary>
/// <param name="Table">With its schema.</param>
/// <param name="Columns">As COPY wants them.</param>
/// <param name="Rows">How many.</param>
/// <param name="Write">Writes the row of that number, from 0.</param>
internal sealed record TableRows(string Table, string Columns, int Rows, Action<CopyBlock, int> Write);

/// <summary>Fills the tables of one system, which refer to each other: all of them or none.</summary>
internal static class SystemFill
{
    /// <summary>Copies into the empty tables in their order, and lets their ids go on after what was copied.</summary>
    /// <exception cref="CollectorException">A table is missing or not empty.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        IReadOnlyList<TableRows> tables,
        IProgress<FillProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        List<FillResult> results = [];
        foreach (var rows in tables)
        {
            await CheckAsync(connection, rows.Table, cancellationToken);
            results.Add(
                await CopyStream.CopyAsync(connection, rows.Table, rows.Columns, Filling(rows), progress, rows.Rows, cancellationToken)
            );
            await ExecuteAsync(
                connection,
                $"SELECT setval(pg_get_serial_sequence('{rows.Table}', 'id'), coalesce(max(id), 1), count(*) > 0) FROM {rows.Table}",
                cancellationToken
            );
        }
        await transaction.CommitAsync(cancellationToken);
        return results;
    }

    private static Func<CopyBlock, bool> Filling(TableRows rows)
    {
        var next = 0;
        return block =>
        {
            if (next == rows.Rows)
            {
                return false;
            }
            rows.Write(block, next++);
            return true;
        };
    }

    /// <summary>Makes sure that a table is there, and empty.</summary>
    /// <param name="remedy">What to do where it isn't empty; null: that is fine.</param>
    /// <exception cref="CollectorException">It isn't.</exception>
    public static async Task CheckAsync(
        NpgsqlConnection connection,
        string table,
        CancellationToken cancellationToken,
        string? remedy = "empty it first"
    )
    {
        try
        {
            if (await ExecuteAsync(connection, $"SELECT EXISTS (SELECT FROM {table})", cancellationToken) is true && remedy is not null)
            {
                throw new CollectorException($"{table} is not empty; {remedy}");
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new CollectorException($"{table} doesn't exist; create it with `collector schema`", e);
        }
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
