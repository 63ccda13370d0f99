using System.Text;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using Reports.Definitions;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;

namespace Reports.Tests;

/// <summary>Runs reports offline: DuckDB in memory with the snapshot's tables, the shared functions and the views.</summary>
internal sealed partial class ReportTestDuckDb : IReportTestEngine, IDisposable
{
    private readonly SchemaSnapshot schema;
    private readonly DuckDb database = new();

    public ReportTestDuckDb(SchemaSnapshot schema)
    {
        this.schema = schema;
        database.Execute(File.ReadAllText(Project.Here.PathOf("warehouse-sql", "functions", "duckdb.sql")));
        foreach (var (name, table) in schema.Tables)
        {
            var columns = table.Columns.Select(c => $"{c.Key} {SchemaColumnType.Parse(c.Value).DuckDb}");
            database.Execute($"CREATE TABLE {name} ({string.Join(", ", columns)})");
        }

        foreach (var view in Project.Here.Views())
        {
            CreateView(view);
        }
    }

    /// <summary>The snapshot's columns of a table or view, as DuckDB sees them.</summary>
    public IReadOnlyList<string> ColumnsOf(string name) => database.Query($"SELECT * FROM {name} LIMIT 0").Columns;

    /// <inheritdoc/>
    public Task<ReportTestResult> RunAsync(ReportTestRun run, CancellationToken token)
    {
        database.Execute("BEGIN");
        try
        {
            foreach (var (name, rows) in run.Given.Where(g => g.Value.Count > 0))
            {
                database.Execute(Insert(name, rows));
            }

            var sql = SqlParameters.Replace(
                WithoutSettings(run.Sql),
                p => $"CAST(CAST(${p.Name} AS VARCHAR) AS {SchemaColumnType.Parse(p.Type).DuckDb})"
            );
            return Task.FromResult(database.Query(sql, run.Parameters));
        }
        finally
        {
            database.Execute("ROLLBACK");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => database.Dispose();

    // They say how ClickHouse works, and change no answer.
    private static string WithoutSettings(string sql) =>
        Settings().Matches(SqlText.Code(sql)).Reverse().Aggregate(sql, (text, clause) => text.Remove(clause.Index, clause.Length));

    [GeneratedRegex(@"\bSETTINGS(\s+\w+\s*=\s*('+|[\w.-]+)\s*,?)+", RegexOptions.IgnoreCase)]
    private static partial Regex Settings();

    private void CreateView(ViewDefinition view)
    {
        try
        {
            database.Execute($"CREATE VIEW {view.Name} AS {view.Body}");
        }
        catch (DuckDBException e)
        {
            throw new DefinitionException(view.Path, view.BodyLine, $"DuckDB doesn't run it: {e.Message}", e);
        }
    }

    private string Insert(string name, IReadOnlyList<object?[]> rows)
    {
        var table = schema.Tables[name];
        var types = table.Columns.Values.Select(SchemaColumnType.Parse).ToList();
        var sql = new StringBuilder($"INSERT INTO {name} VALUES ");
        sql.AppendJoin(", ", ReportTestGiven.Final(table, rows).Select(r => $"({string.Join(", ", r.Zip(types, Literal))})"));
        return sql.ToString();
    }

    private static string Literal(object? value, SchemaColumnType type) =>
        value switch
        {
            null => "NULL",
            List<object?> items => $"CAST([{string.Join(", ", items.Select(i => Literal(i, type.Element!)))}] AS {type.DuckDb})",
            double number => $"CAST('{number.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}' AS {type.DuckDb})",
            string text => $"CAST('{text.Replace("'", "''", StringComparison.Ordinal)}' AS {type.DuckDb})",
            _ => $"CAST('{ReportTestValue.Show(value)}' AS {type.DuckDb})",
        };
}
