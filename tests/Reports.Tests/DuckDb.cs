using System.Data.Common;
using System.Numerics;
using System.Reflection;
using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace Reports.Tests;

/// <summary>A DuckDB database in memory. One thread at a time.</summary>
public sealed class DuckDb : IDisposable
{
    private static readonly MethodInfo GetFieldValue = typeof(DbDataReader).GetMethod(nameof(DbDataReader.GetFieldValue))!;

    // The rows are few: threads would cost more than they bring.
    private readonly DuckDBConnection connection = new("DataSource=:memory:;threads=1");

    /// <summary>An empty one.</summary>
    public DuckDb() => connection.Open();

    /// <summary>Runs statements, separated by semicolons, whose results nobody wants.</summary>
    /// <exception cref="DuckDBException">One of them failed.</exception>
    public void Execute(string sql)
    {
        using var command = new DuckDBCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Runs one SELECT with values for its <c>$name</c> parameters, given as text; a null is NULL.</summary>
    /// <exception cref="DuckDBException">It failed.</exception>
    /// <exception cref="NotSupportedException">It has a column of a type that a report should not return.</exception>
    public ReportTestResult Query(string sql, IReadOnlyDictionary<string, string?>? parameters = null)
    {
        using var command = new DuckDBCommand(sql, connection);
        // A report need not use each of its parameters: DuckDB.NET passes over the others.
        foreach (var (name, value) in parameters ?? new Dictionary<string, string?>())
        {
            command.Parameters.Add(new DuckDBParameter(name, value));
        }

        using var reader = command.ExecuteReader();
        var columns = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToArray();
        var readers = columns
            .Select(
                (name, c) =>
                    IsAllowed(reader.GetDataTypeName(c))
                        ? GetFieldValue.MakeGenericMethod(Exact(reader.GetFieldType(c)))
                        : throw Refused(name, reader.GetDataTypeName(c))
            )
            .ToArray();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            rows.Add([
                .. readers.Select(
                    (read, c) =>
                        reader.IsDBNull(c) ? null : Cell(read.Invoke(reader, BindingFlags.DoNotWrapExceptions, null, [c], null), columns[c])
                ),
            ]);
        }

        return new ReportTestResult(columns, rows);
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    // DuckDB.NET gives the values of these as texts or instants, which would hide that ClickHouse gives something else.
    private static bool IsAllowed(string type) =>
        type is "Timestamp" || (type is not ("Enum" or "Bit" or "Interval") && !type.StartsWith("Time", StringComparison.Ordinal));

    // A decimal would be rounded where .NET's has too few digits, and a list of values has no place for NULL.
    private static Type Exact(Type type)
    {
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(List<>))
        {
            return type == typeof(decimal) ? typeof(DuckDBDecimal) : type;
        }

        var item = Exact(type.GenericTypeArguments[0]);
        return typeof(List<>).MakeGenericType(item.IsValueType ? typeof(Nullable<>).MakeGenericType(item) : item);
    }

    private static object? Cell(object? value, string column) =>
        value switch
        {
            null or bool or double or string or DateOnly => value,
            float number => (double)number,
            DuckDBDecimal number => (decimal)number.Value.ToBigInteger() / (decimal)BigInteger.Pow(10, number.Scale),
            DateTime instant => DateTime.SpecifyKind(instant, DateTimeKind.Utc),
            Guid id => id.ToString(),
            BigInteger whole => (Int128)whole,
            ulong whole => (Int128)whole,
            sbyte or byte or short or ushort or int or uint or long => (Int128)Convert.ToInt64(value, null),
            System.Collections.IList items => items.Cast<object?>().Select(item => Cell(item, column)).ToList(),
            _ => throw Refused(column, value.GetType().Name),
        };

    private static NotSupportedException Refused(string column, string type) =>
        new($"column {column}: a report can't return DuckDB's type {type}; CAST it to a type that ClickHouse has too");
}
