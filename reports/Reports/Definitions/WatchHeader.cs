using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>A watch's header as it stands in YAML; <see cref="WatchDefinition"/> is what it means.</summary>
internal sealed record WatchHeader
{
    public string Title { get; init; } = "";

    public string Asks { get; init; } = "";

    public string Source { get; init; } = "";

    public IReadOnlyList<string> Key { get; init; } = [];

    public string Cursor { get; init; } = "";

    public string? Overlap { get; init; }

    public string If { get; init; } = "";

    public IReadOnlyList<string> To { get; init; } = [];

    public string Every { get; init; } = "5s";

    public string Group { get; init; } = "10m";

    public Dictionary<string, WatchColumn?> Columns { get; init; } = [];

    /// <summary>What it means; asked of a header without faults.</summary>
    public WatchDefinition Meant(string name, string path, string select) =>
        new()
        {
            Name = name,
            Path = path,
            Select = select,
            Title = Title,
            Asks = Asks,
            Source = Source,
            Key = Key,
            Cursor = Cursor,
            Overlap = Overlap,
            If = If,
            To = [.. To.Select(Addresses.WithoutName)],
            Every = Durations.Parse(Every)!.Value,
            Group = Durations.Parse(Group)!.Value,
            Columns = Columns,
        };

    /// <summary>Everything that is wrong with it.</summary>
    public IEnumerable<DefinitionException> Faults(SqlFile file)
    {
        DefinitionException Fault(string key, string what) => new(file.Path, file.LineOfKey(key), what);

        (string Key, bool IsThere)[] needed =
        [
            ("title", Title.Length > 0),
            ("asks", Asks.Length > 0),
            ("source", Source.Length > 0),
            ("key", Key.Count > 0),
            ("cursor", Cursor.Length > 0),
            ("if", If.Length > 0),
            ("columns", Columns.Count > 0),
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
