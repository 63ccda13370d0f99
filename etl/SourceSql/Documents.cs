using System.Text.RegularExpressions;

namespace SourceSql;

/// <summary>
/// What SQL that people write for the source can say of documents that sites sent, without one of them ever failing the statement.
/// </summary>
/// <remarks>
/// PostgreSQL takes documents into json that it fails over later: escapes that stand for no character (\u0000, half of a surrogate pair)
/// once a value is taken out, a hundred thousand nested lists at once, also in pg_input_is_valid(). A replica can have no functions of
/// ours, so these are written out into the statement.
/// </remarks>
internal static partial class Documents
{
    // PostgreSQL's parser needs a few hundred bytes of its stack (2 MB by default) for each level.
    private const int DeepestLevel = 1_000;

    /// <summary>The statement, or part of one, in PostgreSQL's own SQL.</summary>
    /// <param name="sql">
    /// It may say <c>document(column)</c>: the column's text as json; NULL where it is none, holds an escape that stands for no character,
    /// or is nested deeper than 1,000 levels. And <c>document_time(column, 'key')</c>: the time (UTC) that the text under that key is,
    /// where there is no doubt which one that is, else NULL.
    /// </param>
    public static string Expand(string sql) =>
        Document()
            .Replace(
                Time().Replace(sql, m => TimeOf(m.Groups["column"].Value, m.Groups["key"].Value)),
                m => DocumentOf(m.Groups["column"].Value)
            );

    // Without escaped backslashes, each \u that is left begins an escape.
    private static string DocumentOf(string column) =>
        $$"""
            (SELECT CASE WHEN
              CASE WHEN strpos(x, '\u') = 0 THEN TRUE ELSE
                replace(x, '\\', '') !~ '\\u0000|\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]' END
              AND CASE WHEN length(x) - length(translate(x, '[{', '')) <= {{DeepestLevel}} THEN TRUE ELSE (
                SELECT max(level) <= {{DeepestLevel}} FROM (
                  SELECT sum(CASE WHEN m[1] IN ('[', '{') THEN 1 ELSE -1 END) OVER (ORDER BY n) AS level
                  FROM regexp_matches(regexp_replace(x, '"(?:[^"\\]|\\.)*"', '', 'g'), '[][{}]', 'g') WITH ORDINALITY AS r (m, n)) AS levels) END
              THEN CASE WHEN pg_input_is_valid(x, 'json') THEN x::json END END
            FROM (SELECT {{column}}::text AS x OFFSET 0) AS given)
            """;

    // A key that stands there twice, or that may be spelled with escapes, leaves a doubt; so does a time that isn't written as ISO 8601
    // says. A pattern that takes the whole document apart costs six times as much: what is left of the text behind the key is short, and
    // the pattern has nothing to remember.
    private static string TimeOf(string column, string key)
    {
        // In a pattern of LIKE, '_' would be any character.
        var literal = key.Replace("_", @"\_", StringComparison.Ordinal);
        return $$"""
            (SELECT CASE WHEN pg_input_is_valid(t, 'timestamptz') THEN t::timestamptz AT TIME ZONE 'UTC' END
            FROM (
              SELECT CASE WHEN v ~ ('^\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d'
                '(?:[.,]\d+)?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?$')
                THEN left(v, 10) || ' ' || substr(v, 12, 8)
                  || coalesce(nullif(nullif(ltrim(substr(v, 20), '.,0123456789'), 'Z'), ''), '+00') END AS t
              FROM (
                SELECT CASE WHEN btrim(split_part(rest, '"', 1), E' \t\n\r') = ':'
                  AND substr(rest, length(split_part(rest, '"', 1)) + length(split_part(rest, '"', 2)) + 2, 1) = '"'
                  THEN split_part(rest, '"', 2) END AS v
                FROM (
                  SELECT CASE WHEN strpos(x, '\u') = 0 AND x NOT LIKE '%"{{literal}}"%"{{literal}}"%'
                    THEN substr(x, nullif(strpos(x, '"{{key}}"'), 0) + length('"{{key}}"'), 100) END AS rest
                  FROM (SELECT {{column}}::text AS x OFFSET 0) AS given OFFSET 0) AS found OFFSET 0) AS told OFFSET 0) AS written)
            """;
    }

    [GeneratedRegex(@"\bdocument_time\(\s*(?<column>[\w.""]+)\s*,\s*'(?<key>\w+)'\s*\)")]
    private static partial Regex Time();

    [GeneratedRegex(@"\bdocument\(\s*(?<column>[\w.""]+)\s*\)")]
    private static partial Regex Document();
}
