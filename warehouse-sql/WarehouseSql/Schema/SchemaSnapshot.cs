using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace WarehouseSql.Schema;

/// <summary>
/// The tables and views that reports may read: <c>warehouse-sql/schema.yaml</c>, taken from ClickHouse after its migrations.
/// </summary>
/// <remarks>It lets tests and tools know the warehouse's columns where no server runs.</remarks>
public sealed partial record SchemaSnapshot
{
    private static readonly string[] LedgerTables = ["etl_run", "etl_backup"];

    /// <summary>Tables by name: every fact, and the ledger of loads.</summary>
    public Dictionary<string, SchemaTable> Tables { get; init; } = [];

    /// <summary>Views by name.</summary>
    public Dictionary<string, SchemaView> Views { get; init; } = [];

    /// <summary>Where a project keeps it.</summary>
    public static string PathIn(Project project) => project.PathOf("warehouse-sql", "schema.yaml");

    /// <summary>Reads a project's snapshot.</summary>
    /// <exception cref="DefinitionException">It is missing or not readable.</exception>
    public static SchemaSnapshot Of(Project project) => Read(PathIn(project));

    /// <summary>Reads one file.</summary>
    /// <exception cref="DefinitionException">It is missing or not readable.</exception>
    public static SchemaSnapshot Read(string path)
    {
        return File.Exists(path)
            ? YamlReader.Read<SchemaSnapshot>(path, File.ReadAllText(path))
            : throw new DefinitionException(path, 0, "not there: write it with `make migrate schema`");
    }

    /// <summary>Takes the snapshot of the database that <paramref name="client"/> uses.</summary>
    /// <exception cref="WarehouseException">A fact or view of the project isn't there, or the server wasn't reached.</exception>
    public static async Task<SchemaSnapshot> FromWarehouseAsync(ClickHouseClient client, Project project, CancellationToken token)
    {
        var columns = await ColumnsAsync(client, token);
        var engines = await client.QueryAsync(
            "SELECT name, engine_full, sorting_key FROM system.tables WHERE database = currentDatabase()",
            token
        );
        var facts = project.Facts();
        var snapshot = new SchemaSnapshot();
        foreach (var name in facts.Keys.Concat(LedgerTables))
        {
            var found = engines.Rows.FirstOrDefault(r => r[0].GetString() == name) ?? throw Missing(client, name);
            var version = Version().Match(found[1].GetString()!);
            var sorting = found[2].GetString()!;
            snapshot.Tables.Add(
                name,
                new SchemaTable
                {
                    // A Distributed table has no sorting key of its own; the fact's header says it.
                    Key = sorting.Length > 0 || !facts.TryGetValue(name, out var fact) ? [.. sorting.Split(", ")] : [.. fact.Key],
                    Version = version.Success ? version.Groups["column"].Value : "_run",
                    Columns = columns[name],
                }
            );
        }

        foreach (var view in project.Views())
        {
            snapshot.Views.Add(
                view.Name,
                new SchemaView { Columns = columns.GetValueOrDefault(view.Name) ?? throw Missing(client, view.Name) }
            );
        }

        return snapshot;
    }

    /// <summary>The file's text; the same for the same schema.</summary>
    public string ToYaml()
    {
        var yaml = new StringBuilder(
            """
            # What reports may read: taken from ClickHouse after its migrations. Don't edit: `make schema` writes it.
            tables:

            """
        );
        // In one order on every machine: that of a dictionary follows the language.
        foreach (var (name, table) in Tables.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            yaml.Append(
                CultureInfo.InvariantCulture,
                $"  {name}:\n    key: [{string.Join(", ", table.Key)}]\n    version: {table.Version}\n"
            );
            Append(yaml, table.Columns);
        }

        yaml.Append("views:\n");
        foreach (var (name, view) in Views.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  {name}:\n");
            Append(yaml, view.Columns);
        }

        return yaml.ToString();
    }

    /// <summary>Writes the file; false where it stood there already.</summary>
    public bool Write(string path)
    {
        var yaml = ToYaml();
        if (File.Exists(path) && File.ReadAllText(path) == yaml)
        {
            return false;
        }

        File.WriteAllText(path, yaml);
        return true;
    }

    private static async Task<Dictionary<string, Dictionary<string, string>>> ColumnsAsync(ClickHouseClient client, CancellationToken token)
    {
        var result = await client.QueryAsync(
            "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() ORDER BY table, position",
            token
        );
        return result
            .Rows.GroupBy(r => r[0].GetString()!)
            .ToDictionary(t => t.Key, t => t.ToDictionary(r => r[1].GetString()!, r => r[2].GetString()!));
    }

    private static void Append(StringBuilder yaml, Dictionary<string, string> columns)
    {
        yaml.Append("    columns:\n");
        foreach (var (name, type) in columns)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"      {name}: {type}\n");
        }
    }

    private static WarehouseException Missing(ClickHouseClient client, string name) =>
        new($"the database '{client.Database}' has no '{name}': run `make migrate`");

    [GeneratedRegex(@"ReplacingMergeTree\((?:'[^']*', *)*(?<column>\w+)\)")]
    private static partial Regex Version();
}

/// <summary>A table of the warehouse.</summary>
public sealed record SchemaTable
{
    /// <summary>Rows that agree in these columns are one row.</summary>
    public List<string> Key { get; init; } = [];

    /// <summary>Of such rows, the one with the highest value in this column counts.</summary>
    public string Version { get; init; } = "";

    /// <summary>ClickHouse types by column, in the table's order.</summary>
    public Dictionary<string, string> Columns { get; init; } = [];
}

/// <summary>A view of the warehouse.</summary>
public sealed record SchemaView
{
    /// <summary>ClickHouse types by column, in the view's order.</summary>
    public Dictionary<string, string> Columns { get; init; } = [];
}
