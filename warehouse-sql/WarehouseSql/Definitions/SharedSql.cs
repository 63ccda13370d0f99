using System.Text.RegularExpressions;

namespace WarehouseSql.Definitions;

/// <summary>The SQL of reports and views, which is written once for ClickHouse and DuckDB.</summary>
public static partial class SharedSql
{
    /// <summary>
    /// The settings that give ClickHouse's answers the meaning that they have in DuckDB; views and reports run with them.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } =
        new Dictionary<string, string>
        {
            ["final"] = "1",
            // A key lies in one partition of a fact: each load sees to that.
            ["do_not_merge_across_partitions_select_final"] = "1",
            // Of several nodes the first one filters: a condition that reads a fact would be handed to a node, and ask only its share.
            ["allow_push_predicate_ast_for_distributed_subqueries"] = "0",
            ["join_use_nulls"] = "1",
            ["cast_keep_nullable"] = "1",
            ["aggregate_functions_null_for_empty"] = "1",
            // Whatever the server's zone is: now() and today() mean the same everywhere.
            ["session_timezone"] = "UTC",
            // A server that finds memory short for its threads runs a query on one of them, without a word.
            ["max_threads_min_free_memory_per_thread"] = "0",
        };

    // ClickHouse's functions of these names count and fold bytes, DuckDB's characters; or they give whole seconds.
    private static readonly Dictionary<string, string> Functions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["left"] = "leftUTF8",
        ["right"] = "rightUTF8",
        ["substring"] = "substringUTF8",
        ["substr"] = "substringUTF8",
        ["mid"] = "substringUTF8",
        ["lower"] = "lowerUTF8",
        ["lcase"] = "lowerUTF8",
        ["upper"] = "upperUTF8",
        ["ucase"] = "upperUTF8",
        ["reverse"] = "reverseUTF8",
        ["lpad"] = "leftPadUTF8",
        ["leftPad"] = "leftPadUTF8",
        ["rpad"] = "rightPadUTF8",
        ["rightPad"] = "rightPadUTF8",
        ["position"] = "positionUTF8",
        ["instr"] = "positionUTF8",
        // Of a text its characters, of a list its items: warehouse-sql/functions.
        ["length"] = "char_length_or_size",
        // Instants to the microsecond, as DuckDB's are.
        ["toStartOfDay"] = "start_of_day",
        ["date_trunc"] = "start_of_unit",
    };

    /// <summary>
    /// A statement as ClickHouse runs it, with the meaning that it has in DuckDB: texts are counted, cut and folded by characters, and
    /// instants have microseconds.
    /// </summary>
    /// <remarks>
    /// ClickHouse's DateTime has whole seconds. It takes <c>t &lt; </c> such a constant for <c>t &lt;= </c> the second before it where it
    /// leaves out partitions and parts of the key by it, and so misses rows of that second.
    /// </remarks>
    public static string ToClickHouse(string sql)
    {
        sql = Instant().Replace(sql, m => $"{{{m.Groups["name"].Value}:{Micros}}}");
        foreach (var cast in Cast().Matches(SqlText.Code(sql)).Reverse())
        {
            var type = cast.Groups["type"];
            sql = $"{sql.AsSpan(0, type.Index)}{Micros}{sql.AsSpan(type.Index + type.Length)}";
        }

        // TIMESTAMP '2026-01-31 12:00:00': ClickHouse's has whole seconds too.
        foreach (
            var word in Literal()
                .Matches(SqlText.Code(sql))
                .Where(w => sql.AsSpan(w.Index + w.Length).TrimStart().StartsWith("'"))
                .Reverse()
        )
        {
            var text = sql.IndexOf('\'', word.Index + word.Length);
            var end = sql.IndexOf('\'', text + 1) + 1;
            sql = end > 0 ? $"{sql.AsSpan(0, word.Index)}toDateTime64({sql.AsSpan(text, end - text)}, 6, 'UTC'){sql.AsSpan(end)}" : sql;
        }

        // A day and INTERVAL 12 HOUR make one of whole seconds too. One sum may stand in another: what is put in is found before any is.
        var code = SqlText.Code(sql);
        var put = Sum()
            .Matches(code)
            .SelectMany(s => new[] { (At: StartOf(code, s.Index), Text: "toDateTime64("), (At: s.Index + 1, Text: ", 6, 'UTC')") });
        foreach (var (at, text) in put.OrderByDescending(p => p.At))
        {
            sql = sql.Insert(at, text);
        }

        // From the last call to the first: what stands in brackets is done before them.
        foreach (var call in Call().Matches(SqlText.Code(sql)).Reverse())
        {
            var name = call.Groups["name"];
            if (Functions.TryGetValue(name.Value, out var function))
            {
                var (open, end) = (call.Index + call.Length, sql.Length);
                var arguments = Arguments(name.Value, sql[open..], ref end);
                sql = $"{sql.AsSpan(0, name.Index)}{function}({arguments}{sql.AsSpan(end)}";
            }
        }

        return sql;
    }

    // Where the parameter or the call begins that ends here.
    private static int StartOf(string code, int end)
    {
        var depth = 0;
        var at = end;
        do
        {
            depth +=
                code[at] is ')' or '}' ? 1
                : code[at] is '(' or '{' ? -1
                : 0;
        } while (depth > 0 && --at >= 0);

        while (at > 0 && (char.IsLetterOrDigit(code[at - 1]) || code[at - 1] == '_'))
        {
            at--;
        }

        return Math.Max(at, 0);
    }

    // substring(a FROM 1 FOR 2) and position(a IN b) are spelled out: the functions that replace them know no such form.
    private static string Arguments(string function, string rest, ref int end)
    {
        var code = SqlText.Code(rest);
        var depth = 0;
        var close = 0;
        var words = new List<Match>();
        var word = Word().Match(code);
        for (; close < code.Length && (depth > 0 || code[close] != ')'); close++)
        {
            depth +=
                code[close] is '(' or '[' ? 1
                : code[close] is ')' or ']' ? -1
                : 0;
            while (word.Success && word.Index < close)
            {
                word = word.NextMatch();
            }

            if (depth == 0 && word.Success && word.Index == close)
            {
                words.Add(word);
            }
        }

        end = end - rest.Length + close;
        var text = rest[..close];
        if (function.StartsWith("sub", StringComparison.OrdinalIgnoreCase))
        {
            return words
                .Where(w => !w.Value.Equals("IN", StringComparison.OrdinalIgnoreCase))
                .Reverse()
                .Aggregate(text, (t, w) => $"{t[..w.Index].TrimEnd()},{t[(w.Index + w.Length)..]}");
        }

        return
            function.Equals("position", StringComparison.OrdinalIgnoreCase)
            && words.Find(w => w.Value.Equals("IN", StringComparison.OrdinalIgnoreCase)) is { } named
            ? $"{text[(named.Index + 2)..].Trim()}, {text[..named.Index].Trim()}"
            : text;
    }

    private const string Micros = "DateTime64(6, 'UTC')";

    [GeneratedRegex(@"\{\s*(?<name>\w+)\s*:\s*DateTime\s*(\('UTC'\))?\s*\}")]
    private static partial Regex Instant();

    [GeneratedRegex(@"(?<![\w.$])TIMESTAMP(?=\s)", RegexOptions.IgnoreCase)]
    private static partial Regex Literal();

    // The end of a parameter or a call to which hours, minutes or seconds are added. A quoted '12 hours' is seen as quotes alone.
    [GeneratedRegex(
        @"[})](?=\s*[+-]\s*INTERVAL\s*('+(?!\s*(DAY|WEEK|MONTH|QUARTER|YEAR)S?\b)|(\d+|\{[^{}]*\}|\([^()]*\)|[A-Za-z_]\w*)\s*(HOUR|MINUTE|SECOND)S?\b))",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Sum();

    // What is cast may hold brackets, three deep.
    [GeneratedRegex(
        @"\bCAST\s*\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*?\bAS\s+(?<type>TIMESTAMP|DATETIME)\s*\)|::\s*(?<type>TIMESTAMP|DATETIME)\b",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Cast();

    [GeneratedRegex(@"(?<![\w.$])(?<name>[A-Za-z_]+)\s*\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"\b(FROM|FOR|IN)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Word();
}
