using System.Globalization;
using Npgsql;

namespace Engines;

/// <summary>A PostgreSQL server: the primary of a set or its streaming replica.</summary>
public sealed class Postgres : Engine
{
    private static readonly TimeSpan FastLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ImmediateLimit = TimeSpan.FromSeconds(10);
    private readonly PostgresFolder _folder;
    private readonly string _data;
    private readonly Dictionary<string, string> _settings;
    private readonly bool _isReplica;
    private PortReservation _port;

    internal Postgres(PostgresFolder folder, string data, string logPath, bool isReplica, Dictionary<string, string> settings)
        : base(isReplica ? "PostgreSQL replica" : "PostgreSQL primary", data, logPath)
    {
        _folder = folder;
        _data = data;
        _isReplica = isReplica;
        _settings = settings;
        _port = PortReservation.Take();
    }

    /// <inheritdoc/>
    public override int Port => _port.Port;

    /// <summary>A connection string for Npgsql: the superuser, without a password.</summary>
    /// <param name="database">The database.</param>
    /// <param name="searchPath">The schemas that unqualified names are looked up in; null leaves the server's default.</param>
    public string ConnectionString(string database, string? searchPath = null)
    {
        var parts = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = database,
            Username = "postgres",
            SslMode = SslMode.Disable,
        };
        if (searchPath is not null)
        {
            parts.SearchPath = searchPath;
        }

        return parts.ConnectionString;
    }

    /// <summary>
    /// Runs one statement on a connection of its own and returns the first value of its first row; null where there is none.
    /// </summary>
    /// <exception cref="NpgsqlException">The server refused it or can't be reached.</exception>
    public async Task<object?> ExecuteAsync(string database, string sql, CancellationToken token)
    {
        // Not pooled: a connection that waits in a pool keeps its database from being dropped, and dies with a server that is restarted.
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false;Timeout=5");
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(token) is { } value and not DBNull ? value : null;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        RemoveSharedMemory();
        _port.Dispose();
    }

    /// <summary>A killed server leaves its shared memory segment to its next start, and a scratch set has none.</summary>
    private void RemoveSharedMemory()
    {
        const int segmentLine = 6;
        var file = Path.Combine(_data, "postmaster.pid");
        if (
            File.Exists(file)
            && File.ReadLines(file).ElementAtOrDefault(segmentLine)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var segment]
            && int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        )
        {
            Native.RemoveSharedMemory(id);
        }
    }

    internal void ChangePort()
    {
        _port.Dispose();
        _port = PortReservation.Take();
    }

    private protected override ServerProcess Launch()
    {
        _settings["port"] = Port.ToString(CultureInfo.InvariantCulture);
        _folder.Configure(_data, _settings);
        return ServerProcess.StartWatched(_folder.ServerCommand(_data), _data, LogPath);
    }

    private protected override async Task<bool> IsReadyAsync(CancellationToken token)
    {
        // Another program may have taken the port in the last moment, and be a PostgreSQL too.
        var data = await ExecuteAsync("postgres", "SELECT current_setting('data_directory')", token);
        if (data as string != _data)
        {
            return false;
        }

        return !_isReplica || await ExecuteAsync("postgres", "SELECT status FROM pg_stat_wal_receiver", token) as string == "streaming";
    }

    private protected override async Task StopAsync(ServerProcess process, CancellationToken token)
    {
        process.Signal(Native.Interrupt);
        if (!await process.WaitForExitAsync(FastLimit, token))
        {
            process.Signal(Native.Quit);
            await process.WaitForExitAsync(ImmediateLimit, token);
        }
    }
}
