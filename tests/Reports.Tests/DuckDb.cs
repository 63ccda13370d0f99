using static Reports.Tests.DuckDbNative;

namespace Reports.Tests;

/// <summary>A DuckDB database in memory. One thread at a time.</summary>
internal sealed unsafe class DuckDb : IDisposable
{
    private nint database;
    private nint connection;

    public DuckDb()
    {
        if (duckdb_open(null, out database) != 0 || duckdb_connect(database, out connection) != 0)
        {
            Dispose();
            throw new DuckDbException("DuckDB did not open a database in memory");
        }
    }

    /// <summary>Runs statements, separated by semicolons, whose results nobody wants.</summary>
    /// <exception cref="DuckDbException">One of them failed.</exception>
    public void Execute(string sql)
    {
        var state = duckdb_query(connection, sql, out var result);
        try
        {
            ThrowIfFailed(state, ref result);
        }
        finally
        {
            duckdb_destroy_result(ref result);
        }
    }

    /// <summary>Runs one SELECT with values for its <c>$name</c> parameters, given as text; a null is NULL.</summary>
    /// <exception cref="DuckDbException">It failed, or has a column of a type that can't be read.</exception>
    public ReportTestResult Query(string sql, IReadOnlyDictionary<string, string?>? parameters = null)
    {
        var prepared = duckdb_prepare(connection, sql, out var statement);
        try
        {
            if (prepared != 0)
            {
                throw new DuckDbException(Text(duckdb_prepare_error(statement)) ?? "DuckDB refused the statement");
            }

            foreach (var (name, value) in parameters ?? new Dictionary<string, string?>())
            {
                Bind(statement, name, value);
            }

            var state = duckdb_execute_prepared(statement, out var result);
            try
            {
                ThrowIfFailed(state, ref result);
                return Read(ref result);
            }
            finally
            {
                duckdb_destroy_result(ref result);
            }
        }
        finally
        {
            duckdb_destroy_prepare(ref statement);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        duckdb_disconnect(ref connection);
        duckdb_close(ref database);
    }

    private static void Bind(nint statement, string name, string? value)
    {
        // A report need not use each of its parameters.
        if (duckdb_bind_parameter_index(statement, out var index, name) == 0)
        {
            _ = value is null ? duckdb_bind_null(statement, index) : duckdb_bind_varchar(statement, index, value);
        }
    }

    private static void ThrowIfFailed(int state, ref Result result)
    {
        if (state != 0)
        {
            throw new DuckDbException(Text(duckdb_result_error(ref result)) ?? "DuckDB failed");
        }
    }

    private static ReportTestResult Read(ref Result result)
    {
        var columns = new string[duckdb_column_count(ref result)];
        var types = new nint[columns.Length];
        try
        {
            for (var c = 0; c < columns.Length; c++)
            {
                columns[c] = Text(duckdb_column_name(ref result, (ulong)c)) ?? "";
                types[c] = duckdb_column_logical_type(ref result, (ulong)c);
            }

            var rows = new List<object?[]>();
            for (var chunk = duckdb_fetch_chunk(result); chunk != 0; chunk = duckdb_fetch_chunk(result))
            {
                ReadChunk(chunk, types, rows);
                duckdb_destroy_data_chunk(ref chunk);
            }

            return new ReportTestResult(columns, rows);
        }
        finally
        {
            foreach (ref var type in types.AsSpan())
            {
                duckdb_destroy_logical_type(ref type);
            }
        }
    }

    private static void ReadChunk(nint chunk, nint[] types, List<object?[]> rows)
    {
        var first = rows.Count;
        var count = (int)duckdb_data_chunk_get_size(chunk);
        rows.AddRange(Enumerable.Range(0, count).Select(_ => new object?[types.Length]));
        for (var c = 0; c < types.Length; c++)
        {
            var vector = duckdb_data_chunk_get_vector(chunk, (ulong)c);
            for (var r = 0; r < count; r++)
            {
                rows[first + r][c] = DuckDbVector.Value(vector, types[c], r);
            }
        }
    }
}

/// <summary>DuckDB refused or failed; the message is its own.</summary>
internal sealed class DuckDbException(string message) : Exception(message);
