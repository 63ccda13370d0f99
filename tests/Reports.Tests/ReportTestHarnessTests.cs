using Reports.Definitions;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace Reports.Tests;

/// <summary>The runner of report cases must fail where it should, and say what a person needs.</summary>
public sealed class ReportTestHarnessTests
{
    private static readonly SchemaSnapshot Schema = SchemaSnapshot.Of(Project.Here);

    [Theory]
    [InlineData(
        "{n: 1, s: 'a '}",
        "  n  expected  1  (whole number)\n     actual    2  (whole number)\n  s  expected  'a·'  (text)\n     actual    a  (text)\n"
    )]
    [InlineData("{n: '2', s: a}", "  n  expected  '2'  (text)\n     actual    2  (whole number)\n")]
    [InlineData("{n: null, s: a}", "  n  expected  null  (NULL)\n     actual    2  (whole number)\n")]
    [InlineData("{n: 2, s: null}", "  s  expected  null  (NULL)\n     actual    a  (text)\n")]
    [InlineData("{n: 2, s: \"a\\tb\"}", "  s  expected  'a→b'  (text)\n     actual    a  (text)\n")]
    public void Difference_OfCells_ShowsThoseAloneWithTypesAndBlanks(string expected, string shown)
    {
        var text = ReportTestDifference.Of(
            Case($"[{expected}]"),
            new ReportTestResult(
                ["s", "n", "more"],
                [
                    ["a", (Int128)2, true],
                ]
            )
        );

        Assert.Equal(
            shown.Replace("\n", "", StringComparison.Ordinal),
            string.Concat(
                text.Split('\n').Skip(text.StartsWith("  row", StringComparison.Ordinal) ? 1 : 0).Select(l => l.Length > 2 ? l[2..] : l)
            )
        );
    }

