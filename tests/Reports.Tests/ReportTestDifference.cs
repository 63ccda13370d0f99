using System.Text;
using YamlDotNet.RepresentationModel;

namespace Reports.Tests;

/// <summary>What sets an engine's answer apart from the rows that a case expects.</summary>
/// <remarks>Only columns that the case names are compared; texts and days among them are the key that rows are found by.</remarks>
internal sealed class ReportTestDifference
{
    private readonly StringBuilder text = new();
    private readonly IReadOnlyList<YamlMappingNode> expected;
    private readonly IReadOnlyList<object?[]> actual;
    private readonly List<(string Name, int Index)> columns = [];
    private readonly List<(string Name, int Index)> key = [];

    private ReportTestDifference(ReportTestCase test, ReportTestResult result)
    {
        expected = test.ExpectedRows;
        actual = result.Rows;
        // Where the case names no column, because it expects no row, those that came are shown whole.
        foreach (
            var name in expected.Count == 0
                ? result.Columns
                : expected.SelectMany(r => r.Children.Keys).Select(k => k.ToString()).Distinct()
        )
        {
            var index = result.Columns.ToList().IndexOf(name);
            if (index < 0)
            {
                Line($"no column '{name}'; the report has {string.Join(", ", result.Columns)}");
            }
            else
            {
                columns.Add((name, index));
            }
        }

        key.AddRange(columns.Where(c => actual.All(r => r[c.Index] is string or DateOnly or DateTime or bool or null)));
    }

    /// <summary>The differences, a line each; empty where there are none.</summary>
    public static string Of(ReportTestCase test, ReportTestResult result)
    {
        var difference = new ReportTestDifference(test, result);
        if (difference.text.Length == 0)
        {
            difference.CompareRows();
        }

        return difference.text.ToString();
    }

    private void CompareRows()
    {
        var pairs = Pairs();
        foreach (var (e, a) in pairs)
        {
            CompareCells(e, a);
        }

        foreach (var e in Enumerable.Range(0, expected.Count).Where(e => pairs.All(p => p.Expected != e)))
        {
            Line($"missing row {e + 1}: {ReportTestValue.Show(expected[e])}");
        }

        foreach (var a in Enumerable.Range(0, actual.Count).Where(a => pairs.All(p => p.Actual != a)))
        {
            Line(
                $"unexpected row {a + 1}: {{{string.Join(", ", columns.Select(c => $"{c.Name}: {Visible(ReportTestValue.Show(actual[a][c.Index]))}"))}}}"
            );
        }

        if (text.Length == 0 && pairs.Any(p => p.Expected != p.Actual))
        {
            Line("the same rows in another order");
            Line($"  expected  {string.Join("; ", expected.Select(KeyOf))}");
            Line($"  actual    {string.Join("; ", actual.Select(KeyOf))}");
        }
    }

    // Rows that agree in the key belong together; where a key isn't there, stands twice or finds no partner, rows in the same place do.
    private List<(int Expected, int Actual)> Pairs()
    {
        var wanted = expected.Select(KeyOf).ToList();
        var found = actual.Select(KeyOf).ToList();
        if (key.Count == 0 || wanted.Distinct().Count() < wanted.Count || found.Distinct().Count() < found.Count)
        {
            return [.. Enumerable.Range(0, Math.Min(wanted.Count, found.Count)).Select(i => (i, i))];
        }

        var pairs = wanted.Select((k, i) => (Expected: i, Actual: found.IndexOf(k))).Where(p => p.Actual >= 0).ToList();
        pairs.AddRange(
            Enumerable
                .Range(0, Math.Min(wanted.Count, found.Count))
                .Where(i => !found.Contains(wanted[i]) && !wanted.Contains(found[i]))
                .Select(i => (i, i))
        );
        return pairs;
    }

    private void CompareCells(int e, int a)
    {
        var differing = columns
            .Select(c =>
                (
                    c.Name,
                    Wanted: expected[e].Children.TryGetValue(new YamlScalarNode(c.Name), out var node) ? node : null,
                    Found: actual[a][c.Index]
                )
            )
            .Where(c => c.Wanted is null || !ReportTestValue.Matches(c.Wanted, c.Found))
            .ToList();
        if (differing.Count == 0)
        {
            return;
        }

        Line($"row {e + 1} {(key.Count > 0 ? KeyOf(actual[a]) : "")}");
        foreach (var (name, wanted, found) in differing)
        {
            var shown = wanted is null
                ? "nothing, though other rows name the column"
                : $"{Visible(ReportTestValue.Show(wanted))}  ({ReportTestValue.KindOf(wanted)})";
            Line($"  {name}  expected  {shown}");
            Line($"  {new string(' ', name.Length)}  actual    {Visible(ReportTestValue.Show(found))}  ({ReportTestValue.KindOf(found)})");
        }
    }

    // Of the file's and the engine's row, the same text where they agree in the key.
    private string KeyOf(YamlMappingNode row) =>
        Keys(
            key.Select(k =>
                row.Children.TryGetValue(new YamlScalarNode(k.Name), out var node)
                && actual.Select(a => a[k.Index]).Where(v => ReportTestValue.Matches(node, v)).Take(1).ToList() is [var match]
                    ? ReportTestValue.Show(match)
                : node is null ? ""
                : ReportTestValue.Show(node)
            )
        );

    private string KeyOf(object?[] row) => Keys(key.Select(k => ReportTestValue.Show(row[k.Index])));

    private string Keys(IEnumerable<string> values) => $"{{{string.Join(", ", key.Zip(values, (k, v) => $"{k.Name}: {Visible(v)}"))}}}";

    // Blanks that a reader would overlook; one between two words is none.
    private static string Visible(string value)
    {
        var shown = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            var beside =
                i == 0
                || i == value.Length - 1
                || " '\t".Contains(value[i - 1], StringComparison.Ordinal)
                || " '\t".Contains(value[i + 1], StringComparison.Ordinal);
            shown.Append(
                value[i] switch
                {
                    ' ' when beside => '·',
                    '\t' => '→',
                    '\u00a0' => '⍽',
                    var c => c,
                }
            );
        }

        return shown.ToString();
    }

    private void Line(string line) => text.Append("  ").Append(line.TrimEnd()).Append('\n');
}
