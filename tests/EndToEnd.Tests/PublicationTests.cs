using Xunit;

namespace EndToEnd.Tests;

/// <summary>Readers during a publication: each sees the state before or the one after, and none in between.</summary>
public sealed class PublicationTests(EnginesFixture fixture)
{
    private const string Totals = "SELECT countIf(action_name = 'deploy'), countIf(action_name = 'update') FROM fuel_action";

    [Fact]
    public async Task RunAsync_Backfill_IsSeenWholeOrNotAtAll()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await FillAsync(pipeline, "deploy");
        await pipeline.LoadAsync();
        var seen = await WatchAsync(
            pipeline,
            async () =>
            {
                foreach (var (from, to) in (ValueTuple<string, string>[])[("deploy", "update"), ("update", "deploy"), ("deploy", "update")])
                {
                    await pipeline.SourceAsync($"UPDATE action_logs SET body = replace(body, '{from}', '{to}')");
                    await pipeline.BackfillAsync("2024-01-01", "2026-01-01");
                }
            }
        );
        Assert.Equal(["0 2400", "2400 0"], seen);
    }

    [Fact]
    public async Task RunAsync_Load_IsSeenWholeOrNotAtAll()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await FillAsync(pipeline, "deploy");
        var seen = await WatchAsync(pipeline, () => pipeline.LoadAsync());
        Assert.Equal(["0 0", "2400 0"], seen);
    }

    /// <summary>Asks for the totals again and again meanwhile, over several connections; returns the answers that came.</summary>
    private static async Task<List<string>> WatchAsync(Pipeline pipeline, Func<Task> publish)
    {
        var ended = false;
        var readers = Enumerable
            .Range(0, 3)
            .Select(_ =>
                Task.Run(async () =>
                {
                    HashSet<string> seen = [];
                    while (!Volatile.Read(ref ended))
                    {
                        seen.Add(await pipeline.AskOneAsync(Totals));
                    }

                    seen.Add(await pipeline.AskOneAsync(Totals));
                    return seen;
                })
            )
            .ToList();
        try
        {
            await publish();
        }
        finally
        {
            Volatile.Write(ref ended, true);
        }

        return [.. (await Task.WhenAll(readers)).SelectMany(s => s).Distinct().Order(StringComparer.Ordinal)];
    }

    // 24 months, so that there are many partitions to publish.
    private static Task FillAsync(Pipeline pipeline, string name) =>
        pipeline.SourceAsync(
            $"""
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT 'a', n, json_build_object('action_name', '{name}', 'start_timestamp', to_char(timestamp '2024-01-01' + n % 24 * interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SS'))
            FROM generate_series(1, 2400) AS n
            """
        );
}
