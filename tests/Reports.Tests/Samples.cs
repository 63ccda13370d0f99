using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using WarehouseSql.ClickHouse;

namespace Reports.Tests;

/// <summary>Reports and results made of a few lines of text.</summary>
internal static class Samples
{
    /// <summary>A report of that header and SQL.</summary>
    public static ReportDefinition Report(string header, string sql = "SELECT x, y FROM fuel_action ORDER BY x") =>
        ReportDefinition.Parse("/definitions/fuel/sample.sql", $"/*---\ntitle: A sample\nasks: What is it?\n{header}\n---*/\n{sql}\n");

    /// <summary>A result of those columns and rows (JSON arrays).</summary>
    public static TableSink Rows(IReadOnlyList<ResultColumn> columns, params string[] rows)
    {
        var sink = new TableSink(1000);
        sink.Begin(columns);
        foreach (var row in rows)
        {
            sink.Row(System.Text.Encoding.UTF8.GetBytes(row));
        }

        return sink;
    }

    /// <summary>A result with a text x and a whole number y.</summary>
    public static TableModel Table(ReportDefinition report, params string[] rows) =>
        new(report, Rows([new("x", "String"), new("y", "Nullable(Int64)")], rows));

    /// <summary>A run of a report with its defaults.</summary>
    public static ReportRun Run(ReportDefinition report, Freshness? freshness = null) =>
        new(
            report,
            report.Resolve(new Dictionary<string, string>(), FixedTime.Noon),
            freshness ?? new Freshness(FixedTime.Noon.GetUtcNow().AddHours(-3), ["fuel_action"], []),
            FixedTime.Noon.GetUtcNow()
        );
}
