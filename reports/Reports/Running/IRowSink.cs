using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>Takes a result's rows as they come from the server: a file, a page's table.</summary>
internal interface IRowSink
{
    /// <summary>The rows that it can take: what it makes may have a limit of its own.</summary>
    long MostRows => long.MaxValue;

    /// <summary>The columns, before any row.</summary>
    void Begin(IReadOnlyList<ResultColumn> columns);

    /// <summary>One row: a JSON array with a value for each column. It is gone after the call.</summary>
    void Row(ReadOnlySpan<byte> row);

    /// <summary>Writes out what was taken so far; called after each block of rows.</summary>
    ValueTask FlushAsync(CancellationToken token);

    /// <summary>The result is whole; <paramref name="cutAfter"/>: a limit cut it off after that many rows, null where it didn't.</summary>
    ValueTask EndAsync(long? cutAfter, CancellationToken token);
}
