using SourceSql;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>
/// A watch: <c>reports/watches/&lt;system&gt;/&lt;watch&gt;.sql</c>, a header and one PostgreSQL SELECT that is asked of the replica every
/// few seconds. Rows that meet its condition are mailed at once.
/// </summary>
public sealed record WatchDefinition
{
    /// <summary>"system/watch".</summary>
    public required string Name { get; init; }

    /// <summary>What its mails are headed with.</summary>
    public required string Title { get; init; }

    /// <summary>The question that it answers.</summary>
    public required string Asks { get; init; }

    /// <summary>The name of a connection string (<c>ConnectionStrings__&lt;Source&gt;</c>).</summary>
    public required string Source { get; init; }

    /// <summary>Columns that name a row.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>A column that each new row raises.</summary>
    public required string Cursor { get; init; }

    /// <summary>How far behind what was seen it begins: a number, or for a cursor in time an interval. Null: 1000, or 5 minutes.</summary>
    public string? Overlap { get; init; }

    /// <summary>A PostgreSQL condition over the SELECT's columns: which rows are mailed.</summary>
    public required string If { get; init; }

    /// <summary>Whom mails go to; none: to those that the configuration's <c>Reports__AlertsTo</c> names.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>How often the replica is asked.</summary>
    public required TimeSpan Every { get; init; }

    /// <summary>How long after a mail further rows are collected for the next one.</summary>
    public required TimeSpan Group { get; init; }

    /// <summary>The columns that mails show, in their order.</summary>
    public required IReadOnlyDictionary<string, WatchColumn?> Columns { get; init; }

    /// <summary>The PostgreSQL SELECT.</summary>
    public required string Select { get; init; }

    /// <summary>Where it came from.</summary>
    public required string Path { get; init; }

    /// <summary>All watches of a folder by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, WatchDefinition> ReadAll(string root)
    {
        string[] paths = Directory.Exists(root)
            ? [.. Directory.EnumerateFiles(root, "*.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
            : [];
        return new SortedDictionary<string, WatchDefinition>(
            DefinitionFiles.ReadAll(paths, ReadFile).ToDictionary(w => w.Name),
            StringComparer.Ordinal
        );
    }

    /// <summary>Reads and validates one file; its folder's name is the system.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static WatchDefinition ReadFile(string path)
    {
        var file = SqlFile.Read(path);
        var system = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(path))!;
        var header = file.ReadHeader<WatchHeader>();
        return DefinitionException.Of([.. header.Faults(file)]) is { } fault
            ? throw fault
            : header.Meant($"{system}/{file.Name}", path, Documents.Expand(file.Body));
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
