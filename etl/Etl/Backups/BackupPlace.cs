using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using WarehouseSql.Programs;

namespace Etl.Backups;

/// <summary>Where ClickHouse keeps backups: what its BACKUP statement takes, with <c>{name}</c> in it.</summary>
internal sealed partial class BackupPlace
{
    private const string Name = "{name}";
    private readonly string destination;
    private readonly int nodes;

    private BackupPlace(string destination, int nodes) => (this.destination, this.nodes) = (destination, nodes);

    /// <summary>As configured.</summary>
    /// <exception cref="UserException">Nothing is, or no such place.</exception>
    public static BackupPlace Read(IConfiguration configuration, int nodes)
    {
        var text = Settings.Value(configuration, "Warehouse:Backups", "");
        return Destination().IsMatch(text) && text.Contains(Name, StringComparison.Ordinal)
            ? new BackupPlace(text, nodes)
            : throw new UserException(
                $"Warehouse__Backups: expected where ClickHouse is to keep backups, such as File('/var/backups/{Name}'), Disk('backups', '{Name}') or S3('https://…/{Name}', 'key', 'secret'); found {(text.Length == 0 ? "nothing" : "another text")}"
            );
    }

    /// <summary>A backup's name, checked.</summary>
    /// <exception cref="UserException">It can't be one.</exception>
    public static string Check(string name) =>
        Sound().IsMatch(name)
            ? name
            : throw new UserException($"expected a backup's name of letters, digits, '-', '_' and '.'; found '{name}'");

    /// <summary>Where a node (from 1) keeps its share of a backup.</summary>
    public string Of(string name, int node) =>
        destination.Replace(Name, nodes == 1 ? name : FormattableString.Invariant($"{name}-{node}"), StringComparison.Ordinal);

    [GeneratedRegex(@"^\s*(File|Disk|S3|AzureBlobStorage)\s*\(.*\)\s*$", RegexOptions.Singleline)]
    private static partial Regex Destination();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    private static partial Regex Sound();
}
