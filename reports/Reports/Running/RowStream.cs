using System.Text.Json;
using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>The end of a result's way: splits the server's lines of JSON into rows and hands each to the sinks, in flat memory.</summary>
/// <remarks>At most <paramref name="limit"/> rows go on; whether there were more is known exactly.</remarks>
internal sealed class RowStream(IReadOnlyList<IRowSink> sinks, long limit, Action<IReadOnlyList<ResultColumn>> check) : WriteOnlyStream
{
    private readonly LineSplitter lines = new();
    private string[]? names;
    private bool begun;

    /// <summary>The rows that went to the sinks.</summary>
    public long Rows { get; private set; }

    /// <summary>Whether there were more than the limit.</summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// Whether something came that is no row: the server's exception in the middle of a result, which the client reports.
    /// </summary>
    public bool IsBroken { get; private set; }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lines.Split(buffer.Span, Line);
        try
        {
            foreach (var sink in sinks)
            {
                await sink.FlushAsync(cancellationToken);
            }
        }
        catch (IOException e)
        {
            // Else the client would take it for a fault of its own line to the warehouse.
            throw new ReportException($"can't write the result: {e.Message}", e);
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        // A row is an array, whole on its line; anything else is the server's exception or what stands before it.
        IsBroken |= line.Length > 0 && (line[0] != '[' || line[^1] != ']');
        if (line.Length == 0 || IsBroken)
        {
            return;
        }

        line = ResultTable.MendedUtf8(line) is { } mended ? mended : line;
        if (!begun)
        {
            Head(line);
        }
        else if (Rows == limit)
        {
            IsCut = true;
        }
        else
        {
            Rows++;
            foreach (var sink in sinks)
            {
                sink.Row(line);
            }
        }
    }

    private void Head(ReadOnlySpan<byte> line)
    {
        var texts = JsonSerializer.Deserialize<string[]>(line)!;
        if (names is null)
        {
            names = texts;
            return;
        }

        begun = true;
        ResultColumn[] columns = [.. names.Zip(texts, (name, type) => new ResultColumn(name, type))];
        check(columns);
        foreach (var sink in sinks)
        {
            sink.Begin(columns);
        }
    }
}
