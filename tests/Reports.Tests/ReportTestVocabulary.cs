using System.Text.RegularExpressions;
using Reports.Definitions;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;
using Xunit.Sdk;

namespace Reports.Tests;

/// <summary>
/// What each function of <c>warehouse-sql/functions</c> returns, over rows with NULLs and over none, and which rows the views of latest
/// states hold: the same on whichever engine.
/// </summary>
public static partial class ReportTestVocabulary
{
    // A leap day on a Thursday with a fraction of a second, a Sunday that begins a year, and nothing at all.
    private const string Given = """
            fuel_action:
              - {installation_uid: a, operation_id: 1, duration_s: 1, status: ready, action_name: '9.0.1', started_at: 2024-02-29 13:14:15.5, ended_at: 2024-02-29 13:14:17}
              - {installation_uid: a, operation_id: 2, duration_s: 2, status: error, action_name: '10', started_at: 2023-01-01}
              - {installation_uid: a, operation_id: 3, duration_s: 4, status: ready, action_name: mitaka-9.0, started_at: 2024-02-29 23:59:59.999999}
              - {installation_uid: b, operation_id: 4}
            fuel_installation:
              - {installation_uid: a, feature_groups: [advanced, experimental]}
              - {installation_uid: b}
              - {installation_uid: newer-without-any, reported_at: 2026-01-02}
              - {installation_uid: filtered, reported_at: 2026-01-01, is_filtered: true}
        """;

    // What each of the facts about a part of a state holds.
    private const string Parts = """
              - {installation_uid: a, environment_id: 1}
              - {installation_uid: newer-without-any, reported_at: 2026-01-01, environment_id: 1}
              - {installation_uid: filtered, reported_at: 2026-01-01, environment_id: 1}
              - {installation_uid: filtered-itself, reported_at: 2026-01-01, environment_id: 1, is_filtered: true}
              - {installation_uid: two-states, reported_at: 2026-01-01, environment_id: 1}
              - {installation_uid: two-states, reported_at: 2026-01-02, environment_id: 1}
        """;

    // Function, what it stands in, and its values over the rows above; an aggregate's value over no row comes after the slash.
    private static readonly (string Expression, string Values)[] Aggregates =
    [
        ("p50(duration_s)", "2 / null"),
        ("p90(duration_s)", "3.6 / null"),
        ("p99(duration_s)", "3.96 / null"),
        ("p50(operation_id)", "2.5 / null"),
        ("uniqExact(status)", "2 / 0"),
        ("uniqExact(installation_uid)", "2 / 0"),
        ("uniqExactIf(installation_uid, duration_s > 1)", "1 / 0"),
        ("uniqExactIf(installation_uid, duration_s > 100)", "0 / 0"),
        ("countIf(duration_s > 1)", "2 / 0"),
        ("countIf(status IS NULL)", "1 / 0"),
        ("sumIf(duration_s, status = 'ready')", "5 / null"),
        ("sumIf(duration_s, status = 'none')", "null / null"),
        ("sumIf(operation_id, duration_s > 1)", "5 / null"),
        ("avgIf(duration_s, status = 'ready')", "2.5 / null"),
        ("avgIf(duration_s, status = 'none')", "null / null"),
        ("minIf(duration_s, status = 'ready')", "1 / null"),
        ("minIf(started_at, status = 'ready')", "2024-02-29 13:14:15.5 / null"),
        ("maxIf(duration_s, status = 'ready')", "4 / null"),
        ("maxIf(duration_s, status = 'none')", "null / null"),
        ("count()", "4 / 0"),
        ("count_before(in_order(started_at, operation_id), status = 'error', status = 'ready')", "1 / null"),
        ("count_before(operation_id, status = 'error', status = 'ready')", "0 / null"),
        ("count_before(-operation_id, status IS NULL OR status = 'ready', status = 'error')", "2 / null"),
        ("count_before(operation_id, duration_s > 1, status = 'none')", "null / null"),
        ("count_before(operation_id, status = 'none', status = 'error')", "0 / null"),
        ("count_before(operation_id, status = 'ready', status = 'ready')", "0 / null"),
        (
            "CAST(max(in_order(started_at, operation_id)) - min(in_order(ended_at, -operation_id)) AS VARCHAR)",
            "'166399917944633032708' / null"
        ),
        ("sum(duration_s)", "7 / null"),
        ("max(started_at)", "2024-02-29 23:59:59.999999 / null"),
    ];

