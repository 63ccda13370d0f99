using System.Globalization;
using System.Xml.Linq;

namespace Engines;

/// <summary>The configuration of a ClickHouse server for a small machine that others use too.</summary>
internal sealed class ClickHouseConfig(string folder, IReadOnlyDictionary<string, string> more, IReadOnlyList<string> warehouses)
{
    /// <summary>Stands for the server's own port of the native protocol in what is given.</summary>
    internal const string OwnPort = "{tcp_port}";

    /// <summary>The folder that holds the configuration and the data.</summary>
    internal string Folder => folder;

    internal string Backups => Path.Combine(folder, "backups");

    internal string Data => Path.Combine(folder, "data");

    /// <summary>Writes config.xml and users.xml; returns the path of the former.</summary>
    internal string Write(int httpPort, int tcpPort, string log)
    {
        var users = Path.Combine(folder, "users.xml");
        Users().Save(users);
        var config = Server(httpPort, tcpPort, log, users);
        foreach (var (name, xml) in more)
        {
            config.Root!.Element(name)?.Remove();
            config.Root.Add(XElement.Parse($"<{name}>{xml.Replace(OwnPort, $"{tcpPort}", StringComparison.Ordinal)}</{name}>"));
        }

        var file = Path.Combine(folder, "config.xml");
        config.Save(file);
        return file;
    }

    private XDocument Server(int httpPort, int tcpPort, string log, string users) =>
        new(
            new XElement(
                "clickhouse",
                Number("http_port", httpPort),
                Number("tcp_port", tcpPort),
                new XElement("listen_host", "127.0.0.1"),
                new XElement("path", Data + "/"),
                new XElement("timezone", "UTC"),
                new XElement(
                    "logger",
                    // By itself it writes down every step of every query.
                    new XElement("level", "warning"),
                    new XElement("log", log),
                    new XElement("errorlog", Path.ChangeExtension(log, ".err.log")),
                    new XElement("size", "50M"),
                    Number("count", 2)
                ),
                new XElement(
                    "user_directories",
                    new XElement("users_xml", new XElement("path", users)),
                    new XElement("local_directory", new XElement("path", Path.Combine(Data, "access") + "/"))
                ),
                new XElement("backups", new XElement("allowed_path", Backups + "/")),
                SmallPools(),
                // By themselves once a second, over all tables; tests make tens of thousands.
                Number("asynchronous_metrics_update_period_s", 600),
                Number("asynchronous_heavy_metrics_update_period_s", 3600),
                QueryLog(),
                new XElement("max_server_memory_usage", 2L << 30),
                new XElement("mark_cache_size", 64 << 20),
                Number("max_concurrent_queries", 100)
            )
        );

    private static IEnumerable<XElement> SmallPools() =>
        [
            Number("background_pool_size", 2),
            Number("background_move_pool_size", 1),
            Number("background_fetches_pool_size", 1),
            Number("background_common_pool_size", 2),
            Number("background_buffer_flush_schedule_pool_size", 1),
            Number("background_schedule_pool_size", 8),
            Number("background_message_broker_schedule_pool_size", 1),
            Number("background_distributed_schedule_pool_size", 2),
            // Their defaults are more than the two threads above, and a server refuses to start with that.
            new XElement(
                "merge_tree",
                Number("number_of_free_entries_in_pool_to_execute_mutation", 2),
                Number("number_of_free_entries_in_pool_to_lower_max_size_of_merge", 2),
                Number("number_of_free_entries_in_pool_to_execute_optimize_entire_partition", 2)
            ),
        ];

    // The one log table: without an element of its own, a log table isn't made.
    private static XElement QueryLog() =>
        new(
            "query_log",
            new XElement("database", "system"),
            new XElement("table", "query_log"),
            new XElement("ttl", "event_date + INTERVAL 7 DAY DELETE")
        );

    private XDocument Users() =>
        new(
            new XElement(
                "clickhouse",
                new XElement("profiles", new XElement("default")),
                new XElement("quotas", new XElement("default")),
                new XElement(
                    "users",
                    User(
                        ClickHouseServer.Administrator,
                        "",
                        "default",
                        Number("access_management", 1),
                        Number("named_collection_control", 1)
                    ),
                    // What the README has operators grant, so that what needs more is noticed here.
                    User(
                        ClickHouseServer.Loader,
                        ClickHouseServer.Loader,
                        "default",
                        Grants(
                            "GRANT ALL ON warehouse*.*",
                            "GRANT CREATE DATABASE ON *.*",
                            "GRANT CREATE FUNCTION ON *.*",
                            "GRANT DROP FUNCTION ON *.*",
                            "GRANT TABLE ENGINE ON *",
                            "GRANT SELECT ON system.*"
                        )
                    ),
                    User(
                        ClickHouseServer.Reader,
                        ClickHouseServer.Reader,
                        "default",
                        Grants([
                            "GRANT SELECT ON *.*",
                            "REVOKE SELECT ON system.*",
                            .. warehouses.Select(w => $"GRANT INSERT ON {w}.report_delivery"),
                        ])
                    )
                )
            )
        );

    private static XElement User(string name, string password, string profile, params XElement[] rights) =>
        new(
            name,
            new XElement("password", password),
            new XElement("profile", profile),
            new XElement("quota", "default"),
            new XElement("networks", new XElement("ip", "127.0.0.1")),
            rights
        );

    private static XElement Grants(params string[] queries) => new("grants", queries.Select(query => new XElement("query", query)));

    private static XElement Number(string name, int value) => new(name, value.ToString(CultureInfo.InvariantCulture));
}
