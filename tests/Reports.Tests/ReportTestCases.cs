using DuckDB.NET.Data;
using Reports.Definitions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;
using Xunit.Sdk;

namespace Reports.Tests;

/// <summary>All cases of all reports, as rows of an xunit theory, and the running of one of them.</summary>
public static class ReportTestCases
{
    /// <summary>
    /// Every case; a file that can't be read is one row, which fails with what is wrong. Where <c>TEST_REPORT</c> names a report, its cases.
    /// </summary>
    public static IEnumerable<TheoryDataRow<string, string>> All()
    {
        var only = Environment.GetEnvironmentVariable("TEST_REPORT");
        foreach (
            var path in Directory
                .EnumerateFiles(Project.Here.ReportsFolder(), "*" + ReportTestFile.Ending, SearchOption.AllDirectories)
                .Where(p => string.IsNullOrEmpty(only) || ReportOf(p) == only)
                .Order(StringComparer.Ordinal)
        )
        {
            var report = ReportOf(path);
            foreach (var name in NamesIn(path))
            {
                yield return new TheoryDataRow<string, string>(report, name)
                {
                    TestDisplayName = $"{report}: {(name.Length > 0 ? name : "the file is sound")}",
                    Label = "",
                };
            }
        }
    }

    /// <summary>
    /// Of each report the case that gives most rows; every case where <c>ALL_CASES=1</c> says so. Where an engine runs them a second time, in
    /// another setting, it is what they read together that may be wrong, and not each figure.
    /// </summary>
    public static IEnumerable<TheoryDataRow<string, string>> Richest()
    {
        var all = All().ToList();
        return Environment.GetEnvironmentVariable("ALL_CASES") == "1"
            ? all
            : all.GroupBy(c => c.Data.Item1)
                .Select(report =>
                {
                    var rows = ReportTestFile.Read(PathOf(report.Key)).ToDictionary(c => c.Name, c => c.Given.Sum(g => g.Value.Count));
                    return report.MaxBy(c => rows.GetValueOrDefault(c.Data.Item2))!;
                });
    }

    /// <summary>Runs a case on an engine; fails where the answer differs from what the case expects.</summary>
    public static async Task CheckAsync(
        string report,
        string name,
        IReportTestEngine engine,
        SchemaSnapshot schema,
        CancellationToken token
    )
    {
        var path = PathOf(report);
        var test = ReportTestFile.Read(path).Single(c => c.Name == name);
        var definition = Project.Here.Report(report);
        var result = await RunAsync(test, definition, engine, schema, token);
        var difference = ReportTestDifference.Of(test, result);
        if (difference.Length == 0)
        {
            return;
        }

        if (!ReportTestUpdate.IsWanted)
        {
            throw new XunitException($"{Project.Relative(path)}:{test.Line}: {name}\n{difference}");
        }

        await File.WriteAllTextAsync(path, ReportTestUpdate.Rewrite(await File.ReadAllTextAsync(path, token), test, result), token);
    }

    /// <summary>Where a report's cases are.</summary>
    public static string PathOf(string report) =>
        Path.Combine([Project.Here.ReportsFolder(), .. (report + ReportTestFile.Ending).Split('/')]);

    private static async Task<ReportTestResult> RunAsync(
        ReportTestCase test,
        ReportDefinition definition,
        IReportTestEngine engine,
        SchemaSnapshot schema,
        CancellationToken token
    )
    {
        var run = test.ToRun(definition, schema);
        try
        {
            return await engine.RunAsync(run, token);
        }
        catch (Exception e) when (e is DuckDBException or NotSupportedException or WarehouseException)
        {
            throw new XunitException($"{Project.Relative(definition.Path)}: {e.Message}", e);
        }
    }

    private static List<string> NamesIn(string path)
    {
        try
        {
            var names = ReportTestFile.Read(path).Select(c => c.Name).ToList();
            return names.Count > 0 ? names : [""];
        }
        catch (DefinitionException)
        {
            return [""];
        }
    }

    private static string ReportOf(string path) =>
        $"{Path.GetFileName(Path.GetDirectoryName(path))}/{Path.GetFileName(path)[..^ReportTestFile.Ending.Length]}";
}
