using System.Text.RegularExpressions;

namespace WarehouseSql.Definitions;

/// <summary>What one column of a fact means.</summary>
public sealed record FactColumn
{
    /// <summary>Its meaning, in words.</summary>
    public string Is { get; init; } = "";

    /// <summary>Its unit (seconds, UTC, MB …) where it has one.</summary>
    public string? Unit { get; init; }

    /// <summary>Whom a value points at: <c>person</c>, <c>site</c> or <c>nothing</c>.</summary>
    public string Identifies { get; init; } = "nothing";
}

/// <summary>
/// A fact: <c>warehouse-sql/facts/&lt;name&gt;.sql</c>, a header and the ClickHouse SELECT that makes its rows of landed ones.
/// </summary>
public sealed partial record FactDefinition
{
    /// <summary>The fact table's name, which is the file's.</summary>
    public string Name { get; private init; } = "";

    /// <summary>What the fact tells, in a line.</summary>
    public string About { get; init; } = "";

    /// <summary>"one row per …".</summary>
    public string Grain { get; init; } = "";

    /// <summary>The natural key: rows that agree in it are one row, and the last loaded one counts.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>The partition expression, as in the table's DDL.</summary>
    public string Partition { get; init; } = "";

    /// <summary>The columns in the table's order.</summary>
    public Dictionary<string, FactColumn> Columns { get; init; } = [];

    /// <summary>
    /// What was promised to those whom its rows are about: no row gets so many days old. Null: nothing was, and rows are kept for good
    /// unless an operator says otherwise.
    /// </summary>
    public int? RetainDays { get; init; }

    /// <summary>The column of the time by which its partitions and its retention go; null: it has none.</summary>
    public string? TimeColumn => Timed().Match(Partition) is { Success: true } timed ? timed.Groups[1].Value : null;

    /// <summary>The column that names the site that a row is about; null: no column does.</summary>
    public string? SiteColumn => Columns.FirstOrDefault(c => c.Value.Identifies == "site").Key;

    /// <summary>Conditions that each staged row must meet, in ClickHouse's SQL; a load that breaks one is not published.</summary>
    public IReadOnlyList<string> Expect { get; init; } = [];

    /// <summary>The SELECT; <c>{landing}</c> stands for the landed rows.</summary>
    public string Select { get; private init; } = "";

    /// <summary>Where it came from.</summary>
    public string Path { get; private init; } = "";

    /// <summary>All facts of a folder by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static IReadOnlyDictionary<string, FactDefinition> ReadAll(string folder)
    {
        var paths = Directory.EnumerateFiles(folder, "*.sql").Order(StringComparer.Ordinal);
        return new SortedDictionary<string, FactDefinition>(
            DefinitionFiles.ReadAll(paths, Read).ToDictionary(f => f.Name),
            StringComparer.Ordinal
        );
    }

    /// <summary>The names of all facts, which are their files'.</summary>
    public static IReadOnlySet<string> Names(string folder) =>
        Directory
            .EnumerateFiles(folder, "*.sql")
            .Select(f => System.IO.Path.GetFileNameWithoutExtension(f))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Reads and validates one fact.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static FactDefinition Read(string path)
    {
        var file = SqlFile.Read(path);
        var fact = file.ReadHeader<FactDefinition>() with { Name = file.Name, Select = file.Body, Path = path };
        return DefinitionException.Of([.. fact.Faults(file)]) is { } fault ? throw fault : fact;
    }

    private IEnumerable<DefinitionException> Faults(SqlFile file)
    {
        DefinitionException Fault(string key, string what) => new(file.Path, file.LineOfKey(key), what);

        if (About.Length == 0)
        {
            yield return Fault("about", "expected `about:`, what the fact tells; found nothing");
        }

        if (!Grain.StartsWith("one row per ", StringComparison.Ordinal))
        {
            yield return Fault("grain", "expected `grain: one row per …`; found " + (Grain.Length == 0 ? "nothing" : $"'{Grain}'"));
        }

        if (Key.Count == 0)
        {
            yield return Fault("key", "expected `key: [column, …]`; found none");
        }

        if (Partition.Length == 0)
        {
            yield return Fault("partition", "expected `partition:`, as in the table's DDL; found nothing");
        }

        if (RetainDays is < 2 || (RetainDays is not null && TimeColumn is null))
        {
            yield return Fault(
                "retain_days",
                $"expected `retain_days:` of 2 or more, of a fact whose partitions are days, months or years of a time; found {RetainDays}"
            );
        }

        foreach (var key in Key.Where(k => !Columns.ContainsKey(k)))
        {
            yield return Fault("key", $"the key's '{key}' is not among `columns`");
        }

        foreach (var (name, column) in Columns)
        {
            if (column is null || column.Is.Length == 0)
            {
                yield return Fault(name, $"expected a meaning, `{name}: {{is: …}}`; found none");
            }
            else if (column.Identifies is not ("person" or "site" or "nothing"))
            {
                yield return Fault(name, $"expected `identifies: person|site|nothing`; found '{column.Identifies}'");
            }
        }

        if (!Select.Contains("{landing}", StringComparison.Ordinal))
        {
            yield return new DefinitionException(file.Path, file.BodyLine, "expected a SELECT … FROM {landing}; found no {landing}");
        }
    }

    [GeneratedRegex(@"\b(?:toYYYYMMDD|toYYYYMM|toYear)\((\w+)\)")]
    private static partial Regex Timed();
}
