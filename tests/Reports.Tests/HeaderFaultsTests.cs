using Reports.Definitions;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class HeaderFaultsTests
{
    private const string Path = "/definitions/fuel/sample.sql";

    [Fact]
    public void Parse_ManyFaults_ListsAllWithTheirLines()
    {
        var fault = Assert.Throws<DefinitionException>(() =>
            ReportDefinition.Parse(
                Path,
                """
                /*---
                title: Sample
                params:
                  from: {type: Day, default: today, is: a day}
                  to: {type: Date, default: yesterday, is: a day}
                  unused: {type: String, default: '', is: nothing}
                chart: {type: pie, x: a, y: b}
                columns:
                  a: {format: money}
                schedule: every day
                ---*/
                SELECT a, b FROM fuel_action
                WHERE d < {to:DateTime}
                  AND e = {missing:String}
                """
            )
        );

        Assert.Contains($"{Path}:1: expected `asks:`", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path}:4: parameter 'from': expected a type among String, Date", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path}:5: parameter 'to': expected as default a day such as", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path}:6: parameter 'unused' is declared", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path}:7: expected `chart: {{type: bar", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path}:9: column 'a': expected a format among integer", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{Path}:10: expected a Quartz cron expression", fault.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"{Path}:13: the SQL uses {{to:DateTime}}, but the header says that 'to' is Date",
            fault.Message,
            StringComparison.Ordinal
        );
        Assert.Contains($"{Path}:14: the SQL uses {{missing:String}}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Shared_SaysWhatNamesWithoutAValueMean()
    {
        var folder = Directory.CreateTempSubdirectory("shared-");
        folder.CreateSubdirectory("fuel");
        try
        {
            Write(
                "fuel/both.yaml",
                "params: {from: {type: Date, default: '2026-01-01', is: a day}, other: {type: String, default: '', is: x}}\ncolumns: {a: {format: integer, is: shared}, b: {is: shared}}\n"
            );
            string Sql(string shared) =>
                $"/*---\ntitle: T\nasks: A?\nshared: {shared}\nparams: {{from: }}\ncolumns:\n  b: {{is: its own}}\n  a:\n---*/\nSELECT b, a FROM x WHERE d >= {{from:Date}}\n";
            var report = ReportDefinition.ReadFile(Write("fuel/one.sql", Sql("both")));

            Assert.Equal(
                ("from", "Date", "2026-01-01"),
                (report.Parameters.Single().Name, report.Parameters[0].Type, report.Parameters[0].Default)
            );
            Assert.Equal(["b its own", "a shared"], report.Columns.Select(c => $"{c.Key} {c.Value.Is}"));
            foreach (var shared in (string[])["none", "../fuel/both", "''"])
            {
                Assert.Contains(
                    "fuel/two.sql:4: expected `shared:`, the name of a file beside the report",
                    Assert.Throws<DefinitionException>(() => ReportDefinition.ReadFile(Write("fuel/two.sql", Sql(shared)))).Message,
                    StringComparison.Ordinal
                );
            }

            Write("fuel/both.yaml", "parms: {}\n");
            Assert.Contains(
                "fuel/both.yaml:1: unknown key 'parms'",
                Assert.Throws<DefinitionException>(() => ReportDefinition.ReadFile(Write("fuel/one.sql", Sql("both")))).Message,
                StringComparison.Ordinal
            );
            // Of the file that two share it is said once.
            Write("fuel/two.sql", Sql("both"));
            Assert.DoesNotContain('\n', Assert.Throws<DefinitionException>(() => ReportDefinition.ReadAll(folder.FullName)).Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Write(string file, string text)
        {
            var path = System.IO.Path.Combine(folder.FullName, file);
            File.WriteAllText(path, text);
            return path;
        }
    }

    [Fact]
    public void Parse_UnknownKey_NamesItAndTheKnownOnes()
    {
        var fault = Assert.Throws<DefinitionException>(() => Samples.Report("charts: {type: bar, x: x, y: y}"));

        Assert.Contains(
            "sample.sql:4: unknown key 'charts'; known keys: title, asks, shared, params, chart, columns, schedule",
            fault.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Parse_NotASelect_SaysSo()
    {
        var fault = Assert.Throws<DefinitionException>(() => Samples.Report("", "DROP TABLE fuel_action"));

        Assert.Contains("expected one SELECT (or WITH … SELECT); found 'DROP'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fuel/os-distribtion", "did you mean fuel/os-distribution?")]
    [InlineData("pulp/os-distribution", "did you mean fuel/os-distribution?")]
    [InlineData("zzz", "there are fuel/os-distribution")]
    [InlineData("../fuel/os-distribution", "there is no report")]
    public void Read_UnknownName_NamesTheClosest(string name, string expected)
    {
        var folder = Directory.CreateTempSubdirectory();
        Directory.CreateDirectory(System.IO.Path.Combine(folder.FullName, "fuel"));
        File.WriteAllText(System.IO.Path.Combine(folder.FullName, "fuel", "os-distribution.sql"), "");

        var fault = Assert.Throws<ReportException>(() => ReportDefinition.Read(name, folder.FullName));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Read_Digest_ListsEveryFaultWithItsLine()
    {
        var folder = Directory.CreateTempSubdirectory();
        var path = System.IO.Path.Combine(folder.FullName, "weekly.yaml");
        File.WriteAllText(
            path,
            """
            title: Weekly
            to: [nobody]
            schedule: 0 7 * * MON
            time_zone: Mars/Olympus
            reports:
              - {report: fuel/none, rows: 0}
            """
        );

        var fault = Assert.Throws<DefinitionException>(() => DigestDefinition.ReadFile(path, folder.FullName));

        Assert.Contains("weekly.yaml:2: expected an address", fault.Message, StringComparison.Ordinal);
        Assert.Contains("weekly.yaml:3: expected a Quartz cron expression", fault.Message, StringComparison.Ordinal);
        Assert.Contains("weekly.yaml:4: expected an IANA time zone", fault.Message, StringComparison.Ordinal);
        Assert.Contains("weekly.yaml:6: fuel/none: expected `rows:` from 1 to 100; found 0", fault.Message, StringComparison.Ordinal);
        Assert.Contains("weekly.yaml:6: there is no report 'fuel/none'", fault.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Read_DigestsReadersWithNames_AreTheirAddressesAndNobodyTwice()
    {
        var folder = Directory.CreateTempSubdirectory();
        DigestDefinition Read(string to)
        {
            var path = System.IO.Path.Combine(folder.FullName, "names.yaml");
            File.WriteAllText(
                path,
                $$"""
                title: Names
                to: [{{to}}]
                from: Team <team@example.org>
                schedule: 0 0 7 ? * MON
                reports: [{report: fuel/os-distribution}]
                """
            );
            return DigestDefinition.ReadFile(path, Project.Here.ReportsFolder());
        }

        Assert.Equal(["jane@example.org", "bob@example.org"], Read("""'"Doe, Jane" <jane@example.org>', bob@example.org""").To);
        foreach (
            var (to, expected) in new[]
            {
                ("Jane <jane@example.org>, jane@example.org", "names.yaml:2: the address jane@example.org stands there twice"),
                ("Doe; Jane <jane@example.org>", "names.yaml:2: expected an address"),
                ("~", "expected an address"),
            }
        )
        {
            Assert.Contains(expected, Assert.Throws<DefinitionException>(() => Read(to)).Message, StringComparison.Ordinal);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public void ReadAll_TheProjectsDigests_HaveNoFault() => Assert.NotEmpty(Project.Here.Digests());
}
