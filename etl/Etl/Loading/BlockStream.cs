using System.Threading.Channels;
using WarehouseSql.ClickHouse;
using WarehouseSql.Native;

namespace Etl.Loading;

/// <summary>One INSERT that is fed with blocks: while one is on the wire, the next is being filled.</summary>
/// <remarks>Renting and sending block their thread: they belong on the reading one. Each block's memory is used again.</remarks>
internal sealed class BlockStream
{
    private readonly Channel<NativeBlock> full = Channel.CreateBounded<NativeBlock>(1);
    private readonly Channel<NativeBlock> free = Channel.CreateUnbounded<NativeBlock>();

    /// <summary>Begins the INSERT; <paramref name="blocks"/> are the blocks that go round.</summary>
    public BlockStream(ClickHouseClient client, string insert, QueryOptions options, IEnumerable<NativeBlock> blocks, CancellationToken token)
    {
        foreach (var block in blocks)
        {
            block.Clear();
            free.Writer.TryWrite(block);
        }

        Completion = InsertAsync(client, insert, options, token);
    }

    /// <summary>Ends when the server has taken everything, or failed.</summary>
    public Task Completion { get; }

    /// <summary>An empty block, as soon as there is one.</summary>
    /// <exception cref="ChannelClosedException">The INSERT failed; <see cref="Completion"/> says why.</exception>
    public NativeBlock Rent() => Wait(free.Reader.ReadAsync());

    /// <summary>Hands a block over.</summary>
    /// <exception cref="ChannelClosedException">The INSERT failed; <see cref="Completion"/> says why.</exception>
    public void Send(NativeBlock block) => Wait(full.Writer.WriteAsync(block));

    /// <summary>Says that no block follows; with <paramref name="failure"/>, gives the INSERT up.</summary>
    public void Complete(Exception? failure = null) => full.Writer.TryComplete(failure);

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private async Task InsertAsync(ClickHouseClient client, string insert, QueryOptions options, CancellationToken token)
    {
        try
        {
            await client.InsertAsync(insert, WriteAsync, token, options).ConfigureAwait(false);
        }
        finally
        {
            // Whoever waits for a block, or for its turn to send one, must not wait for ever.
            free.Writer.TryComplete();
            full.Writer.TryComplete();
        }
    }

    private async Task WriteAsync(Stream target, CancellationToken token)
    {
        await foreach (var block in full.Reader.ReadAllAsync(token).ConfigureAwait(false))
        {
            await block.WriteAsync(target, token).ConfigureAwait(false);
            block.Clear();
            free.Writer.TryWrite(block);
        }
    }
}
