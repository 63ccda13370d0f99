using System.Globalization;

namespace EndToEnd.Tests;

/// <summary>Documents as no product sends them, the same for the same random numbers.</summary>
internal static class HostileDocuments
{
    private static readonly string[] s_texts =
    [
        "x\\u0000y",
        "\\ud83d",
        "\\ude00\\ud83d",
        "\\\\u0000",
        "\\ud83d\\ude00",
        "\\u001b[31m",
        "Zürich",
        "\\n",
        "",
        "=1+1",
        "\\\"",
        "O'Brien",
        "{landing}",
        "{x:String}",
        "NULL",
        "<b>",
        "😀",
    ];

    private static readonly string[] s_numbers =
    [
        "18446744073709551616",
        "-9223372036854775809",
        "1e400",
        "3000000000",
        "-0",
        "0.1",
        "1E+2",
        "NaN",
        "Infinity",
        "01",
        "null",
        "true",
        "[]",
        "{}",
        "\"7\"",
        new('9', 350),
    ];

    private static readonly string[] s_times =
    [
        "2026-01-31T23:59:59.9999999",
        "2026-02-01T00:30:00+02:00",
        "2026-01-31T23:30:00-11:00",
        "2026-02-28T10:00:00Z",
        "2026-02-30T10:00:00",
        "1899-12-31T23:59:59",
        "2300-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "infinity",
        "now",
        "2026",
        "1767225600",
        "2026-01-01 10:00:00",
        "2026-01-01T10:00",
        "0000-00-00T00:00:00",
        "2026-01-01T24:00:00",
        "2026-03-01T12:00:00,5",
        "",
    ];

    /// <summary>One of them.</summary>
    public static string Next(Random random) =>
        random.Next(12) switch
        {
            0 => new string('[', random.Next(1, 100_000)),
            1 => Nested(random.Next(1, 3_000)),
            2 => One(random)[..random.Next(1, 20)],
            3 => One(random).Replace("\"start_timestamp\"", "\"start\\u005ftimestamp\"", StringComparison.Ordinal),
            4 => $"[{One(random)}]",
            5 => One(random)[..^1] + $", \"start_timestamp\": \"{Pick(random, s_times)}\"}}",
            _ => One(random),
        };

    private static string One(Random random) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"id": {{Pick(random, s_numbers)}}, "action_name": "{{Pick(random, s_texts)}}", "start_timestamp": "{{Pick(random, s_times)}}", "cluster_id": {{Pick(random, s_numbers)}}, "x": {"{{Pick(random, s_texts)}}": "{{Pick(random, s_texts)}}"}, "end_timestamp": {{(random.Next(2) == 0 ? "null" : $"\"{Pick(random, s_times)}\"")}}}"""
        );

    private static string Nested(int levels) =>
        $$"""{"start_timestamp": "2026-01-01T10:00:00", "x": {{string.Concat(Enumerable.Repeat("{\"a\":[0,", levels))}}1{{string.Concat(Enumerable.Repeat("]}", levels))}}}""";

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
