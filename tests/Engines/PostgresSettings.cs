namespace Engines;

/// <summary>What a set writes into postgresql.conf.</summary>
internal static class PostgresSettings
{
    /// <summary>The replication slot that keeps the primary's log for a replica that is down, however long.</summary>
    private const string Slot = "replica";

    /// <summary>Makes the slot on the primary unless it exists.</summary>
    internal const string MakeSlot = $"""
        SELECT pg_create_physical_replication_slot('{Slot}', true)
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{Slot}')
        """;

    internal static Dictionary<string, string> ForPrimary(EngineSetOptions options) =>
        Merge(Common(options, "primary"), options.PrimarySettings);

    internal static Dictionary<string, string> ForReplica(EngineSetOptions options)
    {
        var settings = Common(options, "replica");
        settings["hot_standby"] = "on";
        settings["primary_slot_name"] = Slot;
        // The default, 5 s, would be the time until a replica notices that its primary is back.
        settings["wal_retrieve_retry_interval"] = "100ms";
        return Merge(settings, options.ReplicaSettings);
    }

    internal static string PrimaryConnection(int port) =>
        $"host=127.0.0.1 port={port.ToString(System.Globalization.CultureInfo.InvariantCulture)} user=postgres application_name=replica sslmode=disable";

    private static Dictionary<string, string> Common(EngineSetOptions options, string role)
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            // A socket's path may have 107 characters, which a folder deep in a build machine exceeds.
            ["unix_socket_directories"] = "",
            ["cluster_name"] = role,
            ["max_connections"] = "200",
            ["shared_buffers"] = "128MB",
            // A container's /dev/shm is often 64 MB, and segments of a killed server would stay there.
            ["dynamic_shared_memory_type"] = "mmap",
            ["wal_level"] = "replica",
            ["max_wal_size"] = "2GB",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["lc_messages"] = "C",
            ["log_line_prefix"] = "%m [%p] %q%u@%d ",
        };
        if (!options.Persistent)
        {
            // A killed server loses nothing by this, only a power cut does, and then a scratch set is gone anyway.
            settings["fsync"] = "off";
            settings["full_page_writes"] = "off";
        }

        return settings;
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string> settings, IReadOnlyDictionary<string, string> more)
    {
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }
}
