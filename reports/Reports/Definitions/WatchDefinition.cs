using Reports.Definitions;
using SourceSql;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>A watch: <c>reports/watches/&lt;system&gt;/&lt;watch&gt;.sql</c>, a header and one PostgreSQL SELECT that is asked of the replica every few seconds. Rows that meet its condition are mailed at once.</summary>
public sealed record WatchDefinition
{
    /// <summary>"system/watch".</summary>
    public string Name { get; private init; } = "";

    /// <summary>What its mails are headed with.</summary>
    public string Title { get; init; } = "";

    /// <summary>The question that it answers.</summary>
    public string Asks { get; init; } = "";

    /// <summary>The name of a connection string (<c>ConnectionStrings__&lt;Source&gt;</c>).</summary>
    public string Source { get; init; } = "";

    /// <summary>Columns that name a row.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>A column that each new row raises.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>How far behind what was seen it begins: a number, or for a cursor in time an interval. Null: 1000, or 5 minutes.</summary>
    public string? Overlap { get; init; }

    /// <summary>A PostgreSQL condition over the SELECT's columns: which rows are mailed.</summary>
    public string If { get; init; } = "";

    /// <summary>Whom mails go to; none: to those that the configuration's <c>Reports__AlertsTo</c> names.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>How often the replica is asked.</summary>
    public string Every { get; init; } = "5s";

    /// <summary>How long after a mail further rows are collected for the next one.</summary>
    public string Group { get; init; } = "10m";

    /// <summary>The columns that mails show, in their order.</summary>
    public Dictionary<string, WatchColumn?> Columns { get; init; } = [];

    /// <summary>The PostgreSQL SELECT.</summary>
    public string Select { get; private init; } = "";

    /// <summary>Where it came from.</summary>
    public string Path { get; private init; } = "";

    /// <summary>The folder of all watches.</summary>
    public static string Folder => ProjectFolder.Combine("reports", "watches");

    /// <summary>All watches by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, WatchDefinition> ReadAll(string? folder = null)
    {
        var root = folder ?? Folder;
        string[] paths = Directory.Exists(root) ? [.. Directory.EnumerateFiles(root, "*.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        return new SortedDictionary<string, WatchDefinition>(DefinitionFiles.ReadAll(paths, ReadFile).ToDictionary(w => w.Name), StringComparer.Ordinal);
    }

    /// <summary>Reads and validates one file; its folder's name is the system.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static WatchDefinition ReadFile(string path)
    {
        var file = SqlFile.Read(path);
        var system = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(path))!;
        var watch = file.ReadHeader<WatchDefinition>() with { Name = $"{system}/{file.Name}", Select = Documents.Expand(file.Body), Path = path };
        return DefinitionException.Of([.. watch.Faults(file)]) is { } fault ? throw fault : watch with { To = [.. watch.To.Select(Addresses.WithoutName)] };
    }

    private IEnumerable<DefinitionException> Faults(SqlFile file)
    {
        DefinitionException Fault(string key, string what) => new(Path, file.LineOfKey(key), what);

        (string Key, bool IsThere)[] needed =
        [
            ("title", Title.Length > 0), ("asks", Asks.Length > 0), ("source", Source.Length > 0), ("key", Key.Count > 0),
            ("cursor", Cursor.Length > 0), ("if", If.Length > 0), ("columns", Columns.Count > 0),
        ];
        foreach (var (key, _) in needed.Where(n => !n.IsThere))
        {
            yield return Fault(key, $"expected `{key}:`; found nothing");
        }

        foreach (var (_, what) in Addresses.FaultsOf(To))
        {
            yield return Fault("to", what);
        }

        foreach (var (key, text) in new[] { ("every", Every), ("group", Group) })
        {
            if (Durations.FaultOf(key, text) is { } fault)
            {
                yield return Fault(key, fault);
            }
        }

        if (Durations.Parse(Every) < TimeSpan.FromSeconds(1))
        {
            yield return Fault("every", $"expected `every:` to be 1s or longer; found '{Every}'");
        }
    }
}

/// <summary>A column that a watch's mails show.</summary>
public sealed record WatchColumn
{
    /// <summary>Its heading; null: its name.</summary>
    public string? Title { get; init; }

    /// <summary>Its meaning.</summary>
    public string? Is { get; init; }
}
