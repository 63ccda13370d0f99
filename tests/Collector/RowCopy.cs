using System.Diagnostics;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Collector;

/// <summary>
/// Sends rows that exist as objects to one table by binary COPY, where there are too few for <see cref="CopyStream"/> to pay.
/// </summary>
internal static class RowCopy
{
    private const int RowsPerReport = 5_000;

    /// <summary>Copies them; a row has a value for each column, of its type.</summary>
    public static async Task<FillResult> CopyAsync(
        NpgsqlConnection connection,
        string table,
        string columns,
        NpgsqlDbType[] types,
        IEnumerable<object?[]> rows,
        IProgress<FillProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        var watch = Stopwatch.StartNew();
        long count = 0,
            bytes = 0;
        await using var import = await connection.BeginBinaryImportAsync(
            $"COPY {table} ({columns}) FROM STDIN (FORMAT binary)",
            cancellationToken
        );
        foreach (var row in rows)
        {
            await import.StartRowAsync(cancellationToken);
            for (var c = 0; c < row.Length; c++)
            {
                await (
                    row[c] is { } value ? import.WriteAsync(value, types[c], cancellationToken) : import.WriteNullAsync(cancellationToken)
                );
                bytes += 4 + Size(row[c]);
            }
            bytes += 2;
            if (++count % RowsPerReport == 0)
            {
                progress?.Report(new FillProgress(table, count, bytes, null));
            }
        }
        await import.CompleteAsync(cancellationToken);
        progress?.Report(new FillProgress(table, count, bytes, null));
        return new FillResult(table, count, bytes, watch.Elapsed);
    }

    private static int Size(object? value) =>
        value switch
        {
            null => 0,
            int => 4,
            string text => Encoding.UTF8.GetByteCount(text),
            _ => 8,
        };
}
