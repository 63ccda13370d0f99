using System.Text.RegularExpressions;

namespace WarehouseSql.Definitions;

/// <summary>One <c>{name:Type}</c> in a statement.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Type">Its ClickHouse type as written there, for example <c>Array(String)</c>.</param>
/// <param name="Start">Where its opening brace stands in the statement.</param>
/// <param name="Length">How long it is, both braces included.</param>
public readonly record struct SqlParameter(string Name, string Type, int Start, int Length);

/// <summary>The <c>{name:Type}</c> places of a statement, those outside of texts, quoted names and comments.</summary>
public static partial class SqlParameters
{
    /// <summary>All places in the statement's order.</summary>
    public static IReadOnlyList<SqlParameter> Find(string sql) =>
        [
            .. Token()
                .Matches(sql)
                .Where(m => m.Groups["name"].Success)
                .Select(m => new SqlParameter(m.Groups["name"].Value, m.Groups["type"].Value, m.Index, m.Length)),
        ];

    /// <summary>The statement with every place replaced by what <paramref name="with"/> returns for it.</summary>
    public static string Replace(string sql, Func<SqlParameter, string> with) =>
        Token()
            .Replace(
                sql,
                m =>
                    m.Groups["name"].Success
                        ? with(new SqlParameter(m.Groups["name"].Value, m.Groups["type"].Value, m.Index, m.Length))
                        : m.Value
            );

    /// <summary>The names that the statement uses (tables, columns, functions), without texts, comments and parameters.</summary>
    public static IReadOnlySet<string> Identifiers(string sql) =>
        Token()
            .Matches(sql)
            .Where(m => m.Groups["word"].Success)
            .Select(m => m.Groups["word"].Value.Trim('`', '"'))
            .ToHashSet(StringComparer.Ordinal);

    // Whatever hides a brace is matched first, so that a brace inside of it isn't seen.
    [GeneratedRegex(
        """
            '(?:[^'\\]|\\.|'')*'                # a text
            | --[^\n]*                          # a comment to the line's end
            | /\*.*?\*/                         # a comment of several lines
            | \{\s*(?<name>[A-Za-z_]\w*)\s*:\s*(?<type>[^{}]*?)\s*\}
            | (?<word>`[^`]*`|"[^"]*"|[A-Za-z_]\w*)
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline
    )]
    private static partial Regex Token();
}
