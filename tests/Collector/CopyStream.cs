using System.Diagnostics;
using Npgsql;

namespace Collector;

/// <summary>Sends rows to one table by binary COPY; one block is made while the other is on its way.</summary>
internal static class CopyStream
{
    // Large enough that a round of hand-overs costs nothing, small enough that progress moves.
    private const int BlockBytes = 1 << 20;

    /// <summary>Copies what <paramref name="fill"/> gives: it appends some rows and returns false once there are no more.</summary>
    public static async Task<FillResult> CopyAsync(
        NpgsqlConnection connection,
        string table,
        string columns,
        Func<CopyBlock, bool> fill,
        IProgress<FillProgress>? progress,
        int? rowsExpected,
        CancellationToken cancellationToken
    )
    {
        var watch = Stopwatch.StartNew();
        using var ready = new CopyBlock(BlockBytes + (BlockBytes / 4));
        using var spare = new CopyBlock(BlockBytes + (BlockBytes / 4));
        var (sending, making) = (ready, spare);
        long rows = 0,
            bytes = 0;
        await using (
            var stream = await connection.BeginRawBinaryCopyAsync($"COPY {table} ({columns}) FROM STDIN (FORMAT binary)", cancellationToken)
        )
        {
            var made = Task.FromResult(true);
            try
            {
                sending.WriteHeader();
                for (var more = true; more; )
                {
                    made = Make(making);
                    await stream.WriteAsync(sending.Written, cancellationToken);
                    more = await made;
                    (sending, making) = (making, sending);
                    rows += sending.Rows;
                    bytes += sending.Length;
                    progress?.Report(new FillProgress(table, rows, bytes, rowsExpected));
                }
                sending.WriteTrailer();
                await stream.WriteAsync(sending.Written, cancellationToken);
            }
            catch
            {
                // The block being made must not go back to the pool under its maker's hands.
                await ((Task)made).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await stream.CancelAsync();
                throw;
            }
        }
        return new FillResult(table, rows, bytes, watch.Elapsed);

        Task<bool> Make(CopyBlock block) =>
            Task.Run(
                () =>
                {
                    block.Clear();
                    var more = true;
                    while (more && block.Length < BlockBytes)
                    {
                        more = fill(block);
                    }
                    return more;
                },
                cancellationToken
            );
    }
}

/// <summary>How far a fill has come.</summary>
/// <param name="Table">With its schema.</param>
/// <param name="Rows">Sent so far.</param>
/// <param name="Bytes">Sent so far.</param>
/// <param name="RowsExpected">In the end, where it is known.</param>
public sealed record FillProgress(string Table, long Rows, long Bytes, int? RowsExpected);

/// <summary>What a fill did to one table.</summary>
/// <param name="Table">With its schema.</param>
/// <param name="Rows">Added.</param>
/// <param name="Bytes">Sent.</param>
/// <param name="Elapsed">From the first block to the server's confirmation.</param>
public sealed record FillResult(string Table, long Rows, long Bytes, TimeSpan Elapsed);
