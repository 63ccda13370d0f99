using System.Buffers;
using System.Text.Json;
using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>The end of a result's way: splits the server's lines of JSON into rows and hands each to the sinks, in flat memory.</summary>
/// <remarks>At most <paramref name="limit"/> rows go on; whether there were more is known exactly.</remarks>
internal sealed class RowStream(IReadOnlyList<IRowSink> sinks, long limit, Action<IReadOnlyList<ResultColumn>> check) : Stream
{
    private readonly ArrayBufferWriter<byte> rest = new();
    private string[]? names;
    private bool begun;

    /// <summary>The rows that went to the sinks.</summary>
    public long Rows { get; private set; }

    /// <summary>Whether there were more than the limit.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether something came that is no row: the server's exception in the middle of a result, which the client reports.</summary>
    public bool IsBroken { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Split(buffer.Span);
        try
        {
            foreach (var sink in sinks)
            {
                await sink.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            // Else the client would take it for a fault of its own line to the warehouse.
            throw new ReportException($"can't write the result: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Split(ReadOnlySpan<byte> block)
    {
        int end;
        while ((end = block.IndexOf((byte)'\n')) >= 0)
        {
            if (rest.WrittenCount == 0)
            {
                Line(block[..end]);
            }
            else
            {
                rest.Write(block[..end]);
                Line(rest.WrittenSpan);
                rest.Clear();
            }

            block = block[(end + 1)..];
        }

        rest.Write(block);
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        // A row is an array, whole on its line; anything else is the server's exception or what stands before it.
        IsBroken |= line.Length > 0 && (line[0] != '[' || line[^1] != ']');
        if (line.Length == 0 || IsBroken)
        {
            return;
        }

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
