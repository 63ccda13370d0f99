using System.Globalization;
using System.Text.Json;
using Npgsql;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Compares a report's figures with the same question in PostgreSQL's SQL, asked of the collector's own tables.</summary>
internal static class Figures
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Asserts the same columns, rows and values (numbers to 9 digits); returns the number of rows.</summary>
    /// <param name="pipeline">Both sides.</param>
    /// <param name="runner">Of the pipeline's warehouse.</param>
    /// <param name="name">The report.</param>
    /// <param name="question">PostgreSQL's SELECT; unqualified names are those of the report's system.</param>
    /// <param name="parameters">
    /// Dates as <see cref="DateOnly"/>, else texts, numbers or booleans; @name in the question. The report is given those that it knows.
    /// </param>
    public static async Task<int> CompareAsync(
        Pipeline pipeline,
        ReportRunner runner,
        string name,
        string question,
        IReadOnlyDictionary<string, object> parameters
    )
    {
        var report = Project.Here.Report(name);
        var known = report.Parameters.Select(p => p.Name).ToHashSet();
        var table = new TableSink(100_000);
        var run = runner.Prepare(
            report,
            parameters.Where(p => known.Contains(p.Key)).ToDictionary(p => p.Key, p => Text(p.Value)),
            await runner.LoadsAsync(Token)
        );
        await runner.RunAsync(run, 100_000, [table], Token);

        var (columns, rows) = await AskSourceAsync(pipeline.PrimaryOf(name.Split('/')[0]), question, parameters);
        var given = string.Join(", ", parameters.Select(p => $"{p.Key} {Text(p.Value)}"));
        Assert.Equal(columns, table.Columns.Select(c => c.Name));
        Assert.True(rows.Count == table.Rows.Count, $"{name} ({given}): {rows.Count} rows at the source, {table.Rows.Count} in the report");
        for (var r = 0; r < rows.Count; r++)
        {
            for (var c = 0; c < columns.Count; c++)
            {
                Assert.True(
                    IsSame(rows[r][c], table.Rows[r][c]),
                    $"{name} ({given}), row {r}, {columns[c]}: {rows[r][c]} at the source, {table.Rows[r][c]} in the report"
                );
            }
        }

        return rows.Count;
    }

    private static string Text(object value) =>
        value is DateOnly day
            ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static bool IsSame(object expected, JsonElement actual) =>
        expected switch
        {
            DBNull => actual.ValueKind == JsonValueKind.Null,
            string text => actual.ValueKind == JsonValueKind.String && actual.GetString() == text,
            bool flag => actual.ValueKind == (flag ? JsonValueKind.True : JsonValueKind.False),
            DateTime time => actual.ValueKind == JsonValueKind.String
                && DateTime.Parse(
                    actual.GetString()!,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal
                ) == DateTime.SpecifyKind(time, DateTimeKind.Utc),
            DateOnly day => actual.ValueKind == JsonValueKind.String && actual.GetString() == Text(day),
            _ => actual.ValueKind == JsonValueKind.Number
                && IsClose(Convert.ToDouble(expected, CultureInfo.InvariantCulture), actual.GetDouble()),
        };

    private static bool IsClose(double expected, double actual) =>
        Math.Abs(expected - actual) <= 1e-9 * Math.Max(Math.Abs(expected), Math.Abs(actual));

    private static async Task<(List<string> Columns, List<object[]> Rows)> AskSourceAsync(
        string connectionString,
        string question,
        IReadOnlyDictionary<string, object> parameters
    )
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(question, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value is DateOnly day ? day.ToDateTime(TimeOnly.MinValue) : value);
        }

        await using var reader = await command.ExecuteReaderAsync(Token);
        List<object[]> rows = [];
        while (await reader.ReadAsync(Token))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return ([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], rows);
    }
}
