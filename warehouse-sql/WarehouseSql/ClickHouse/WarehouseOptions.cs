using Microsoft.Extensions.Configuration;
using WarehouseSql.Programs;

namespace WarehouseSql.ClickHouse;

/// <summary>Where the warehouse is and whose key opens it: the section <c>Warehouse</c> of the configuration.</summary>
public sealed record WarehouseOptions
{
    /// <summary>The nodes' HTTP addresses, separated by blanks or commas; one of each shard.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8123";

    /// <summary>The database that holds facts, views and the ledger.</summary>
    public string Database { get; init; } = "warehouse";

    /// <summary>
    /// The cluster of ClickHouse's <c>remote_servers</c> that holds the nodes of <see cref="Url"/>, in their order; needed where there are
    /// several.
    /// </summary>
    public string Cluster { get; init; } = "";

    /// <summary>The account.</summary>
    public string User { get; init; } = "default";

    /// <summary>Its password.</summary>
    public string Password { get; init; } = "";

    /// <summary>Seconds that a statement may take where nothing else is said.</summary>
    public int TimeoutSeconds { get; init; } = 600;

    /// <summary>The node addresses of <see cref="Url"/>.</summary>
    public IReadOnlyList<Uri> Nodes => [.. Url.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(u => new Uri(u))];

    /// <summary>
    /// The database whose tables hold all rows, whichever node they lie on: with one node <see cref="Database"/>, else one of distributed
    /// tables on the first node.
    /// </summary>
    public string WholeDatabase => Nodes.Count > 1 ? Database + "_all" : Database;

    /// <summary>Reads and validates the section.</summary>
    /// <exception cref="UserException">Lists every fault at once.</exception>
    public static WarehouseOptions Read(IConfiguration configuration)
    {
        var options = Settings.Section<WarehouseOptions>(configuration, "Warehouse");
        var faults = new List<string>();
        var urls = options.Url.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        if (urls.Length == 0)
        {
            faults.Add("Warehouse__Url: expected an address such as http://127.0.0.1:8123; found nothing");
        }

        // An address may hold a password, which is nobody's to read.
        faults.AddRange(
            urls.Where(u => !Uri.TryCreate(u, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                .Select(u =>
                    $"Warehouse__Url: expected http://host:port or https://host:port; found '{(u.LastIndexOf('@') is var at and >= 0 ? "…" + u[at..] : u)}'"
                )
        );
        faults.AddRange(
            urls.Where(u => Uri.TryCreate(u, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0)
                .Select(_ =>
                    "Warehouse__Url: expected an address without a user; name it in Warehouse__User, and its password in Warehouse__Password"
                )
        );
        if (urls.Length > 1 && (options.Cluster.Length == 0 || !options.Cluster.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')))
        {
            faults.Add(
                $"Warehouse__Cluster: expected the cluster of ClickHouse's remote_servers that holds the {urls.Length} nodes of Warehouse__Url, a name of letters, digits and '_'; found '{options.Cluster}'"
            );
        }

        if (options.Database.Length == 0 || !options.Database.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            faults.Add($"Warehouse__Database: expected a name of letters, digits and '_'; found '{options.Database}'");
        }

        if (options.TimeoutSeconds <= 0)
        {
            faults.Add($"Warehouse__TimeoutSeconds: expected a number of seconds over 0; found {options.TimeoutSeconds}");
        }

        return faults.Count == 0 ? options : throw new UserException(string.Join(Environment.NewLine, faults));
    }
}
