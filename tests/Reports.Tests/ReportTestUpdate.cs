namespace Reports.Tests;

/// <summary>Rewrites the rows that a case expects, and leaves the rest of its file as it is.</summary>
internal static class ReportTestUpdate
{
    /// <summary>Whether the person asked for it: <c>UPDATE_REPORT_TESTS=1</c>.</summary>
    public static bool IsWanted => Environment.GetEnvironmentVariable("UPDATE_REPORT_TESTS") is "1" or "true";

    /// <summary><paramref name="yaml"/>, the file's text, with what the engine answered in place of what the case expected.</summary>
    /// <remarks>Columns that the case names stay the ones it names; a case that named none gets all.</remarks>
    public static string Rewrite(string yaml, ReportTestCase test, ReportTestResult result)
    {
        var lines = yaml.Split('\n').ToList();
        var expect = test.Expect;
        var key = lines.FindLastIndex((int)expect.Start.Line - 1, l => l.TrimStart().StartsWith("expect:", StringComparison.Ordinal));
        var last = expect.Children.Count == 0 ? (int)expect.Start.Line - 1 : LastLine(expect);
        var indent = lines[key][..^lines[key].TrimStart().Length];
        lines.RemoveRange(key, last - key + 1);
        lines.InsertRange(key, Rows(indent, test, result));
        return string.Join('\n', lines);
    }

    private static IEnumerable<string> Rows(string indent, ReportTestCase test, ReportTestResult result)
    {
        var named = test
            .ExpectedRows.SelectMany(r => r.Children.Keys)
            .Select(k => k.ToString())
            .Distinct()
            .Where(result.Columns.Contains)
            .ToList();
        var columns = (named.Count > 0 ? named : result.Columns).Select(n => (Name: n, Index: result.Columns.ToList().IndexOf(n))).ToList();
        return result.Rows.Count == 0
            ? [$"{indent}expect: []"]
            :
            [
                $"{indent}expect:",
                .. result.Rows.Select(r =>
                    $"{indent}  - {{{string.Join(", ", columns.Select(c => $"{c.Name}: {ReportTestValue.Show(r[c.Index])}"))}}}"
                ),
            ];
    }

    // The 0-based line that the last value ends on; a list's own end is only where the next thing begins.
    private static int LastLine(YamlDotNet.RepresentationModel.YamlNode node)
    {
        var leaves = node.AllNodes.OfType<YamlDotNet.RepresentationModel.YamlScalarNode>();
        return (int)leaves.Max(l => l.End.Line) - 1;
    }
}
