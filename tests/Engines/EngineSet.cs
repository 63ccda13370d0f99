using System.Diagnostics;
using Npgsql;

namespace Engines;

/// <summary>
/// A PostgreSQL primary, its streaming replica and a ClickHouse server, all on 127.0.0.1; they end with this process at the latest.
/// </summary>
public sealed class EngineSet : IAsyncDisposable
{
    private static readonly TimeSpan ReplayLimit = TimeSpan.FromSeconds(60);
    private const int PortAttempts = 4;
    private readonly SetFolder _folder;
    private readonly bool _persistent;
    private Postgres? _primary;
    private Postgres? _replica;
    private ClickHouseServer? _clickHouse;
    private int _disposed;

    private EngineSet(SetFolder folder, bool persistent)
    {
        _folder = folder;
        _persistent = persistent;
    }

    /// <summary>The folder of data and logs.</summary>
    public string Folder => _folder.FullPath;

    /// <summary>The server that is written to.</summary>
    /// <exception cref="InvalidOperationException">The options left it out.</exception>
    public Postgres Primary => _primary ?? throw NotStarted();

    /// <summary>The server that streams from the primary and can only be read.</summary>
    /// <exception cref="InvalidOperationException">The options left it out.</exception>
    public Postgres Replica => _replica ?? throw NotStarted();

    /// <summary>The warehouse's server.</summary>
    /// <exception cref="InvalidOperationException">The options left it out.</exception>
    public ClickHouseServer ClickHouse => _clickHouse ?? throw NotStarted();

    /// <summary>Starts the engines that the options ask for and waits until each answers, the replica until it streams.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    /// <exception cref="EngineException">An engine is missing or doesn't start; the message says why and what to do.</exception>
    public static async Task<EngineSet> StartAsync(EngineSetOptions options, CancellationToken token)
    {
        options.Validate();
        var packages = EnginePackages.Find(options.Packages, options.Engines);
        var set = new EngineSet(SetFolder.Open(options.Directory, options.Persistent), options.Persistent);
        try
        {
            await Task.WhenAll(
                Task.Run(() => set.StartPostgresAsync(options, packages, token), token),
                Task.Run(() => set.StartClickHouseAsync(options, packages, token), token)
            );
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the replica has replayed everything that the primary has written so far.</summary>
    /// <exception cref="EngineException">It hasn't after a minute.</exception>
    public async Task WaitForReplicaAsync(CancellationToken token)
    {
        var written = await Primary.ExecuteAsync("postgres", "SELECT pg_current_wal_lsn()::text", token);
        await using var connection = new NpgsqlConnection(Replica.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand($"SELECT pg_last_wal_replay_lsn() >= '{written}'", connection);
        var waited = Stopwatch.StartNew();
        while (await command.ExecuteScalarAsync(token) is not true)
        {
            if (waited.Elapsed > ReplayLimit)
            {
                throw new EngineException(
                    $"The replica hasn't replayed {written} after {ReplayLimit.TotalSeconds} s; its log {Replica.LogPath} ends with:{LogTail.Of(Replica.LogPath)}"
                );
            }

            await Task.Delay(5, token);
        }
    }

    /// <summary>Stops the engines: a persistent set's in order, a scratch set's at once, with its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (_persistent)
        {
            await Task.WhenAll(StopPostgresAsync(), _clickHouse?.StopAsync(CancellationToken.None) ?? Task.CompletedTask);
        }

        await Task.WhenAll(
            ((Engine?[])[_primary, _replica, _clickHouse]).OfType<Engine>().Select(engine => engine.DisposeAsync().AsTask())
        );
        _folder.Dispose();
    }

    private async Task StartPostgresAsync(EngineSetOptions options, EnginePackages packages, CancellationToken token)
    {
        var wanted = options.Engines;
        if (!wanted.HasFlag(EngineKinds.Primary))
        {
            return;
        }

        var progress = options.Progress ?? (_ => { });
        var folder = PostgresFolder.Open(_folder, packages, progress);
        folder.Prepare(wanted.HasFlag(EngineKinds.Replica), progress);
        _primary = new Postgres(folder, folder.PrimaryData, _folder.Log("primary"), isReplica: false, PostgresSettings.ForPrimary(options));
        await StartAsync(_primary, _primary.ChangePort, progress, token);
        if (!wanted.HasFlag(EngineKinds.Replica))
        {
            return;
        }

        await _primary.ExecuteAsync("postgres", PostgresSettings.MakeSlot, token);
        var settings = PostgresSettings.ForReplica(options);
        settings["primary_conninfo"] = PostgresSettings.PrimaryConnection(_primary.Port);
        _replica = new Postgres(folder, folder.ReplicaData, _folder.Log("replica"), isReplica: true, settings);
        await StartAsync(_replica, _replica.ChangePort, progress, token);
    }

    private async Task StartClickHouseAsync(EngineSetOptions options, EnginePackages packages, CancellationToken token)
    {
        if (!options.Engines.HasFlag(EngineKinds.ClickHouse))
        {
            return;
        }

        var config = new ClickHouseConfig(_folder.ClickHouse, options.ClickHouseSettings, options.Warehouses);
        _clickHouse = new ClickHouseServer(packages.ClickHouseLibrary, _folder.ClickHouse, _folder.Log("clickhouse"), config);
        await StartAsync(_clickHouse, _clickHouse.ChangePorts, options.Progress ?? (_ => { }), token);
    }

    /// <summary>The first start: should another program have taken the port in the last moment, another port will do.</summary>
    private static async Task StartAsync(Engine engine, Action changePort, Action<string> progress, CancellationToken token)
    {
        var took = Stopwatch.StartNew();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await engine.StartAsync(token);
                progress($"{engine.Name} answers on port {engine.Port} after {took.ElapsedMilliseconds} ms");
                return;
            }
            catch (EngineException fault)
                when (attempt < PortAttempts && fault.Message.Contains("ddress already in use", StringComparison.Ordinal))
            {
                progress($"Port {engine.Port} was taken; {engine.Name} tries another");
                changePort();
            }
        }
    }

    private async Task StopPostgresAsync()
    {
        // The primary first: it sends the replica all it has before it ends.
        await (_primary?.StopAsync(CancellationToken.None) ?? Task.CompletedTask);
        await (_replica?.StopAsync(CancellationToken.None) ?? Task.CompletedTask);
    }

    private static InvalidOperationException NotStarted() => new("The set was started without this engine: see EngineSetOptions.Engines.");
}
