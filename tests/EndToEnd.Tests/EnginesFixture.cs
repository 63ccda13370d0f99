using Collector;
using EndToEnd.Tests;
using Engines;
using Xunit;

[assembly: AssemblyFixture(typeof(EnginesFixture))]

namespace EndToEnd.Tests;

/// <summary>One set of engines for the whole test run. A test makes its own databases in it, and a set of its own to hurt.</summary>
public sealed class EnginesFixture : IAsyncLifetime
{
    private EngineSet? _engines;
    private UsedDatabases? _used;
    private int _made;

    /// <summary>The engines that all tests share.</summary>
    public EngineSet Engines => _engines ?? throw new InvalidOperationException("The fixture isn't started.");

    /// <summary>Databases that tests are done with.</summary>
    internal UsedDatabases Used => _used ?? throw new InvalidOperationException("The fixture isn't started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _engines = await EngineSet.StartAsync(
            new EngineSetOptions { Warehouses = [.. Enumerable.Range(1, 1000).Select(NameOf)] },
            TestContext.Current.CancellationToken
        );
        _used = new UsedDatabases(_engines);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _engines?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Makes a new database on the primary and waits until the replica has it; returns its name.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken token)
    {
        var name = NewName();
        await Engines.Primary.ExecuteAsync("postgres", $"CREATE DATABASE {name}", token);
        await WaitForReplicaAsync(token);
        return name;
    }

    /// <summary>Makes a new database in ClickHouse; returns its name.</summary>
    public async Task<string> CreateWarehouseAsync(CancellationToken token)
    {
        var name = NewName();
        await Engines.ClickHouse.ExecuteAsync($"CREATE DATABASE {name}", token);
        return name;
    }

    /// <summary>An empty source with the collector's tables: a new one, or one that another test is done with; returns its name.</summary>
    internal async Task<string> SourceAsync(CancellationToken token)
    {
        if (await Used.TakeSourceAsync(token) is { } used)
        {
            await WaitForReplicaAsync(token);
            return used;
        }

        var source = await CreateDatabaseAsync(token);
        await CollectorSchema.CreateAsync(Engines.Primary.ConnectionString(source) + ";Pooling=false", token);
        await WaitForReplicaAsync(token);
        await Used.NoteNewSourceAsync(source, token);
        return source;
    }

    /// <summary>Waits until the replica has replayed everything that the primary has written so far.</summary>
    public Task WaitForReplicaAsync(CancellationToken token) => Engines.WaitForReplicaAsync(token);

    /// <summary>A name that no other test's database has.</summary>
    internal string NewName() => NameOf(Interlocked.Increment(ref _made));

    private static string NameOf(int number) => $"test_{number}";
}
