using Etl.Loading;
using WarehouseSql.Programs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Two schedules load the same extracts, each from a server of its own, whose locks know nothing of each other.</summary>
public sealed class TwoOfEachTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoadAsync_TwoFromTwoServersAtOnce_LoadEachRowOnceAndOneGoesOn()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        (string, string)[] other = [("ConnectionStrings:Fuel", pipeline.PrimaryConnection), ("Etl:AllowPrimary", "true")];
        var ended = new List<string>();
        for (var round = 1; round <= 6; round++)
        {
            await pipeline.SourceAsync(
                $"INSERT INTO action_logs (master_node_uid, external_id, body) SELECT 'round {round}', g, body FROM generate_series(1, 500) AS g, (SELECT body FROM action_logs WHERE body LIKE '{{%' LIMIT 1) AS b"
            );
            var both = await Task.WhenAll(TryAsync(pipeline), TryAsync(pipeline, other));
            ended.AddRange(both);
            // However the two met, at least one of them has loaded all that there was.
            Assert.Contains("", both);
            Assert.Equal("500", await pipeline.AskOneAsync($"SELECT count() FROM fuel_action WHERE installation_uid = 'round {round}'"));
        }

        // Who was in the other's way said so, and nothing else.
        Assert.All(ended.Where(e => e.Length > 0), e => Assert.Contains("another", e, StringComparison.Ordinal));
        var verified = await pipeline.LoadAsync(request: new LoadRequest(LoadKind.Verify));
        Assert.NotEmpty(verified.Changes);
        Assert.All(verified.Changes, c => Assert.True(c.Same, c.ToString()));
    }

    private static async Task<string> TryAsync(Pipeline pipeline, params (string, string)[] settings)
    {
        try
        {
            await pipeline.LoadAsync(Pipeline.Actions, null, settings);
            return "";
        }
        catch (UserException e)
        {
            return e.Message;
        }
    }
}
