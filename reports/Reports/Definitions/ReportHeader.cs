using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>A report's header as it stands in YAML; <see cref="ReportDefinition"/> is what it means.</summary>
internal sealed record ReportHeader
{
    public string Title { get; init; } = "";

    public string Asks { get; init; } = "";

    /// <summary>The file beside the report, without its ending .yaml, that says what names without a value here mean; null: none.</summary>
    public string? Shared { get; init; }

    public Dictionary<string, ParameterHeader?> Params { get; init; } = [];

    public ChartHeader? Chart { get; init; }

    public Dictionary<string, ColumnHeader?> Columns { get; init; } = [];

    public string? Schedule { get; init; }

    public AlertHeader? Alert { get; init; }

    public PublicHeader? Public { get; init; }

    /// <summary>With what <see cref="Shared"/> says of parameters and columns that are only named here.</summary>
    /// <exception cref="DefinitionException">There is no such file, or it is faulty.</exception>
    public ReportHeader WithShared(SqlFile file)
    {
        if (Shared is null)
        {
            return this;
        }

        var path = Path.Combine(Path.GetDirectoryName(file.Path)!, Shared + ".yaml");
        if (Path.GetFileName(path) != Shared + ".yaml" || !File.Exists(path))
        {
            throw new DefinitionException(
                file.Path,
                file.LineOfKey("shared"),
                $"expected `shared:`, the name of a file beside the report without its ending .yaml; there is no '{Shared}'"
            );
        }

        var shared = YamlReader.Read<SharedHeader>(path, File.ReadAllText(path));
        return this with { Params = Filled(Params, shared.Params), Columns = Filled(Columns, shared.Columns) };
    }

    private static Dictionary<string, T?> Filled<T>(Dictionary<string, T?> named, Dictionary<string, T> shared)
        where T : class => named.ToDictionary(n => n.Key, n => n.Value ?? shared.GetValueOrDefault(n.Key));
}

/// <summary>What several reports of a system say alike of parameters and columns.</summary>
internal sealed record SharedHeader
{
    public Dictionary<string, ParameterHeader> Params { get; init; } = [];

    public Dictionary<string, ColumnHeader> Columns { get; init; } = [];
}

internal sealed record AlertHeader
{
    public IReadOnlyList<string> To { get; init; } = [];

    public string Every { get; init; } = "5m";

    public string CoolDown { get; init; } = "4h";
}

internal sealed record PublicHeader
{
    public string Group { get; init; } = "";

    public string Sites { get; init; } = "";

    public int MinGroup { get; init; }

    public List<string> Add { get; init; } = [];

    public string? Of { get; init; }

    public string Site { get; init; } = "";

    public string Heard { get; init; } = "";

    public string MinAge { get; init; } = "30d";

    public int RoundTo { get; init; } = 1;

    public Dictionary<string, int> Cap { get; init; } = [];

    public Dictionary<string, string> Share { get; init; } = [];

    public PublicDefinition Definition =>
        new(Group, Sites, MinGroup, Add)
        {
            Of = Of,
            Site = Site,
            Heard = Heard,
            MinAge = Durations.Parse(MinAge) ?? default,
            RoundTo = RoundTo,
            Cap = Cap,
            Share = Share,
        };
}

internal sealed record ParameterHeader
{
    public string Type { get; init; } = "";

    /// <summary>A scalar, or a list for an array.</summary>
    public object? Default { get; init; }

    public string Is { get; init; } = "";

    public string? Values { get; init; }

    public string? Suggest { get; init; }

    public string? DefaultText => Default is IEnumerable<object?> items ? string.Join(',', items) : Default?.ToString();
}

internal sealed record ChartHeader
{
    public string Type { get; init; } = "";

    public string X { get; init; } = "";

    /// <summary>A column, or a list of them.</summary>
    public object? Y { get; init; }

    public string? Series { get; init; }

    public IReadOnlyList<string> YColumns =>
        Y switch
        {
            null => [],
            IEnumerable<object?> items => [.. items.Select(i => i?.ToString() ?? "")],
            _ => [Y.ToString()!],
        };
}

internal sealed record ColumnHeader
{
    public string? Title { get; init; }

    public string? Format { get; init; }

    public string? Is { get; init; }

    public string? Link { get; init; }

    public bool Key { get; init; }
}
