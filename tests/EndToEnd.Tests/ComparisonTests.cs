using System.Globalization;
using System.Text.Json;
using Reports;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// What stands beside a report's figures with <c>compare</c> is what the same report says of the earlier period, asked by itself; and what
/// forms suggest is what there is.
/// </summary>
public sealed class ComparisonTests(EnginesFixture fixture)
{
    // Days of the generated data: a week and the one before, two months, and a year in which there was nothing.
    private static readonly (string From, string To, string Kind)[] s_periods =
    [
        ("2026-09-22", "2026-09-29", "previous"),
        ("2026-09-01", "2026-10-01", "previous"),
        ("2026-09-24", "2026-10-01", "year"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Compare_EachReportOfAPeriod_SaysWhatTheEarlierPeriodsOwnRunSays()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.FillSystemsAsync();
        foreach (var extract in Project.Here.Extracts())
        {
            await pipeline.LoadAsync(extract.Name);
        }

        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        var (met, gone) = (0, 0);
        foreach (var report in Project.Here.Reports().Values.Where(r => r.TakesCompare))
        {
            foreach (var (from, to, kind) in s_periods)
            {
                var (found, left) = await AssertComparedAsync(runner, report, from, to, kind);
                (met, gone) = (met + found, gone + left);
            }
        }

        // The test of the test: rows met their earlier selves, and others were there only earlier.
        Assert.InRange(met, 200, int.MaxValue);
        Assert.InRange(gone, 20, int.MaxValue);
        await AssertSuggestionsAsync(runner);
    }

    // Reports that can't be compared, and why not; one that can.
    private static readonly (string Sql, string Expected)[] s_samples =
    [
        (
            "SELECT 'a' AS name, day_number AS n FROM (SELECT arrayJoin([1, 2]) AS day_number) AS d WHERE {from:Date} < {to:Date} ORDER BY n",
            "several rows of this report have the same name, so it can't be compared"
        ),
        (
            "SELECT arrayJoin([1, 2]) AS n WHERE {from:Date} < {to:Date} ORDER BY n",
            "this report has several rows, and no column of texts or days that tells them apart, so it can't be compared"
        ),
        ("SELECT 'a' AS name WHERE {from:Date} < {to:Date}", "it has no figure that could be compared with an earlier period's"),
        ("SELECT 1 AS n WHERE {from:Date} < {to:Date}", ""),
    ];

    [Fact]
    public async Task Compare_OddReports_MatchesWhatBothPeriodsHaveOrSaysWhyNot()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        // Months of unequal length: 29 January has no counterpart in February.
        var rows = await ComparedAsync(
            runner,
            "SELECT {from:Date} + number AS day, toInt32(number) AS n FROM numbers(31) WHERE {from:Date} + number < {to:Date} ORDER BY day DESC"
        );
        Assert.Equal(31, rows.Count);
        Assert.Equal(["2026-02-28 27 27 0", "2026-02-27 26 26 0"], rows.Take(2));
        Assert.Equal(["2026-01-29  28 ", "2026-01-30  29 ", "2026-01-31  30 "], rows.Skip(28));

        foreach (var (sql, expected) in s_samples)
        {
            if (expected.Length == 0)
            {
                Assert.Equal(["1 1 0"], await ComparedAsync(runner, sql));
                continue;
            }

            var fault = await Assert.ThrowsAsync<ReportException>(() => ComparedAsync(runner, sql));
            Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<List<string>> ComparedAsync(ReportRunner runner, string sql)
    {
        var given = new Dictionary<string, string>
        {
            ["from"] = "2026-02-01",
            ["to"] = "2026-03-01",
            ["compare"] = "previous",
        };
        var table = new TableSink(100);
        await runner.RunAsync(runner.Prepare(Sample(sql), given, await runner.LoadsAsync(Token)), 100, [table], Token);
        return [.. table.Rows.Select(r => string.Join(' ', r.Select(c => c.ToString())))];
    }

    private static ReportDefinition Sample(string sql) =>
        ReportDefinition.Parse(
            "/x/reports/definitions/fuel/sample.sql",
            $"""
            /*---
            title: A sample
            asks: What is it?
            params:
              from: {"{"}type: Date, default: '2026-09-01', is: its first day{"}"}
              to: {"{"}type: Date, default: '2026-10-01', is: the day after its last{"}"}
            ---*/
            {sql}
            """
        );

    private static async Task AssertSuggestionsAsync(ReportRunner runner)
    {
        foreach (var report in Project.Here.Reports().Values)
        {
            var bound = report.Bind(new Dictionary<string, string>(), TimeProvider.System);
            foreach (var parameter in report.Parameters.Where(p => p.Suggest is not null))
            {
                Assert.True((await runner.ValuesAsync(parameter.Suggest!, Token, bound)).Count > 0, $"{report.Name}: {parameter.Name}");
            }
        }

        // Projects are those of the institution that is chosen.
        var project = Project.Here.Report("openstack/usage-by-project");
        var suggest = project.Find("project")!.Suggest!;
        var all = await runner.ValuesAsync(suggest, Token, project.Bind(new Dictionary<string, string>(), TimeProvider.System));
        var nobodys = new Dictionary<string, string> { ["institution"] = "nobody" };
        Assert.NotEmpty(all);
        Assert.Empty(await runner.ValuesAsync(suggest, Token, project.Bind(nobodys, TimeProvider.System)));
    }

    private static async Task<(int Met, int Gone)> AssertComparedAsync(
        ReportRunner runner,
        ReportDefinition report,
        string from,
        string to,
        string kind
    )
    {
        var comparison = Comparison.Of(kind, Day(from), Day(to));
        var (columns, plain) = await RunAsync(runner, report, from, to, null);
        var (_, earlier) = await RunAsync(runner, report, Text(comparison.From), Text(comparison.To), null);
        var (names, compared) = await RunAsync(runner, report, from, to, kind);
        var where = $"{report.Name} {from} {kind}";
        var figures = columns.Where(c => names.Contains(c + Comparison.Before)).ToList();
        var keys = columns.Except(figures).ToList();
        Assert.NotEmpty(figures);
        Assert.Equal(
            columns.SelectMany(c => figures.Contains(c) ? [c, c + Comparison.Before, c + Comparison.Change] : (string[])[c]),
            names
        );

        var byKey = earlier.ToDictionary(r => KeyOf(r, keys, columns, comparison), r => r);
        foreach (var (now, beside) in plain.Zip(compared))
        {
            var then = byKey.GetValueOrDefault(KeyOf(now, keys, columns, null));
            foreach (var column in columns)
            {
                Assert.True(Same(At(now, columns, column), At(beside, names, column)), $"{where}: {column}");
            }

            foreach (var figure in figures)
            {
                AssertBeside(At(now, columns, figure), then is null ? null : At(then, columns, figure), beside, names, figure, where);
            }
        }

        var kept = plain.Select(r => KeyOf(r, keys, columns, null)).ToHashSet();
        Assert.Equal(
            byKey.Keys.Where(k => !kept.Contains(k)).Order(StringComparer.Ordinal),
            compared.Skip(plain.Count).Select(r => KeyOf(r, keys, names, null)).Order(StringComparer.Ordinal)
        );
        return (byKey.Keys.Count(kept.Contains), byKey.Keys.Count(k => !kept.Contains(k)));
    }

    private static void AssertBeside(
        JsonElement now,
        JsonElement? then,
        JsonElement[] beside,
        IReadOnlyList<string> names,
        string figure,
        string where
    )
    {
        var before = At(beside, names, figure + Comparison.Before);
        var change = At(beside, names, figure + Comparison.Change);
        if (then is not { ValueKind: JsonValueKind.Number } was || now.ValueKind != JsonValueKind.Number)
        {
            Assert.True(Same(then ?? default, before), $"{where}: {figure}");
            Assert.Equal(JsonValueKind.Null, change.ValueKind);
            return;
        }

        Assert.True(Same(was, before), $"{where}: {figure}");
        var (a, b) = (now.GetDouble(), was.GetDouble());
        // A share's change is a difference, others' a part of the earlier value, which there is none of nothing.
        double? expected =
            change.ValueKind == JsonValueKind.Null ? null
            : Math.Abs(change.GetDouble() - (a - b)) < 1e-9 ? a - b
            : (a - b) / Math.Abs(b);
        Assert.True(expected is { } e ? Math.Abs(e - change.GetDouble()) < 1e-6 : b == 0, $"{where}: {figure} {a} {b} {change}");
    }

    private static async Task<(IReadOnlyList<string> Columns, IReadOnlyList<JsonElement[]> Rows)> RunAsync(
        ReportRunner runner,
        ReportDefinition report,
        string from,
        string to,
        string? kind
    )
    {
        var given = new Dictionary<string, string> { ["from"] = from, ["to"] = to };
        if (kind is not null)
        {
            given["compare"] = kind;
        }

        var table = new TableSink(100_000);
        await runner.RunAsync(runner.Prepare(report, given, await runner.LoadsAsync(Token)), 100_000, [table], Token);
        return ([.. table.Columns.Select(c => c.Name)], table.Rows);
    }

    // An earlier day is matched with the later one of the same place in the period.
    private static string KeyOf(JsonElement[] row, List<string> keys, IReadOnlyList<string> columns, Comparison? comparison) =>
        string.Join('|', keys.Select(k => Shifted(At(row, columns, k).ToString(), comparison)));

    private static string Shifted(string value, Comparison? comparison)
    {
        if (comparison is null || value.Length < 10 || !DateOnly.TryParseExact(value[..10], "yyyy-MM-dd", out var day))
        {
            return value;
        }

        // 31 August has no counterpart in September, and stays itself.
        var later = comparison.Months > 0 ? day.AddMonths(comparison.Months) : day.AddDays(comparison.Days);
        return Text(comparison.Months > 0 && later.Day != day.Day ? day : later) + value[10..];
    }

    private static JsonElement At(JsonElement[] row, IReadOnlyList<string> columns, string column) => row[columns.ToList().IndexOf(column)];

    private static bool Same(JsonElement a, JsonElement b) =>
        (a.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null && b.ValueKind == JsonValueKind.Null)
        || (
            a.ValueKind == JsonValueKind.Number
            && b.ValueKind == JsonValueKind.Number
            && Math.Abs(a.GetDouble() - b.GetDouble()) <= 1e-9 * Math.Max(1, Math.Abs(a.GetDouble()))
        )
        || a.ToString() == b.ToString();

    private static DateOnly Day(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
