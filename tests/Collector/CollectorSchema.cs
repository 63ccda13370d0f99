using Npgsql;

namespace Collector;

/// <summary>The tables of the systems whose telemetry a collector keeps: one PostgreSQL schema a system.</summary>
public static class CollectorSchema
{
    // Any number will do, as long as every creator takes the same: IF NOT EXISTS alone doesn't keep two sessions that create the same
    // schema at once from failing on the catalogue's unique index.
    private const long CreationLock = 7_262_145_881;

    /// <summary>The systems: fuel, pulp, foreman, openstack. Each is also the name of its PostgreSQL schema.</summary>
    public static IReadOnlyList<string> Systems { get; } = ["fuel", "pulp", "foreman", "openstack"];

    /// <summary>The DDL of one system; running it twice changes nothing.</summary>
    /// <exception cref="ArgumentException">There is no such system.</exception>
    public static string Ddl(string system)
    {
        using var stream =
            typeof(CollectorSchema).Assembly.GetManifestResourceStream($"schema/{system}.sql")
            ?? throw new ArgumentException($"no system '{system}'; there are {string.Join(", ", Systems)}", nameof(system));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Creates the schemas and tables of all systems that are missing, all or none.</summary>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task CreateAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await CreateAsync(source, cancellationToken);
    }

    /// <inheritdoc cref="CreateAsync(string, CancellationToken)"/>
    public static async Task CreateAsync(NpgsqlDataSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("", connection, transaction);
        command.CommandText = $"SELECT pg_advisory_xact_lock({CreationLock})";
        await command.ExecuteNonQueryAsync(cancellationToken);
        foreach (var system in Systems)
        {
            command.CommandText = Ddl(system);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
    }
}
