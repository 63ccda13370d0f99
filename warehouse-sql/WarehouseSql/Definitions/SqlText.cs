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

    /// <summary>Whether <paramref name="name"/> is a word of <paramref name="sql"/>: certain where it is not, while quoted texts and comments count too.</summary>
    public static bool Mentions(string sql, string name)
    {
        static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
        for (var i = sql.IndexOf(name, StringComparison.Ordinal); i >= 0; i = sql.IndexOf(name, i + 1, StringComparison.Ordinal))
        {
            var end = i + name.Length;
            if ((i == 0 || !IsWord(sql[i - 1])) && (end == sql.Length || !IsWord(sql[end])))
            {
                return true;
            }
        }

        return false;
    }

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
