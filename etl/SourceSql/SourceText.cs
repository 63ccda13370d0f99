namespace SourceSql;

/// <summary>Names and texts as PostgreSQL's SQL writes them.</summary>
internal static class SourceText
{
    /// <summary>A name in quotes.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text in quotes.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
