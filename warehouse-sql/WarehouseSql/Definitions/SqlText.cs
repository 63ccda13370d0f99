namespace WarehouseSql.Definitions;

/// <summary>The little of SQL's lexical rules that both engines share.</summary>
public static class SqlText
{
    /// <summary>
    /// Where <paramref name="sql"/> goes on after the quoted text or comment that begins at <paramref name="position"/>;
    /// <paramref name="position"/> itself where none begins there.
    /// </summary>
    public static int SkipQuotedOrComment(string sql, int position, out bool isComment)
    {
        isComment = false;
        var c = sql[position];
        if (c is '\'' or '"' or '`')
        {
            return EndOfQuoted(sql, position);
        }

        if (c == '-' && sql.AsSpan(position).StartsWith("--", StringComparison.Ordinal))
        {
            isComment = true;
            var end = sql.IndexOf('\n', position);
            return end < 0 ? sql.Length : end;
        }

        if (c == '/' && sql.AsSpan(position).StartsWith("/*", StringComparison.Ordinal))
        {
            isComment = true;
            var end = sql.IndexOf("*/", position + 2, StringComparison.Ordinal);
            return end < 0 ? sql.Length : end + 2;
        }

        return position;
    }

    /// <summary>
    /// The SQL in its own length, with blanks in place of comments, and quotes in place of quoted texts: what is left is code.
    /// </summary>
    public static string Code(string sql)
    {
        var code = sql.ToCharArray();
        for (var i = 0; i < sql.Length; )
        {
            var next = SkipQuotedOrComment(sql, i, out var isComment);
            for (var c = i; c < next; c++)
            {
                code[c] =
                    !isComment ? '\''
                    : sql[c] == '\n' ? '\n'
                    : ' ';
            }

            i = Math.Max(next, i + 1);
        }

        return new string(code);
    }

    /// <summary>A text as ClickHouse's SQL writes it.</summary>
    public static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    // A quote is doubled or escaped by a backslash inside its text.
    private static int EndOfQuoted(string sql, int position)
    {
        var quote = sql[position];
        for (var i = position + 1; i < sql.Length; i++)
        {
            if (sql[i] == '\\')
            {
                i++;
            }
            else if (sql[i] == quote)
            {
                return i + 1;
            }
        }

        return sql.Length;
    }
}
