using System.Text.Json;
using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>Keeps the first rows of a result, for pages and mails.</summary>
internal sealed class TableSink(int keep) : IRowSink
{
    private readonly List<JsonElement[]> rows = [];

    public IReadOnlyList<ResultColumn> Columns { get; private set; } = [];

    public IReadOnlyList<JsonElement[]> Rows => rows;

    public void Begin(IReadOnlyList<ResultColumn> columns) => Columns = columns;

    public void Row(ReadOnlySpan<byte> row)
    {
        if (rows.Count < keep)
        {
            rows.Add(JsonSerializer.Deserialize<JsonElement[]>(row)!);
        }
    }

    public ValueTask FlushAsync(CancellationToken token) => ValueTask.CompletedTask;

    public ValueTask EndAsync(long? cutAfter, CancellationToken token) => ValueTask.CompletedTask;
}