    [Fact]
    public void Difference_OfRows_FindsThemByTheirKey()
    {
        var result = new ReportTestResult(
            ["os", "n"],
            [
                ["centos", (Int128)1],
                ["ubuntu", (Int128)3],
                ["astra", (Int128)1],
            ]
        );
        var more = result with { Rows = [.. result.Rows, ["debian", (Int128)1]] };

        var text = ReportTestDifference.Of(Case("[{os: ubuntu, n: 2}, {os: centos, n: 1}, {os: rhel, n: 1}, {os: sles, n: 1}]"), result);

        Assert.Equal(
            """
              row 1 {os: ubuntu}
                n  expected  2  (whole number)
                   actual    3  (whole number)
              row 3 {os: astra}
                os  expected  rhel  (text)
                    actual    astra  (text)
              missing row 4: {os: sles, n: 1}

            """,
            text
        );
        Assert.Contains(
            "\n  unexpected row 4: {os: debian, n: 1}\n",
            ReportTestDifference.Of(Case("[{os: ubuntu, n: 3}, {os: centos, n: 1}, {os: rhel, n: 1}]"), more),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Difference_WhereNothingWasExpected_ShowsWholeRows() =>
        Assert.Equal(
            "  unexpected row 1: {os: a, n: null}\n",
            ReportTestDifference.Of(
                Case("[]"),
                new ReportTestResult(
                    ["os", "n"],
                    [
                        ["a", null],
                    ]
                )
            )
        );

    [Fact]
    public void Difference_InOrderAlone_IsOne()
    {
        var result = new ReportTestResult(
            ["os"],
            [
                ["b"],
                ["a"],
            ]
        );

        Assert.Contains(
            "the same rows in another order\n    expected  {os: a}; {os: b}\n    actual    {os: b}; {os: a}\n",
            ReportTestDifference.Of(Case("[{os: a}, {os: b}]"), result),
            StringComparison.Ordinal
        );
        Assert.Equal("", ReportTestDifference.Of(Case("[{os: b}, {os: a}]"), result));
    }

    [Fact]
    public void Difference_OfAnUnknownColumn_NamesThoseThereAre() =>
        Assert.Equal(
            "  no column 'so'; the report has os, n\n",
            ReportTestDifference.Of(Case("[{so: a}]"), new ReportTestResult(["os", "n"], []))
        );

    [Theory]
    [InlineData("0.3333333333", true)]
    [InlineData("0.33333333", false)]
    [InlineData(".nan", false)]
    public void Value_OfAFloat_IsComparedToABillionth(string expected, bool same) =>
        Assert.Equal(
            same,
            ReportTestDifference
                .Of(
                    Case($"[{{x: {expected}}}]"),
                    new ReportTestResult(
                        ["x"],
                        [
                            [1 / 3d],
                        ]
                    )
                )
                .Length == 0
        );

    [Fact]
    public void Given_Faults_AreAllNamedWithTheirLines()
    {
        var test = Parse(
            """
            - case: faults
              given:
                fuel_enviroment:
                  - {installation_uid: a}
                fuel_environment:
                  - {installation_uid: a, envi: 1}
                  - {installation_uid: null, environment_id: 3000000000, is_filtered: 'true', reported_at: yesterday}
              expect: []
            """
        );

        var fault = Assert.Throws<DefinitionException>(() => ReportTestGiven.Rows(test, Schema)).Message;

        Assert.Contains("x.test.yaml:3: unknown fact 'fuel_enviroment'; known facts: etl_backup, ", fault, StringComparison.Ordinal);
        Assert.Contains(
            "x.test.yaml:6: fuel_environment has no column 'envi'; known columns: installation_uid,",
            fault,
            StringComparison.Ordinal
        );
        Assert.Contains("x.test.yaml:7: fuel_environment.installation_uid: expected a text; found null", fault, StringComparison.Ordinal);
        Assert.Contains(
            "fuel_environment.environment_id: expected a whole number from -2147483648 to 2147483647; found 3000000000",
            fault,
            StringComparison.Ordinal
        );
        Assert.Contains("fuel_environment.is_filtered: expected true or false; found 'true'", fault, StringComparison.Ordinal);
        Assert.Contains(
            "fuel_environment.reported_at: expected an instant in UTC such as 2026-01-31 23:59:59; found yesterday",
            fault,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("case: a", "x.test.yaml:1: expected a list of cases")]
    [InlineData("- case: a\n  gven: {}\n  expect: []", "x.test.yaml:2: unknown key 'gven'; known keys: case, today, params, given, expect")]
    [InlineData("- case: a", "x.test.yaml:1: expected `expect:`")]
    [InlineData("- expect: []", "x.test.yaml:1: expected `case:`")]
    [InlineData("- case: a\n  expect: []\n- case: a\n  expect: []", "x.test.yaml:3: a second case 'a'")]
    [InlineData("- case: a\n  expect: [", "not readable as YAML")]
    [InlineData("- case: a\n  today: soon\n  expect: []", "x.test.yaml:2: expected `today:` with a day")]
    [InlineData("- case: a\n  given: [b]\n  expect: [1]", "x.test.yaml:2: expected `given:` {fact:")]
    public void File_Faulty_SaysWhereAndWhat(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<DefinitionException>(() => Parse(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Case_UnknownParameter_IsAFaultOfTheFile()
    {
        var report = new ReportDefinition
        {
            Name = "a/b",
            Title = "",
            Asks = "",
            File = new SqlFile("test", "", 1, "SELECT 1 AS x", 1),
        };

        var fault = Assert.Throws<DefinitionException>(() =>
            Parse("- case: a\n  params: {relase: '9.0'}\n  expect: []").ToRun(report, Schema)
        );

        Assert.Contains("x.test.yaml:1: a/b has no parameter 'relase'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Update_OfOneCase_LeavesTheRestAsItIs()
    {
        const string before = """
            # Why these cases.
            - case: first
              expect: []   # none yet

            - case: second
              given: {fuel_action: []}
              expect:
                - {os: a,
                   n: 1}
                # a remark inside goes
                - os: b
                  n: 2
            # The third.
            - case: third
              expect: []

            """;
        var result = new ReportTestResult(
            ["os", "n", "share"],
            [
                ["x ", (Int128)3, 0.5],
                [null, (Int128)1, 1 / 3d],
            ]
        );

        var second = ReportTestUpdate.Rewrite(before, Parse(before, 1), result);
        var first = ReportTestUpdate.Rewrite(before, Parse(before, 0), result);

        Assert.Contains(
            "given: {fuel_action: []}\n  expect:\n    - {os: 'x ', n: 3}\n    - {os: null, n: 1}\n# The third.\n- case: third\n  expect: []\n",
            second,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "# Why these cases.\n- case: first\n  expect: []   # none yet\n\n- case: second",
            second,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "- case: first\n  expect:\n    - {os: 'x ', n: 3, share: 0.5}\n    - {os: null, n: 1, share: 0.3333333333333333}\n\n- case: second",
            first,
            StringComparison.Ordinal
        );
        Assert.Equal("", ReportTestDifference.Of(Parse(second, 1), result));
    }

    private static ReportTestCase Case(string expect) => Parse($"- case: a\n  expect: {expect}\n");

    private static ReportTestCase Parse(string yaml, int index = 0) => ReportTestFile.Parse("x.test.yaml", yaml)[index];
}
