namespace WarehouseSql.Definitions;

/// <summary>One statement of a script and the 1-based line it begins on.</summary>
public readonly record struct SqlStatement(string Sql, int Line);

/// <summary>Splits scripts at the semicolons that end statements.</summary>
public static class SqlStatements
{
    /// <summary>
    /// The statements of <paramref name="script"/>; semicolons in quotes and comments don't count, and pieces of comments alone are left
    /// out.
    /// </summary>
    public static IReadOnlyList<SqlStatement> Split(string script)
    {
        var statements = new List<SqlStatement>();
        var start = 0;
        var first = -1; // where the statement's first word begins
        for (var i = 0; i < script.Length; )
        {
            var next = SqlText.SkipQuotedOrComment(script, i, out var isComment);
            if (next == i)
            {
                if (script[i] == ';')
                {
                    Add(i);
                    start = i + 1;
                    first = -1;
                }
                else if (first < 0 && !char.IsWhiteSpace(script[i]))
                {
                    first = i;
                }

                next = i + 1;
            }
            else if (!isComment && first < 0)
            {
                first = i;
            }

            i = next;
        }

        Add(script.Length);
        return statements;

        void Add(int end)
        {
            if (first >= 0)
            {
                statements.Add(new SqlStatement(script[start..end].Trim(), script.AsSpan(0, first).Count('\n') + 1));
            }
        }
    }
}
