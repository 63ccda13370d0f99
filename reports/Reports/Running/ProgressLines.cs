using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Reports.Running;

/// <summary>How far a statement is.</summary>
/// <param name="RowsRead">Rows that the warehouse has read for it.</param>
/// <param name="RowsTotal">Rows that it will read, as far as it knows; 0: it doesn't know.</param>
internal sealed record QueryProgress(long RowsRead, long RowsTotal);

/// <summary>
/// Takes rows between which the server tells how far it is, and hands on the rows alone: the columns' names, their types, a row a line.
/// </summary>
/// <remarks>
/// The server's progress headers come before its answer's first byte, where an HTTP client doesn't show them; in the answer it sees them.
/// </remarks>
internal sealed class ProgressLines(Stream target, Action<QueryProgress> progress) : WriteOnlyStream
{
    /// <summary>The server's format for this.</summary>
    public const string Format = "JSONCompactEachRowWithProgress";

    private readonly LineSplitter lines = new();
    private readonly ArrayBufferWriter<byte> rows = new();

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lines.Split(buffer.Span, Line);
        if (rows.WrittenCount > 0)
        {
            await target.WriteAsync(rows.WrittenMemory, cancellationToken);
            rows.Clear();
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        var opening = "{\"row\":"u8;
        if (line.StartsWith(opening))
        {
            rows.Write(line[opening.Length..^1]);
        }
        else if (line.StartsWith("{\"progress\":"u8))
        {
            Progress(line);
            return;
        }
        else if (line.StartsWith("{\"meta\":"u8))
        {
            Columns(line);
        }
        else if (line.Length == 0 || line.StartsWith("{\"rows_before"u8))
        {
            return;
        }
        else
        {
            // What is no row is the server's failure, which the client tells of; whoever reads the rows sees it too.
            rows.Write(line);
        }

        rows.Write("\n"u8);
    }

    private void Progress(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        using var document = JsonDocument.ParseValue(ref json);
        var numbers = document.RootElement.GetProperty("progress");
        long Number(string name) =>
            numbers.TryGetProperty(name, out var text) ? long.Parse(text.GetString()!, CultureInfo.InvariantCulture) : 0;
        progress(new QueryProgress(Number("read_rows"), Number("total_rows_to_read")));
    }

    private void Columns(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        using var document = JsonDocument.ParseValue(ref json);
        var columns = document.RootElement.GetProperty("meta").EnumerateArray().ToList();
        rows.Write(JsonSerializer.SerializeToUtf8Bytes(columns.Select(c => c.GetProperty("name").GetString())));
        rows.Write("\n"u8);
        rows.Write(JsonSerializer.SerializeToUtf8Bytes(columns.Select(c => c.GetProperty("type").GetString())));
    }
}
