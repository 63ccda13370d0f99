using System.Threading.Channels;
using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Native;

namespace Etl.Loading;

/// <summary>What has moved so far.</summary>
/// <param name="Rows">Rows read.</param>
/// <param name="Bytes">Bytes read from the source.</param>
/// <param name="Refused">
/// Rows among them that hold a value which the warehouse can't hold: they went to the quarantine and didn't land.
/// </param>
internal readonly record struct Moved(long Rows, long Bytes, long Refused = 0);

/// <summary>A row that holds a value which the warehouse can't hold.</summary>
/// <param name="Key">The values of the extract's key, as texts.</param>
/// <param name="Cursor">The cursor, as text.</param>
/// <param name="Reason">Which column, and why.</param>
internal sealed record RefusedRow(IReadOnlyList<string> Key, string Cursor, string Reason);

/// <summary>Moves the rows of one COPY into the landing tables: reads on a thread of its own, sends while it reads.</summary>
internal sealed class RangeStream : IDisposable
{
    private readonly ExtractDefinition extract;
    private readonly IReadOnlyList<SourceColumn> columns;
    private readonly IReadOnlyList<RunTables> nodes;
    private readonly NativeBlock[][] blocks;
    private readonly (int Values, int Nulls, int Offsets)[] marks;
    private readonly List<RefusedRow> refused = [];
    private readonly int shardColumn;

    // So many rows aren't odd: the extract's types don't fit its source.
    private const int MostRefused = 100_000;

    /// <summary>Makes the blocks that go round.</summary>
    public RangeStream(ExtractDefinition extract, IReadOnlyList<SourceColumn> columns, IReadOnlyList<RunTables> nodes)
    {
        this.extract = extract;
        this.columns = columns;
        this.nodes = nodes;
        var shardBy = extract.ShardBy ?? extract.Key[0];
        marks = new (int, int, int)[columns.Count];
        shardColumn = columns.Select((c, i) => (c, i)).First(p => p.c.Name == shardBy).i;
        blocks =
        [
            .. nodes.Select(_ =>
                Enumerable.Range(0, BlockStream.Blocks).Select(_ => new NativeBlock([.. columns.Select(c => c.NewColumn())])).ToArray()
            ),
        ];
    }