    private static readonly (string Expression, string Values)[] Scalars =
    [
        ("release_xy(action_name)", "'9.0'; '10'; null; null"),
        ("release_xyz(action_name)", "'9.0.1'; '10'; null; null"),
        ("release_xyz(action_name || '.7rc1')", "'9.0.1'; '10.7'; null; null"),
        (
            "version_order(action_name)",
            "'000000000009.000000000000.000000000001'; '000000000010'; '0000mitaka-9.000000000000'; '000000000000'"
        ),
        ("toDate(started_at)", "2024-02-29; 2023-01-01; 2024-02-29; null"),
        ("toStartOfDay(started_at)", "2024-02-29 00:00; 2023-01-01 00:00; 2024-02-29 00:00; null"),
        ("date_trunc('hour', started_at)", "2024-02-29 13:00; 2023-01-01 00:00; 2024-02-29 23:00; null"),
        ("date_trunc('month', started_at)", "2024-02-01 00:00; 2023-01-01 00:00; 2024-02-01 00:00; null"),
        ("CAST(started_at AS TIMESTAMP)", "2024-02-29 13:14:15.5; 2023-01-01 00:00; 2024-02-29 23:59:59.999999; null"),
        ("CAST(coalesce(ended_at, (started_at)) AS DateTime)", "2024-02-29 13:14:17; 2023-01-01 00:00; 2024-02-29 23:59:59.999999; null"),
        ("started_at::timestamp", "2024-02-29 13:14:15.5; 2023-01-01 00:00; 2024-02-29 23:59:59.999999; null"),
        ("TIMESTAMP '2026-01-31 12:00:00'", "2026-01-31 12:00; 2026-01-31 12:00; 2026-01-31 12:00; 2026-01-31 12:00"),
        ("start_of_day(started_at)", "2024-02-29 00:00; 2023-01-01 00:00; 2024-02-29 00:00; null"),
        ("start_of_unit('minute', started_at)", "2024-02-29 13:14; 2023-01-01 00:00; 2024-02-29 23:59; null"),
        ("toMonday(started_at)", "2024-02-26; 2022-12-26; 2024-02-26; null"),
        ("toStartOfMonth(started_at)", "2024-02-01; 2023-01-01; 2024-02-01; null"),
        ("toStartOfYear(started_at)", "2024-01-01; 2023-01-01; 2024-01-01; null"),
        ("dateDiff('day', toDate(started_at), toDate('2024-03-01'))", "1; 425; 1; null"),
        ("addMonths(toStartOfMonth(started_at), operation_id)", "2024-03-01; 2023-03-01; 2024-05-01; null"),
        ("addMonths(toDate(started_at), 12)", "2025-02-28; 2024-01-01; 2025-02-28; null"),
        ("if(utc_now() > started_at, 'past', 'none')", "past; past; past; none"),
        ("if(duration_s > 1, 'long', 'short')", "short; long; long; short"),
        ("seconds_between(started_at, ended_at)", "1.5; null; null; null"),
        (
            "CAST(seconds_within(started_at, ended_at, CAST('2024-02-29 13:14:16' AS TIMESTAMP), CAST('2024-03-01' AS TIMESTAMP)) AS BIGINT)",
            "1; null; null; null"
        ),
        (
            "CAST(seconds_within(started_at, CAST('2024-03-01 00:00:09' AS TIMESTAMP), CAST('2024-02-29 23:59:50' AS TIMESTAMP), CAST('2024-03-01' AS TIMESTAMP)) AS BIGINT)",
            "10; 10; 1; null"
        ),
        (
            "CAST(seconds_within(started_at, CAST('2024-03-01' AS TIMESTAMP), CAST('2024-03-01' AS TIMESTAMP), CAST('2024-03-02' AS TIMESTAMP)) AS BIGINT)",
            "0; 0; 0; null"
        ),
        ("ifNull(status, 'none')", "ready; error; ready; none"),
        ("installation_uid || status", "aready; aerror; aready; null"),
        ("splitByChar('.', ifNull(action_name, ''))", "['9', '0', '1']; ['10']; [mitaka-9, '0']; ['']"),
    ];

    private static readonly (string Expression, string Values)[] Lists =
    [
        ("arrayStringConcat(feature_groups, '+')", "advanced+experimental; ''"),
        ("if(has(feature_groups, 'advanced'), 'yes', 'no')", "yes; no"),
    ];

    // Of a text of letters that UTF-8 writes in one to four bytes.
    private static readonly (string Expression, string Values)[] Characters =
    [
        ("left(text, 2)", "Zü"),
        ("LEFT (text, 9)", "Zürich 東京"),
        ("right(text, 3)", "京 🙂"),
        ("substring(text, 2, 1)", "ü"),
        ("substring(text FROM 8 FOR 2)", "東京"),
        ("substr(text, 9)", "京 🙂"),
        ("length(text)", "11"),
        ("length(text || left(text, length('é')))", "12"),
        ("lower(upper(text))", "zürich 東京 🙂"),
        ("upper(substring(text, 1, 3))", "ZÜR"),
        ("reverse(left(text, 3))", "rüZ"),
        ("position('東' IN text)", "8"),
        ("position(left('東京', 1) IN text || '(')", "8"),
        ("instr(text, '🙂')", "11"),
        ("lpad(left(text, 2), 4, 'é')", "ééZü"),
        ("rpad(left(text, 2), 3, 'é')", "Züé"),
        ("length(['ü', 'b'])", "2"),
        ("length(nullif(text, text))", "null"),
        ("char_length_or_size(text)", "11"),
        ("'left(text)' || \"left\"", "left(text)x"),
    ];

