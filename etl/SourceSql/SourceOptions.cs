using Npgsql;
using WarehouseSql.Programs;

namespace SourceSql;

/// <summary>How a source is reached.</summary>
internal static class SourceOptions
{
    /// <summary>What <c>ConnectionStrings__&lt;name&gt;</c> says.</summary>
    /// <exception cref="UserException">There is no such connection string, or it isn't readable.</exception>
    public static NpgsqlConnectionStringBuilder Read(string name, string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new UserException($"ConnectionStrings__{name}: expected the address of the collector's replica; found nothing");
        }

        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException e)
        {
            throw new UserException($"ConnectionStrings__{name}: {e.Message}", e);
        }
    }

    /// <summary>SQL that says whether a server is a replica.</summary>
    public const string IsReplica = "SELECT pg_is_in_recovery()";

    /// <summary>The server that <c>ConnectionStrings__&lt;name&gt;</c> names is none.</summary>
    public static SourceException NoReplica(string name) =>
        new(
            $"ConnectionStrings__{name} points at a server that is not a replica (a primary, or a replica that was promoted); point it at a replica, or set Etl__AllowPrimary=true"
        );
}