    /// <summary>Moves all rows of <paramref name="select"/>; returns what moved once every node has taken its share.</summary>
    /// <exception cref="SourceException">
    /// The source holds a value that can't be carried over. The source's own failures come as they are.
    /// </exception>
    /// <exception cref="WarehouseException">A node failed.</exception>
    public async Task<Moved> MoveAsync(ReadingTransaction transaction, string select, Action<Moved> progress, CancellationToken token)
    {
        refused.Clear();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var streams = nodes.Select((n, i) => new BlockStream(n.Client, n.Insert, LandingSettings, blocks[i], stop.Token)).ToArray();
        var reading = Task.Factory.StartNew(
            () => Read(transaction, select, streams, progress, stop.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        using var cancelling = transaction.CancelWhen(stop.Token);
        Task[] all = [reading, .. streams.Select(s => s.Completion)];
        while (all.Where(t => !t.IsCompleted).ToArray() is { Length: > 0 } going)
        {
            var ended = await Task.WhenAny(going);
            if (!ended.IsCompletedSuccessfully)
            {
                await stop.CancelAsync();
            }
        }

        // The first cause: a node's failure closes its channel under the reader, and a reader's failure cancels the nodes.
        var causes = all.Where(t => t.IsFaulted).Select(t => t.Exception!.InnerException!).ToList();
        if (causes.Find(c => c is not (ChannelClosedException or OperationCanceledException)) is { } cause)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }

        token.ThrowIfCancellationRequested();
        await nodes[0].QuarantineAsync(refused, token);
        return await reading;
    }

    public void Dispose()
    {
        foreach (var block in blocks.SelectMany(b => b))
        {
            block.Dispose();
        }
    }

    internal static readonly QueryOptions LandingSettings = new()
    {
        Timeout = TimeSpan.FromDays(1),
        Settings = new Dictionary<string, string>
        {
            ["async_insert"] = "0",
            ["insert_deduplicate"] = "0",
            ["deduplicate_blocks_in_dependent_materialized_views"] = "0",
            // Duplicates collapse when parts merge; sorting them out here as well costs a third of the insert.
            ["optimize_on_insert"] = "0",
            // Two INSERTs keep two cores busy; more threads in each would only take turns.
            ["max_threads"] = "1",
            ["parallel_view_processing"] = "0",
            // What was parsed is narrow, and is gathered: the views' queries are planned for each block, and what they make of one becomes
            // a part in every partition.
            ["min_insert_block_size_rows"] = "262144",
            ["min_insert_block_size_bytes"] = "134217728",
            ["min_insert_block_size_rows_for_materialized_views"] = "262144",
            ["min_insert_block_size_bytes_for_materialized_views"] = "134217728",
            // The first load of an old collector has rows of many months in each block.
            ["max_partitions_per_insert_block"] = "0",
            ["max_execution_time"] = "0",
        },
    };

    private Moved Read(
        ReadingTransaction transaction,
        string select,
        BlockStream[] streams,
        Action<Moved> progress,
        CancellationToken token
    )
    {
        try
        {
            var moved = ReadAll(transaction.Copy(select, columns.Count), streams, progress, token);
            Array.ForEach(streams, s => s.Complete());
            return moved;
        }
        catch (Exception e)
        {
            Array.ForEach(streams, s => s.Complete(e));
            // What the source says of being cancelled by us is no cause.
            token.ThrowIfCancellationRequested();
            throw;
        }
    }

    private Moved ReadAll(CopyReader reader, BlockStream[] streams, Action<Moved> progress, CancellationToken token)
    {
        var current = streams.Select(s => s.Rent()).ToArray();
        var shares = streams.Length == 1 ? [] : streams.Select(_ => new CopyBatch(columns.Count)).ToArray();
        var rows = 0L;
        while (reader.Read() is { } batch)
        {
            token.ThrowIfCancellationRequested();
            rows += batch.Rows;
            ReadOnlySpan<CopyBatch> parts = streams.Length == 1 ? [batch] : Shards.Split(batch, shardColumn, shares);
            for (var n = 0; n < parts.Length; n++)
            {
                Append(parts[n], current[n]);
                if (current[n].IsFull)
                {
                    streams[n].Send(current[n]);
                    current[n] = streams[n].Rent();
                    progress(new Moved(rows, reader.BytesRead));
                }
            }
        }

        for (var n = 0; n < streams.Length; n++)
        {
            if (current[n].Rows > 0)
            {
                streams[n].Send(current[n]);
            }
        }

        return new Moved(rows, reader.BytesRead, refused.Count);
    }

    // A row that the warehouse can't hold must not keep the others from it: the batch is taken back, and appended again without it.
    private void Append(CopyBatch batch, NativeBlock block)
    {
        for (var c = 0; c < columns.Count; c++)
        {
            marks[c] = block.Columns[c].Mark;
        }

        while (!TryAppend(batch, block))
        {
            for (var c = 0; c < columns.Count; c++)
            {
                block.Columns[c].CutTo(marks[c]);
            }
        }
    }

    private bool TryAppend(CopyBatch batch, NativeBlock block)
    {
        for (var c = 0; c < columns.Count; c++)
        {
            try
            {
                columns[c].Decoder.Decode(batch.Bytes, batch.Column(c), block.Columns[c]);
            }
            catch (ValueException e) when (!e.IsFault && refused.Count < MostRefused)
            {
                refused.Add(
                    new RefusedRow(
                        [.. extract.Key.Select(k => KeyText.Value(k, columns, batch, e.Row))],
                        KeyText.Value(extract.Cursor, columns, batch, e.Row),
                        $"{columns[c].Name}: {e.Message}, which {columns[c].WarehouseType} can't hold"
                    )
                );
                batch.Remove(e.Row);
                return false;
            }
            catch (ValueException e)
            {
                throw new SourceException(
                    $"{extract.Name}, column {columns[c].Name}, row {KeyText.Of(extract, columns, batch, e.Row)}: {e.Message}; the warehouse's {columns[c].WarehouseType} can't hold it exactly, so nothing was published — mend the row, or convert the column in the extract's SELECT",
                    e
                );
            }
        }

        block.Rows += batch.Rows;
        return true;
    }
}
