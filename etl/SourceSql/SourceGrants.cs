using Npgsql;

namespace SourceSql;

/// <summary>A column that is read.</summary>
/// <param name="Schema">Its schema, as SQL.</param>
/// <param name="Table">Its table with the schema, as SQL.</param>
/// <param name="Column">Its name, as SQL; null: rows of the table are only counted.</param>
internal sealed record ReadColumn(string Schema, string Table, string? Column);

/// <summary>
/// The rights that SELECTs need at a source, and no others: column by column, as PostgreSQL itself understands them.
/// </summary>
/// <remarks>
/// Each SELECT becomes a view of a transaction that is taken back: what the server notes of a view's rule is what the SELECT reads, also
/// in sub-selects and joins. That needs a server that can write, the primary, and an account that may read the tables.
/// </remarks>
internal static class SourceGrants
{
    private const string View = "warehouse_grants_";

    // Of a table of which no column is named (count(*)) there is one line without a column.
    private static readonly string Needed = $"""
        SELECT quote_ident(n.nspname), quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname)
        FROM pg_depend AS d
        JOIN pg_rewrite AS r ON r.oid = d.objid
        JOIN pg_class AS v ON v.oid = r.ev_class
        JOIN pg_class AS c ON c.oid = d.refobjid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
          AND v.relnamespace = pg_my_temp_schema() AND starts_with(v.relname, '{View}') AND c.oid <> v.oid
          AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        GROUP BY n.nspname, c.relname, a.attname, a.attnum
        ORDER BY 2, a.attnum
        """;

    /// <summary>What <paramref name="selects"/> read there.</summary>
    /// <param name="primary">Of an account that may read the tables.</param>
    /// <param name="role">The account that is to read.</param>
    /// <param name="selects">The SELECTs, each with the file that it stands in.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="SourceException">One of them fails there, or the role is one that grants don't limit.</exception>
    public static async Task<IReadOnlyList<ReadColumn>> ReadAsync(
        NpgsqlConnection primary,
        string role,
        IEnumerable<(string Path, string Select)> selects,
        CancellationToken token
    )
    {
        await using var transaction = await primary.BeginTransactionAsync(token);
        foreach (var (number, (path, select)) in selects.Index())
        {
            try
            {
                await RunAsync(primary, $"CREATE TEMP VIEW {View}{number} AS\n{select}", token);
            }
            catch (PostgresException e)
            {
                throw new SourceException($"{path}: {e.MessageText}", e);
            }
        }

        var columns = await RowsAsync(primary, Needed, token);
        var unlimited = await RowsAsync(
            primary,
            "SELECT rolname FROM pg_roles AS r WHERE rolname = $1 AND (rolsuper OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relkind IN ('r', 'p')))",
            token,
            role
        );
        await transaction.RollbackAsync(token);
        return unlimited.Count == 0
            ? [.. columns.Select(c => new ReadColumn(c[0]!, c[1]!, c[2]))]
            : throw new SourceException(
                $"{role} is a superuser or owns tables, whom grants don't limit; name an account that only reads: ROLE="
            );
    }

    /// <summary>
    /// SQL that gives a role what is read in a database; a role that isn't there is made. Doing it again changes nothing.
    /// </summary>
    /// <param name="role">The account that is to read.</param>
    /// <param name="columns">What is read there, by whatever source's SELECTs.</param>
    /// <param name="isAll">Whether that is all that the role is for: then it loses what else it has of those schemas' tables.</param>
    public static IReadOnlyList<string> For(string role, IReadOnlyList<ReadColumn> columns, bool isAll)
    {
        var name = $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var text = $"'{role.Replace("'", "''", StringComparison.Ordinal)}'";
        IEnumerable<string> Schema(string schema) =>
            ((string[])[$"GRANT USAGE ON SCHEMA {schema} TO {name}", $"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}"]).Take(
                isAll ? 2 : 1
            );
        return
        [
            $"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) THEN CREATE ROLE {name} LOGIN; END IF; END $$",
            .. columns.Select(c => c.Schema).Distinct().SelectMany(s => Schema(s)),
            .. columns
                .GroupBy(c => c.Table)
                .Select(t =>
                    t.Where(c => c.Column is not null).Select(c => c.Column).Distinct().ToList() is { Count: > 0 } named
                        ? $"GRANT SELECT ({string.Join(", ", named)}) ON {t.Key} TO {name}"
                        : $"GRANT SELECT ON {t.Key} TO {name}"
                ),
        ];
    }

    /// <summary>Runs them all, or none.</summary>
    /// <exception cref="SourceException">The account may not.</exception>
    public static async Task ApplyAsync(NpgsqlConnection primary, IEnumerable<string> grants, CancellationToken token)
    {
        await using var transaction = await primary.BeginTransactionAsync(token);
        foreach (var grant in grants)
        {
            try
            {
                await RunAsync(primary, grant, token);
            }
            catch (PostgresException e)
            {
                throw new SourceException($"{grant}: {e.MessageText}", e);
            }
        }

        await transaction.CommitAsync(token);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(token);
    }

    private static async Task<List<string?[]>> RowsAsync(
        NpgsqlConnection connection,
        string sql,
        CancellationToken token,
        params string[] given
    )
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in given)
        {
            command.Parameters.AddWithValue(value);
        }

        await using var reader = await command.ExecuteReaderAsync(token);
        var rows = new List<string?[]>();
        while (await reader.ReadAsync(token))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        }

        return rows;
    }
}