    private static readonly string[] PartViews = ["fuel_environment_current", "fuel_node_current", "fuel_plugin_current"];

    /// <summary>Every case: what it shows, its SELECT, and the rows expected as a list in YAML.</summary>
    public static IEnumerable<TheoryDataRow<string, string>> All()
    {
        foreach (var (expression, values) in Aggregates)
        {
            var parts = values.Split(" / ");
            yield return Case($"SELECT {expression} AS value FROM fuel_action", parts[0]);
            yield return Case($"SELECT {expression} AS value FROM fuel_action WHERE operation_id > 100", parts[1]);
        }

        foreach (var (expression, values) in Scalars)
        {
            yield return Case($"SELECT {expression} AS value FROM fuel_action ORDER BY operation_id", values);
        }

        foreach (var (expression, values) in Lists)
        {
            yield return Case(
                $"SELECT {expression} AS value FROM fuel_installation WHERE installation_uid IN ('a', 'b') ORDER BY installation_uid",
                values
            );
        }

        yield return Case(
            "SELECT value FROM (SELECT installation_uid, arrayJoin(feature_groups) AS value FROM fuel_installation) AS listed ORDER BY installation_uid, value",
            "advanced; experimental"
        );

        foreach (var (expression, value) in Characters)
        {
            yield return Case($"SELECT {expression} AS value FROM (SELECT 'Zürich 東京 🙂' AS text, 'x' AS \"left\") AS t", value);
        }

        yield return Case("SELECT packed(text) AS value FROM (SELECT 'a b|c%20%' AS text) AS t", "'a%20b%7Cc%2520%25'");
        yield return Case("SELECT unpacked(packed(text)) AS value FROM (SELECT 'a b|c%20%|%00' AS text) AS t", "'a b|c%20%|%00'");
        yield return Case("SELECT coalesce(unpacked(packed(nullIf(text, 'x'))), 'none') AS value FROM (SELECT 'x' AS text) AS t", "none");
        yield return Case("SELECT packed_list(packed(status), -operation_id) AS value FROM fuel_action", "'%00|ready|error|ready'");
        yield return Case(
            "SELECT length(feature_groups) + length(installation_uid) AS value FROM fuel_installation WHERE installation_uid IN ('a', 'b') ORDER BY installation_uid",
            "3; 1"
        );

        foreach (var view in PartViews)
        {
            yield return Case($"SELECT toDate(reported_at) AS value FROM {view} ORDER BY installation_uid", "1970-01-01; 2026-01-02");
        }

        yield return Case(
            "SELECT value FROM (SELECT arrayJoin(feature_groups) AS value FROM fuel_installation) AS item ORDER BY value",
            "advanced; experimental"
        );
        yield return Case(
            "SELECT installation_uid AS value FROM fuel_installation_current ORDER BY installation_uid",
            "a; b; newer-without-any"
        );
        yield return Case("SELECT installation_uid AS value FROM fuel_installation_filtered", "filtered");
        yield return Case(
            "SELECT count() AS value FROM (SELECT 1 AS n FROM fuel_action SETTINGS max_threads = 1, totals_mode = 'after_having_inclusive') AS a SETTINGS max_threads = 1",
            "4"
        );
    }

    /// <summary>Runs a case on an engine.</summary>
    public static async Task CheckAsync(string sql, string expect, IReportTestEngine engine, SchemaSnapshot schema, CancellationToken token)
    {
        var parts = PartViews.Select(v => $"    {v.Replace("_current", "", StringComparison.Ordinal)}:\n{Parts}\n");
        var test = ReportTestFile
            .Parse("vocabulary", $"- case: {Quoted(sql)}\n  given:\n{Given}\n{string.Concat(parts)}  expect: {expect}\n")
            .Single();
        var report = new ReportDefinition
        {
            Name = "test/function",
            Title = "",
            Asks = "",
            File = new SqlFile("functions", "", 1, sql, 1),
        };
        var result = await engine.RunAsync(test.ToRun(report, schema), token);
        var difference = ReportTestDifference.Of(test, result);
        if (difference.Length > 0)
        {
            throw new XunitException($"{sql}\n{difference}");
        }
    }

    /// <summary>The functions that a file of <c>warehouse-sql/functions</c> makes.</summary>
    public static IReadOnlyList<string> NamesIn(string file) =>
        [
            .. Creation()
                .Matches(File.ReadAllText(Project.Here.PathOf("warehouse-sql", "functions", file)))
                .Select(m => m.Groups["name"].Value),
        ];

    private static TheoryDataRow<string, string> Case(string sql, string values) =>
        new(sql, $"[{string.Join(", ", values.Split("; ").Select(v => $"{{value: {v}}}"))}]") { TestDisplayName = sql, Label = "" };

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^CREATE OR REPLACE (FUNCTION|MACRO) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Creation();
}
