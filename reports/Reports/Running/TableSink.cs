using System.Text.Json;
using Reports.Definitions;
using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>Keeps the first rows of a result, for pages and mails, and of all its rows what the report's chart needs.</summary>
/// <param name="keep">How many rows are kept.</param>
/// <param name="report">Whose chart is drawn of all rows; null: no chart is, or of those that are kept.</param>
/// <param name="fromEnd">Whether the last rows are kept in place of the first.</param>
internal sealed class TableSink(int keep, ReportDefinition? report = null, bool fromEnd = false) : IRowSink
{
    private readonly Queue<byte[]> last = [];
    private List<JsonElement[]> rows = [];

    public IReadOnlyList<ResultColumn> Columns { get; private set; } = [];

    /// <summary>The rows that were kept.</summary>
    public IReadOnlyList<JsonElement[]> Rows => rows;

    /// <summary>What the chart is drawn of; null: of the rows.</summary>
    public ChartPoints? Points { get; private set; }

    public void Begin(IReadOnlyList<ResultColumn> columns)
    {
        Columns = columns;
        Points = report?.Chart is { } chart ? new ChartPoints(chart, columns) : null;
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        Points?.Add(row);
        if (fromEnd)
        {
            last.Enqueue(row.ToArray());
            if (last.Count > keep)
            {
                last.Dequeue();
            }
        }
        else if (rows.Count < keep)
        {
            rows.Add(JsonSerializer.Deserialize<JsonElement[]>(row)!);
        }
    }

    public ValueTask FlushAsync(CancellationToken token) => ValueTask.CompletedTask;

    public ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        rows = fromEnd ? [.. last.Select(r => JsonSerializer.Deserialize<JsonElement[]>(r)!)] : rows;
        return ValueTask.CompletedTask;
    }
}
