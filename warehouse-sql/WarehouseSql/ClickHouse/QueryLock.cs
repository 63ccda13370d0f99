namespace WarehouseSql.ClickHouse;

/// <summary>
/// A lock that lives as long as its holder does, made of a running query: ClickHouse refuses a second query of the same id.
/// </summary>
/// <remarks>When the holder dies, its connection closes and the server ends the query, within about a second.</remarks>
public sealed class QueryLock : IAsyncDisposable
{
    private const int AlreadyRunning = 216;
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource release;
    private readonly Task holding;

    private QueryLock(CancellationTokenSource release, Task holding)
    {
        this.release = release;
        this.holding = holding;
    }

    /// <summary>
    /// Takes the lock <paramref name="name"/> on a node, waiting for up to <paramref name="patience"/>; null where somebody else held it
    /// throughout.
    /// </summary>
    public static async Task<QueryLock?> TakeAsync(ClickHouseClient client, string name, TimeSpan patience, CancellationToken token)
    {
        var until = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await TryTakeAsync(client, name, token);
            }
            catch (WarehouseException e) when (e.Code == AlreadyRunning)
            {
                if (TimeProvider.System.GetElapsedTime(until) > patience)
                {
                    return null;
                }

                await Task.Delay(200, token);
            }
        }
    }

    /// <summary>Gives the lock back.</summary>
    public async ValueTask DisposeAsync()
    {
        await release.CancelAsync();
        await holding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        release.Dispose();
    }

    private static async Task<QueryLock> TryTakeAsync(ClickHouseClient client, string name, CancellationToken token)
    {
        var release = CancellationTokenSource.CreateLinkedTokenSource(token);
        var first = new FirstByte();
        var holding = client.CopyToAsync(
            "SELECT 0 UNION ALL SELECT sleepEachRow(0.1) FROM numbers(864000)",
            "TSV",
            first,
            release.Token,
            new QueryOptions
            {
                QueryId = name,
                Timeout = TimeSpan.FromDays(1),
                Settings = new Dictionary<string, string>
                {
                    ["max_block_size"] = "1",
                    ["max_threads"] = "1",
                    ["http_response_buffer_size"] = "0",
                    ["output_format_parallel_formatting"] = "0",
                    ["max_execution_time"] = "0",
                    ["function_sleep_max_microseconds_per_block"] = "0",
                },
            }
        );
        var ended = await Task.WhenAny(holding, first.Seen, Task.Delay(AnswersWithin, token));
        if (ended == first.Seen)
        {
            return new QueryLock(release, holding);
        }

        if (ended != holding)
        {
            await release.CancelAsync();
            await holding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            release.Dispose();
            token.ThrowIfCancellationRequested();
            throw new WarehouseException(
                $"{client.Url.Authority} began no answer within {AnswersWithin.TotalSeconds:0} s to the query that holds a lock: a proxy that passes answers on as a whole can't be between"
            );
        }

        release.Dispose();
        await holding;
        throw new WarehouseException("the query that holds a lock ended by itself");
    }

    private sealed class FirstByte : MemoryStream
    {
        private readonly TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => seen.Task;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            seen.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
