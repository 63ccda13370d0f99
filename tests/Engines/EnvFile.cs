using System.Globalization;

namespace Engines;

/// <summary>The file that `make` and scripts source: where the engines are, as lines of `export NAME='value'`.</summary>
internal static class EnvFile
{
    /// <summary>The database of the collector's tables.</summary>
    internal const string Database = "collector";

    /// <summary>The collector's systems: each a schema on the primary and a connection string of the programs.</summary>
    internal static readonly IReadOnlyList<string> Systems = ["fuel", "pulp", "foreman", "openstack"];

    internal static string PathIn(string folder) => Path.Combine(folder, "env");

    /// <summary>Makes the database and the empty schemas on the primary, and waits until the replica has them.</summary>
    internal static async Task MakeSchemasAsync(EngineSet set, CancellationToken token)
    {
        if (await set.Primary.ExecuteAsync("postgres", $"SELECT 1 FROM pg_database WHERE datname = '{Database}'", token) is null)
        {
            await set.Primary.ExecuteAsync("postgres", $"CREATE DATABASE {Database}", token);
        }

        foreach (var system in Systems)
        {
            await set.Primary.ExecuteAsync(Database, $"CREATE SCHEMA IF NOT EXISTS {system}", token);
        }

        await set.WaitForReplicaAsync(token);
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    internal static void Write(EngineSet set)
    {
        var path = PathIn(set.Folder);
        // It holds passwords.
        File.WriteAllText(path + ".new", "");
        Native.MakePrivateFile(path + ".new");
        File.WriteAllLines(
            path + ".new",
            Lines(set).Select(line => $"export {line.Name}='{line.Value.Replace("'", "'\\''", StringComparison.Ordinal)}'")
        );
        File.Move(path + ".new", path, overwrite: true);
    }

    private static IEnumerable<(string Name, string Value)> Lines(EngineSet set)
    {
        yield return ("PRIMARY_PORT", Text(set.Primary.Port));
        yield return ("REPLICA_PORT", Text(set.Replica.Port));
        yield return ("CLICKHOUSE_PORT", Text(set.ClickHouse.Port));
        foreach (var system in Systems)
        {
            yield return (
                $"ConnectionStrings__{char.ToUpperInvariant(system[0])}{system[1..]}",
                set.Replica.ConnectionString(Database, system)
            );
        }

        yield return ("Warehouse__Url", set.ClickHouse.Url);
        yield return ("Warehouse__Database", "warehouse");
        yield return ("Warehouse__Backups", "File('{name}')");
        yield return ("Warehouse__User", ClickHouseServer.Loader);
        yield return ("Warehouse__Password", ClickHouseServer.Loader);
        yield return ("REPORTS_USER", ClickHouseServer.Reader);
        yield return ("REPORTS_PASSWORD", ClickHouseServer.Reader);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
