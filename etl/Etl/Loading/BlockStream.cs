using System.Threading.Channels;
using WarehouseSql.ClickHouse;
using WarehouseSql.Native;

namespace Etl.Loading;

/// <summary>INSERTs side by side into one node that are fed with blocks: while some are on the wire, the next is being filled.</summary>
/// <remarks>Renting and sending block their thread: they belong on the reading one. Each block's memory is used again.</remarks>
internal sealed class BlockStream
{
    // One INSERT is one thread in ClickHouse, which parses, transforms, sorts and writes a block after the other. Small loads need one: the
    // other begins with the second block.
    private const int Inserts = 2;

    private readonly TaskCompletionSource<bool> hasMore = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<NativeBlock> full = Channel.CreateBounded<NativeBlock>(1);
    private readonly Channel<NativeBlock> free = Channel.CreateUnbounded<NativeBlock>();

    private int sent;

    /// <summary>The blocks that go round: one being filled, one waiting, and one on each wire.</summary>
    public const int Blocks = Inserts + 2;

    /// <summary>Begins the INSERTs; <paramref name="blocks"/> are the blocks that go round.</summary>
    public BlockStream(
        ClickHouseClient client,
        string insert,
        QueryOptions options,
        IEnumerable<NativeBlock> blocks,
        CancellationToken token
    )
    {
        foreach (var block in blocks)
        {
            block.Clear();
            free.Writer.TryWrite(block);
        }

        Completion = Task.WhenAll(InsertAsync(client, insert, options, token), FurtherAsync());

        async Task FurtherAsync()
        {
            if (await hasMore.Task.WaitAsync(token))
            {
                await Task.WhenAll(Enumerable.Range(1, Inserts - 1).Select(_ => InsertAsync(client, insert, options, token)));
            }
        }
    }

    /// <summary>Ends when the server has taken everything, or failed.</summary>
    public Task Completion { get; }

    /// <summary>An empty block, as soon as there is one.</summary>
    /// <exception cref="ChannelClosedException">An INSERT failed; <see cref="Completion"/> says why.</exception>
    public NativeBlock Rent() => Wait(free.Reader.ReadAsync());

    /// <summary>Hands a block over.</summary>
    /// <exception cref="ChannelClosedException">An INSERT failed; <see cref="Completion"/> says why.</exception>
    public void Send(NativeBlock block)
    {
        if (++sent == 2)
        {
            hasMore.TrySetResult(true);
        }

        Wait(full.Writer.WriteAsync(block));
    }

    /// <summary>Says that no block follows; with <paramref name="failure"/>, gives the INSERTs up.</summary>
    public void Complete(Exception? failure = null)
    {
        hasMore.TrySetResult(false);
        full.Writer.TryComplete(failure);
    }

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private async Task InsertAsync(ClickHouseClient client, string insert, QueryOptions options, CancellationToken token)
    {
        try
        {
            await client.InsertAsync(insert, WriteAsync, token, options);
        }
        finally
        {
            // Whoever waits for a block, or for its turn to send one, must not wait for ever, also where a server said too soon that it had
            // taken everything.
            free.Writer.TryComplete();
            full.Writer.TryComplete();
        }
    }

    private async Task WriteAsync(Stream target, CancellationToken token)
    {
        await foreach (var block in full.Reader.ReadAllAsync(token))
        {
            await block.WriteAsync(target, token);
            block.Clear();
            free.Writer.TryWrite(block);
        }
    }
}
