using System.Text.RegularExpressions;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>The names of a SELECT's columns, as far as its text tells them.</summary>
internal static partial class SelectList
{
    /// <summary>Where the SELECT itself begins: behind the WITH, if there is one.</summary>
    public static int MainSelect(string sql)
    {
        var depth = 0;
        foreach (var token in Token().Matches(SqlText.Code(sql)).Select(m => (m.Index, Text: m.Value)))
        {
            depth += token.Text switch
            {
                "(" or "[" or "{" => 1,
                ")" or "]" or "}" => -1,
                _ => 0,
            };
            if (depth == 0 && token.Text.Equals("SELECT", StringComparison.OrdinalIgnoreCase))
            {
                return token.Index;
            }
        }

        return 0;
    }

    /// <summary>The names in their order; null where the text doesn't tell, as for <c>*</c> or an expression without a name.</summary>
    public static IReadOnlyList<string>? Names(string sql) => Items(sql)?.Select(i => i.Name).ToList();

    /// <summary>
    /// The columns in their order: name, text, and where the text ends; null where the text doesn't tell the names, as for <c>*</c> or an
    /// expression without a name.
    /// </summary>
    public static IReadOnlyList<(string Name, string Text, int End)>? Items(string sql)
    {
        var code = SqlText.Code(sql);
        var names = new List<(string, string, int)>();
        var (depth, start) = (0, -1);
        foreach (var token in Token().Matches(code).Select(m => (m.Index, Text: m.Value)))
        {
            depth += token.Text switch
            {
                "(" or "[" or "{" => 1,
                ")" or "]" or "}" => -1,
                _ => 0,
            };
            if (depth > 0)
            {
                continue;
            }

            if (start < 0)
            {
                start = token.Text.Equals("SELECT", StringComparison.OrdinalIgnoreCase) ? token.Index + token.Text.Length : -1;
            }
            else if (token.Text == "," || End().IsMatch(token.Text))
            {
                if (!Add(start, token.Index))
                {
                    return null;
                }

                if (token.Text != ",")
                {
                    return names;
                }

                start = token.Index + 1;
            }
        }

        return start >= 0 && Add(start, sql.Length) ? names : null;

        bool Add(int from, int to)
        {
            var name = Named().Match(code[from..to]);
            if (name.Success)
            {
                names.Add((name.Groups["name"].Value, sql[from..to], to));
            }

            return name.Success;
        }
    }

    [GeneratedRegex(@"\w+|[(){}\[\],]")]
    private static partial Regex Token();

    [GeneratedRegex("^(FROM|WHERE|GROUP|HAVING|ORDER|LIMIT|UNION|EXCEPT|INTERSECT|WINDOW|QUALIFY)$", RegexOptions.IgnoreCase)]
    private static partial Regex End();

    [GeneratedRegex(@"(?:^\s*(?:DISTINCT\s+)?(?:\w+\.)?|\bAS\s+)(?<name>[A-Za-z_]\w*)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Named();
}
