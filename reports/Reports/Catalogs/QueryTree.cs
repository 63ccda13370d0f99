using System.Text.RegularExpressions;

namespace Reports.Catalogs;

/// <summary>A column of a table or view.</summary>
internal readonly record struct ColumnName(string Table, string Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Table}.{Column}";
}

/// <summary>
/// What a SELECT's columns are made of, by the server's own analysis: the text of ClickHouse's <c>EXPLAIN QUERY TREE run_passes = 1</c>, in
/// which every name is resolved.
/// </summary>
internal sealed partial class QueryTree
{
    private readonly Dictionary<int, Node> byId = [];
    private readonly Node root;

    /// <summary>Reads the server's lines.</summary>
    public QueryTree(IEnumerable<string> lines)
    {
        var open = new Stack<Node>();
        root = new Node("", -1, "");
        open.Push(root);
        foreach (var line in lines.Where(l => l.Trim().Length > 0))
        {
            var text = line.TrimStart();
            var depth = line.Length - text.Length;
            var match = Named().Match(text);
            var node = match.Success ? new Node(match.Groups["kind"].Value, depth, match.Groups["rest"].Value) : new Node(text, depth, "");
            while (open.Peek().Depth >= depth)
            {
                open.Pop();
            }

            open.Peek().Children.Add(node);
            open.Push(node);
            if (match.Success)
            {
                // What stands there again is the same.
                byId.TryAdd(int.Parse(match.Groups["id"].Value, System.Globalization.CultureInfo.InvariantCulture), node);
            }
        }

        Columns = root.Children is [var first] ? ColumnsOf(first) : [];
    }

    /// <summary>The result's columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The columns of tables and views that a column of the result is computed of.</summary>
    public IReadOnlySet<ColumnName> MadeOf(string column) => Made(root.Children[0], column, []).ToHashSet();

    /// <summary>All columns of tables and views that it names anywhere: in conditions, joins and groups too.</summary>
    public IReadOnlySet<ColumnName> All() =>
        byId
            .Values.Where(n => n.Kind == "COLUMN")
            .SelectMany(n => Source(n) is { Kind: "TABLE" } table ? [NameOf(table, n)] : Array.Empty<ColumnName>())
            .ToHashSet();

    // A query's, or a union's of queries.
    private IEnumerable<ColumnName> Made(Node query, string column, HashSet<(Node, string)> seen)
    {
        if (!seen.Add((query, column)))
        {
            return [];
        }

        if (query.Kind == "UNION")
        {
            var queries = Part(query, "QUERIES")?.Children.SelectMany(l => l.Children).ToList() ?? [];
            var at = queries.Count == 0 ? -1 : ColumnsOf(queries[0]).ToList().IndexOf(column);
            return at < 0 ? [] : queries.SelectMany(q => Made(q, ColumnsOf(q)[at], seen));
        }

        var place = ColumnsOf(query).ToList().IndexOf(column);
        var items = Part(query, "PROJECTION")?.Children.FirstOrDefault()?.Children;
        return place < 0 || items is null || place >= items.Count ? [] : Of(items[place], seen);
    }

    // What an expression names; a sub-select within it (IN, a scalar) chooses, and is no part of the value.
    private IEnumerable<ColumnName> Of(Node expression, HashSet<(Node, string)> seen)
    {
        if (expression.Kind is "QUERY" or "UNION")
        {
            return expression.Kind == "QUERY" && ColumnsOf(expression) is [var only] ? Made(expression, only, seen) : [];
        }

        var inner = expression.Children.SelectMany(c => Of(c, seen));
        if (expression.Kind != "COLUMN")
        {
            return inner;
        }

        var name = Field(expression, "column_name");
        return Source(expression) switch
        {
            { Kind: "TABLE" } table => [NameOf(table, expression)],
            { Kind: "QUERY" or "UNION" } query => Made(query, name, seen),
            // ARRAY JOIN makes a column of an expression; USING one of two.
            { Kind: "ARRAY_JOIN" or "JOIN" } join when seen.Add((join, name)) => Within(join)
                .Where(n => n.Kind == "COLUMN" && Field(n, "column_name") == name)
                .SelectMany(n => n.Children)
                .SelectMany(c => Of(c, seen))
                .Concat(inner),
            _ => inner,
        };
    }

    private static IEnumerable<Node> Within(Node node) => node.Children.SelectMany(c => Within(c).Prepend(c));

    private Node? Source(Node column) =>
        Field(column, "source_id") is { Length: > 0 } id
            ? byId.GetValueOrDefault(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture))
            : null;

    private static ColumnName NameOf(Node table, Node column)
    {
        var name = Field(table, "table_name");
        // Of a text's length, or whether a value is NULL, the server may read a part alone: b.size, b.null.
        return new ColumnName(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..], Field(column, "column_name").Split('.')[0]);
    }

    private static IReadOnlyList<string> ColumnsOf(Node query) =>
        query.Kind == "UNION"
            ? Part(query, "QUERIES")?.Children.SelectMany(l => l.Children).FirstOrDefault() is { } first
                ? ColumnsOf(first)
                : []
            : [.. Part(query, "PROJECTION COLUMNS")?.Children.Select(c => c.Kind.Split(' ')[0].Trim('`')) ?? []];

    private static Node? Part(Node node, string name) => node.Children.FirstOrDefault(c => c.Kind == name);

    private static string Field(Node node, string name) =>
        Regex.Match(node.Rest, $@"(?:^|, ){name}: (?<value>[^,]*)").Groups["value"].Value;

    [GeneratedRegex("^(?<kind>[A-Z_]+) id: (?<id>[0-9]+)(?:, (?<rest>.*))?$")]
    private static partial Regex Named();

    private sealed record Node(string Kind, int Depth, string Rest)
    {
        public List<Node> Children { get; } = [];

        public bool Equals(Node? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
