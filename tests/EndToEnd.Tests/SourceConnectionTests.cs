using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Etl.Source;
using Npgsql;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Sources that don't answer, or not yet.</summary>
public sealed class SourceConnectionTests(EnginesFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SSL Mode=Disable")]
    [InlineData("SSL Mode=Prefer")]
    public async Task Open_ServerThatSaysNothing_EndsWithAClearLine(string settings)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        await AssertSilentAsync(silent, settings);
    }

    [Fact]
    public async Task Open_SilentServerManyTimesAtOnce_EndsEachTime()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start(1000);
        var options = new NpgsqlConnectionStringBuilder(Connection(silent, ""));

        var ended = Task.WhenAll(
            Enumerable.Range(0, 300).Select(async _ => await Record.ExceptionAsync(() => SourceConnection.OpenAsync(options, Token)))
        );

        // Some of them waited for ever: what was left of the second, less than a millisecond, became none.
        Assert.All(await ended.WaitAsync(TimeSpan.FromSeconds(60), Token), fault => Assert.IsType<IOException>(fault));
    }

    [Fact]
    public async Task Open_ServerThatDoesNotTakeTheConnection_EndsWithAClearLine()
    {
        using var full = new TcpListener(IPAddress.Loopback, 0);
        full.Start(0);
        // Whom nobody accepts fills the queue; after that the kernel lets connections wait.
        using var first = new TcpClient();
        await first.ConnectAsync((IPEndPoint)full.LocalEndpoint, Token);
        using var second = new TcpClient();
        var waiting = second.ConnectAsync((IPEndPoint)full.LocalEndpoint, Token).AsTask();
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(200, Token)));

        await AssertSilentAsync(full, "");
        second.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
    }

    [Fact]
    public async Task LockAsync_SilentServer_NamesTheSetting()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var replica = Replica.Of("Fuel", Connection(silent, ""));

        var fault = await Assert.ThrowsAsync<SourceException>(() => replica.LockAsync("x", allowPrimary: false, Token));

        Assert.Equal(
            $"no connection to the source Fuel: {silent.LocalEndpoint} did not answer within 1 s (the connection string's Timeout) — check ConnectionStrings__Fuel, and that the replica is up (`make up` starts the local one)",
            fault.Message
        );
    }

    [Fact]
    public async Task RunAsync_ServerThatIsStarting_IsAskedAgain()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await using var door = new Doorkeeper(fixture.Engines.Replica.Port, turnsAway: 3);
        var source = new NpgsqlConnectionStringBuilder(pipeline.Environment()["ConnectionStrings__Fuel"]) { Port = door.Port };

        var result = await pipeline.LoadAsync(settings: ("ConnectionStrings:Fuel", source.ConnectionString));

        Assert.Equal((1, 0), (result.Run.RowsRead, door.ToTurnAway));
    }

    [Fact]
    public async Task DescribeAsync_ConnectionIsLost_LooksAgain()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var extract = ExtractDefinition.Read(Path.Combine(ChildProgram.Root, "etl/extracts/fuel/action_logs.sql"), Project.Here.Facts());
        await using var replica = Replica.Of("Fuel", pipeline.Environment()["ConnectionStrings__Fuel"]);
        await replica.LockAsync("describe", allowPrimary: false, Token);
        Assert.Equal(
            true,
            await fixture.Engines.Replica.ExecuteAsync(
                "postgres",
                $"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{pipeline.SourceDatabase}'",
                Token
            )
        );

        Assert.Equal(["id", "master_node_uid", "external_id", "body"], (await replica.DescribeAsync(extract, Token)).Select(c => c.Name));

        await replica.CheckLockAsync(Token);
    }

    private static async Task AssertSilentAsync(TcpListener server, string settings)
    {
        var watch = Stopwatch.StartNew();

        var fault = await Assert.ThrowsAsync<IOException>(() =>
            SourceConnection.OpenAsync(new NpgsqlConnectionStringBuilder(Connection(server, settings)), Token)
        );

        Assert.Equal($"{server.LocalEndpoint} did not answer within 1 s (the connection string's Timeout)", fault.Message);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.8, 15);
    }

    private static string Connection(TcpListener server, string settings) =>
        $"Host=127.0.0.1;Port={((IPEndPoint)server.LocalEndpoint).Port};Username=x;Password=x;Database=x;Timeout=1;{settings}";
}
