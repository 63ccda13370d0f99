using Reports.Cli.Commands;
using Reports.Definitions;
using Reports.Dumps;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace Reports.Tests;

/// <summary>The definitions of dumps, on DuckDB, and what is checked before a dump is begun.</summary>
public sealed class DumpTests(DefinitionTests.Offline offline) : IClassFixture<DefinitionTests.Offline>
{
    // Two projects of one tree: item 1 with a volume (2) and a user of its own in one, item 3 in the other. Item 4 was used at another
    // time.
    private const string Given = """
        - case: dump
          given:
            openstack_moc_project:
              - {moc_project_id: 1, project_name: MOC, path: MOC, ancestors: [1]}
              - {moc_project_id: 2, project_name: a, parent_moc_project_id: 1, path: MOC / a, ancestors: [1, 2]}
              - {moc_project_id: 3, project_name: b, parent_moc_project_id: 1, path: MOC / b, ancestors: [1, 3]}
            openstack_project: [{project_id: 10, moc_project_id: 2}, {project_id: 20, moc_project_id: 3}]
            openstack_institution: [{institution_id: 1, institution_name: BU}, {institution_id: 2, institution_name: MIT}, {institution_id: 3, institution_name: none}]
            openstack_institution2moc_project: [{moc_project_id: 1, institution_id: 1, percent_owned: 10}, {moc_project_id: 3, institution_id: 2, percent_owned: 100}]
            openstack_poc: [{poc_id: 1, username: ada}, {poc_id: 2, username: bob}, {poc_id: 3, username: cy}]
            openstack_poc2project: [{project_id: 10, poc_id: 2, role_id: 1}, {project_id: 20, poc_id: 3}]
            openstack_poc2institution: [{poc_id: 2, institution_id: 2, role_id: 1}, {poc_id: 3, institution_id: 3, role_id: 1}]
            openstack_item_type: [{item_type_id: 1, item_definition: VM}, {item_type_id: 2, item_definition: Volume}, {item_type_id: 3, item_definition: Router}]
            openstack_catalog_item: [{catalog_item_id: 1, item_type_id: 1}, {catalog_item_id: 2, item_type_id: 2}, {catalog_item_id: 3, item_type_id: 1}]
            openstack_item:
              - {item_id: 1, project_id: 10, poc_id: 1, item_type_id: 1}
              - {item_id: 2, project_id: 10, item_type_id: 2}
              - {item_id: 3, project_id: 20, item_type_id: 1}
              - {item_id: 4, project_id: 10, item_type_id: 3}
            openstack_item2item: [{primary_item: 1, secondary_item: 2}, {primary_item: 1, secondary_item: 4}]
            openstack_raw_item_ts:
              - {item_id: 1, started_at: 2026-01-31 23:00:00, ended_at: 2026-02-01 01:00:00, state: SHUTOFF, catalog_item_id: 1}
              - {item_id: 1, started_at: 2026-03-01 00:00:00, ended_at: 2026-03-02 00:00:00, state: ACTIVE, catalog_item_id: 3}
              - {item_id: 2, started_at: 2025-01-01 00:00:00, state: ACTIVE, catalog_item_id: 2}
              - {item_id: 3, started_at: 2026-02-28 23:59:59, state: ACTIVE, catalog_item_id: 3}
              - {item_id: 4, started_at: 2025-01-01 00:00:00, ended_at: 2026-02-01 00:00:00, state: ACTIVE, catalog_item_id: 1}
          expect: []
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void DumpSet_EachFactOfItsSystem_HasATable()
    {
        foreach (var (system, set) in DumpSet.ReadAll(Project.Here))
        {
            Assert.Equal(
                Project
                    .Here.FactNames()
                    .Order(StringComparer.Ordinal)
                    .Where(f => f.StartsWith(system + "_", StringComparison.Ordinal))
                    .Select(f => f[(system.Length + 1)..]),
                set.Tables.Select(t => t.Name.Split('/')[1])
            );
        }
    }

    [Fact]
    public async Task Values_OfEachParameter_AreASelectOfOneColumn()
    {
        foreach (var parameter in DumpSet.ReadAll(Project.Here).Values.SelectMany(s => s.Parameters).Where(p => p.Values is not null))
        {
            var report = Samples.Report("", parameter.Values!);
            Assert.Single(
                (await offline.Engine.RunAsync(ReportTestFile.Parse("none", Given).Single().ToRun(report, offline.Schema), Token)).Columns
            );
        }
    }

    // The first column's values without a filter; of one project; of one institution.
    [Theory]
    [InlineData("raw_item_ts", "1 2 3", "1 2", "3")]
    [InlineData("item", "1 2 3 4", "1 2", "3")]
    [InlineData("item2item", "1 1", "1", "")]
    [InlineData("catalog_item", "1 2 3", "1 2", "3")]
    [InlineData("item_type", "1 2 3", "1 2", "1")]
    [InlineData("project", "10 20", "10", "20")]
    [InlineData("moc_project", "1 2 3", "1 2", "1 3")]
    [InlineData("institution2moc_project", "1 3", "1", "1 3")]
    [InlineData("institution", "1 2 3", "1 2", "1 2 3")]
    [InlineData("poc", "1 2 3", "1 2", "3")]
    [InlineData("poc2project", "10 20", "10", "20")]
    [InlineData("poc2institution", "2 3", "2", "3")]
    public async Task Table_OnDuckDb_HasWhatTheFiltersLeave(string table, string all, string project, string institution)
    {
        Assert.Equal(all, await KeysAsync(table));
        Assert.Equal(project, await KeysAsync(table, "project: MOC / a"));
        Assert.Equal(institution, await KeysAsync(table, "institution: MIT"));
    }

    [Theory]
    [InlineData("", "'2026-01-01'", "expected the type, default and values that it has in the system's other tables")]
    [InlineData(", values: DROP TABLE x", "today", "expected as values a SELECT of one column, without parameters; found 'DROP TABLE x'")]
    [InlineData(
        ", values: 'SELECT {from:Date}'",
        "today",
        "expected as values a SELECT of one column, without parameters; found 'SELECT {from:Date}'"
    )]
    public void ReadAll_FaultyParameter_IsNamedWithItsLine(string values, string date, string expected)
    {
        var folder = Directory.CreateTempSubdirectory();
        Directory.CreateDirectory(Path.Combine(folder.FullName, "fuel"));
        File.WriteAllText(Path.Combine(folder.FullName, "fuel", "a_table.sql"), Definition("", "today"));
        File.WriteAllText(Path.Combine(folder.FullName, "fuel", "b.sql"), Definition(values, date));

        var fault = Assert.Throws<DefinitionException>(() => DumpSet.ReadAll(folder.FullName));

        Assert.Contains("b.sql:5: parameter 'from': ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("from=2026-01-01 release=9.0", "from|2026-01-01", "release|9.0")]
    [InlineData("  project=MOC / my group   from=today ", "project|MOC / my group", "from|today")]
    [InlineData("institution=University of X", "institution|University of X")]
    [InlineData("")]
    public void Given_ValuesWithBlanks_BelongToTheirParameter(string texts, params string[] expected) =>
        Assert.Equal(expected, RunCommand.Given(RunCommand.Split(texts)).Select(g => $"{g.Key}|{g.Value}"));

    [Fact]
    public void Given_NoName_SaysWhatIsExpected() =>
        Assert.Contains(
            "expected a parameter as name=value; found 'nonsense'",
            Assert.Throws<ReportException>(() => RunCommand.Given(RunCommand.Split("nonsense from=today"))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Of_ManyNames_ListsThoseThatHoldIt()
    {
        var names = Enumerable
            .Range(1, 50)
            .Select(i => $"{i}")
            .Append("MOC / physics / web")
            .Append("MOC / physics")
            .Append("MOC / psychology");

        Assert.Equal(
            "; there are 53, the closest are MOC / physics, MOC / physics / web, MOC / psychology",
            Closest.Of("Phys", names, "projects")
        );
    }

    private static string Definition(string values, string date) =>
        $"/*---\ntitle: A\nasks: What?\nparams:\n  from: {{type: Date, default: {date}, is: a day{values}}}\n---*/\nSELECT x FROM fuel_action WHERE started_at > {{from:Date}} ORDER BY x\n";

    private async Task<string> KeysAsync(string table, string filter = "")
    {
        var test = ReportTestFile
            .Parse("dump", Given + $"\n  params: {{from: 2026-02-01, to: 2026-03-01{(filter.Length > 0 ? ", " + filter : "")}}}\n")
            .Single();
        var result = await offline.Engine.RunAsync(
            test.ToRun(DumpSet.Read(Project.Here, "openstack").Tables.Single(t => t.Name == $"openstack/{table}"), offline.Schema),
            Token
        );
        return string.Join(' ', result.Rows.Select(r => r[0]));
    }
}
