using System.Text;
using System.Text.Json;
using Reports.Definitions;
using Reports.Running;
using Reports.Web;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class SmallGroupsTests
{
    private static readonly ResultColumn[] Columns =
    [
        new("name", "String"),
        new("sites", "UInt64"),
        new("nodes", "Int64"),
        new("average", "Float64"),
    ];

    private static readonly PublicDefinition Rule = new("name", "sites", 5, ["nodes"]);

    [Fact]
    public async Task Rows_AllLargeEnough_StayAsTheyAre() =>
        Assert.Equal(["[\"a\",9,1,0.5]", "[\"b\",5,2,0.5]"], await MergedAsync("[\"a\",9,1,0.5]", "[\"b\",5,2,0.5]"));

    [Fact]
    public async Task Rows_OneSmall_TakesTheSmallestOtherWithIt() =>
        Assert.Equal(
            ["[\"a\",9,1,0.5]", "[\"other\",7,5,null]"],
            await MergedAsync("[\"a\",9,1,0.5]", "[\"b\",6,2,0.5]", "[\"c\",1,3,0.5]")
        );

    [Fact]
    public async Task Rows_GroupCalledOther_IsMergedToo() =>
        Assert.Equal(
            ["[\"a\",30,1,0.5]", "[\"other\",27,9,null]"],
            await MergedAsync("[\"a\",30,1,0.5]", "[\"other\",20,4,0.5]", "[\"b\",6,2,0.5]", "[\"c\",1,3,0.5]")
        );

    [Fact]
    public async Task Rows_AllTogetherTooFew_TellNothing() =>
        Assert.Equal(
            ["[\"fewer than 5 sites\",null,null,null]"],
            await MergedAsync("[\"a\",4,1,0.5]", "[\"b\",4,2,0.5]", "[\"c\",null,3,0.5]")
        );

    [Fact]
    public async Task Rows_None_StayNone() => Assert.Empty(await MergedAsync());

    [Fact]
    public async Task Rows_GroupOfSeveralRows_IsRefused() =>
        Assert.Contains(
            "a group has several rows",
            (await Assert.ThrowsAsync<ReportException>(() => MergedAsync("[\"a\",9,1,0.5]", "[\"a\",9,1,0.5]"))).Message,
            StringComparison.Ordinal
        );

    // A site may be in several groups, so the merged groups' sum of sites proves nothing: a group that is large by itself has to be among
    // them.
    [Theory]
    [InlineData(1)]
    [InlineData(20261122)]
    public async Task Rows_Random_HideEverySmallGroupAndKeepTheSums(int seed)
    {
        var random = new Random(seed);
        for (var run = 0; run < 500; run++)
        {
            var given = Enumerable
                .Range(0, random.Next(1, 12))
                .Select(i => (Name: $"g{i}", Sites: random.Next(0, random.Next(2, 15)), Nodes: random.Next(0, 100)))
                .ToList();
            var shown = (await MergedAsync([.. given.Select(g => $"[\"{g.Name}\",{g.Sites},{g.Nodes},0.5]")]))
                .Select(r => JsonSerializer.Deserialize<JsonElement[]>(r)!)
                .ToList();
            var why = $"seed {seed}, run {run}: {string.Join(' ', given)}";
            if (given.All(g => g.Sites < 5))
            {
                Assert.True(shown.Single()[1].ValueKind == JsonValueKind.Null && shown.Single()[2].ValueKind == JsonValueKind.Null, why);
                continue;
            }

            Assert.True(shown.All(r => r[1].GetInt32() >= 5), why);
            Assert.True(
                shown.Sum(r => r[1].GetInt32()) == given.Sum(g => g.Sites) && shown.Sum(r => r[2].GetInt32()) == given.Sum(g => g.Nodes),
                why
            );
            var names = shown.Select(r => r[0].GetString()).ToHashSet();
            var hidden = given.Where(g => !names.Contains(g.Name)).ToList();
            Assert.True(hidden.Count == 0 || (hidden.Any(g => g.Sites >= 5) && names.Contains("other")), why);
            Assert.True(given.Where(g => g.Sites < 5).All(hidden.Contains), why);
        }
    }

    [Theory]
    [InlineData("public: {group: x, sites: y}", "min_group of 2 or more; found min_group 0")]
    [InlineData("public: {group: x, sites: y, min_group: 1}", "found min_group 1")]
    [InlineData("public: {sites: y, min_group: 5}", "found no group")]
    [InlineData("public: {group: x, min_group: 5}", "found no sites")]
    [InlineData("public: {group: x, sites: z, min_group: 5}", "`public` names the column 'z', which the SQL doesn't have")]
    [InlineData("public: {group: x, sites: y, min_group: 5, add: [w]}", "names the column 'w'")]
    [InlineData("public: {group: x, sites: y, min_group: 5, cap: {y: 3}}", "need `of`")]
    [InlineData("public: {group: x, sites: y, min_group: 5, round_to: 5}", "need `of`")]
    [InlineData("public: {of: t, group: x, sites: y, min_group: 5}", "expected with `of` also `site:`")]
    [InlineData("public: {of: t, site: x, heard: h, group: x, sites: y, min_group: 5, add: [y]}", "`add` adds up the report's rows")]
    [InlineData(
        "public: {of: t, site: x, heard: h, group: x, sites: y, min_group: 5, min_age: soon}",
        "expected `min_age:` as a length of time"
    )]
    [InlineData(
        "public: {of: t, site: x, heard: h, group: x, sites: y, min_group: 5, round_to: 0}",
        "expected `round_to:` of 1 or more; found 0"
    )]
    [InlineData(
        "public: {of: t, site: x, heard: h, group: x, sites: y, min_group: 5, cap: {y: 0}}",
        "expected `cap:` with 1 or more for 'y'; found 0"
    )]
    [InlineData("public: {of: t, site: x, heard: h, group: x, sites: y, min_group: 5, share: {x: z}}", "neither `sites` nor in `cap`")]
    [InlineData("public: {of: nix, site: x, heard: h, group: x, sites: y, min_group: 5}", "names the column 'nix'")]
    public void Header_Incomplete_IsAFaultOfItsLine(string line, string expected)
    {
        var fault = Assert.Throws<DefinitionException>(() => Samples.Report(line));

        Assert.Contains("sample.sql:4: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    // The same sites, grouped by something else.
    [InlineData(
        "SELECT a AS x, count() AS y FROM site WHERE ok = 'a' GROUP BY a",
        "SELECT b AS x, count() AS y FROM site WHERE  ok =  'a' GROUP BY b ORDER BY y",
        false
    )]
    [InlineData("SELECT a AS x, count() AS y FROM site GROUP BY a", "SELECT b AS x, count() AS y FROM other WHERE ok GROUP BY b", false)]
    [InlineData("SELECT a AS x, count() AS y FROM site GROUP BY a", "SELECT a AS x, count() AS y FROM site WHERE ok GROUP BY a", true)]
    [InlineData(
        "SELECT a AS x, count() AS y FROM site WHERE ok = 'a' GROUP BY a",
        "SELECT a AS x, count() AS y FROM site WHERE ok = 'b' GROUP BY a",
        true
    )]
    [InlineData(
        "WITH t AS (SELECT a FROM site WHERE (ok OR (n > 3))) SELECT a AS x, count() AS y FROM t GROUP BY a",
        "WITH t AS (SELECT a FROM site WHERE (ok OR (n > 4))) SELECT a AS x, count() AS y FROM t GROUP BY a",
        true
    )]
    [InlineData("SELECT a AS x, count() AS y FROM site GROUP BY a", "SELECT a AS x, count() AS y FROM site GROUP BY a HAVING y > 3", true)]
    [InlineData(
        "SELECT a AS x, count() AS y FROM site GROUP BY a",
        "SELECT b AS x, count() AS y FROM others JOIN site ON site.a = others.a WHERE others.n > 1 GROUP BY b",
        true
    )]
    public void Nested_TwoPublicReports_AreAFaultWhereOneLooksAtAPart(string first, string second, bool nests)
    {
        ReportDefinition Public(string sql) => Samples.Report("public: {group: x, sites: y, min_group: 5}", sql);

        var faults = PublicDefinition.Nested([Public(first), Public(second), Samples.Report("", first)]).ToList();

        Assert.Equal(nests, faults.Count == 1);
        Assert.All(faults, f => Assert.Contains("are both public and ask site", f.Message, StringComparison.Ordinal));
    }

    private static async Task<List<string>> MergedAsync(params string[] rows)
    {
        var kept = new Kept();
        var groups = new SmallGroups(Rule, [kept]);
        groups.Begin(Columns);
        foreach (var row in rows)
        {
            groups.Row(Encoding.UTF8.GetBytes(row));
        }

        await groups.EndAsync(null, CancellationToken.None);
        return kept.Rows;
    }

    private sealed class Kept : IRowSink
    {
        public List<string> Rows { get; } = [];

        public void Begin(IReadOnlyList<ResultColumn> columns) => Assert.Equal(Columns, columns);

        public void Row(ReadOnlySpan<byte> row) => Rows.Add(Encoding.UTF8.GetString(row));

        public ValueTask FlushAsync(CancellationToken token) => ValueTask.CompletedTask;

        public ValueTask EndAsync(long? cutAfter, CancellationToken token) => ValueTask.CompletedTask;
    }
}
