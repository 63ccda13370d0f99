namespace WarehouseSql.ClickHouse;

/// <summary>What goes with a statement.</summary>
public sealed record QueryOptions
{
    /// <summary>Values of the statement's <c>{name:Type}</c>, bound by the server; a null is NULL.</summary>
    public IReadOnlyDictionary<string, string?> Parameters { get; init; } = new Dictionary<string, string?>();

    /// <summary>ClickHouse settings for this statement alone.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the statement may take, from the request to the end of its answer; null: the client's default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The statement's id in ClickHouse; null: a new one.</summary>
    public string? QueryId { get; init; }

    /// <summary>Nothing special.</summary>
    public static QueryOptions None { get; } = new();

    /// <summary>An INSERT that has ended when its rows are there: ClickHouse 26 would gather them with others'.</summary>
    public static QueryOptions Insert { get; } = new() { Settings = new Dictionary<string, string> { ["async_insert"] = "0" } };

    /// <summary>Only parameters, as name and value.</summary>
    public static QueryOptions With(params (string Name, string? Value)[] parameters) =>
        new() { Parameters = parameters.ToDictionary(p => p.Name, p => p.Value) };
}
