using System.Text.RegularExpressions;
using Reports.Catalogs;
using Reports.Definitions;
using Reports.Rendering;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

/// <summary>The catalogue: complete, and linked both ways.</summary>
public sealed class CatalogTests
{
    private readonly Catalog _catalog = Catalog.Read(Project.Here);

    [Fact]
    public void Gaps_Project_HasNone() => Assert.Empty(_catalog.Gaps());

    [Fact]
    public void Gaps_FactWithoutExtractOrWithAnotherHeader_AreTold()
    {
        var gaps = (_catalog with { Extracts = [.. _catalog.Extracts.Where(e => e.Name != "fuel/action_logs")] }).Gaps().ToList();
        Assert.Equal(["fact fuel_action: no extract makes it", "fact fuel_health_check: no extract makes it"], gaps);

        var fact = _catalog.Facts["fuel_plugin"];
        var shorter = fact with { Columns = fact.Columns.Where(c => c.Key != "version").ToDictionary() };
        var gap = Assert.Single(
            (_catalog with { Facts = new Dictionary<string, FactDefinition>(_catalog.Facts) { ["fuel_plugin"] = shorter } }).Gaps()
        );
        Assert.StartsWith(
            "fact fuel_plugin: its header tells installation_uid, reported_at, environment_id, plugin, is_filtered, release",
            gap,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Render_Project_ListsEverythingOnceAndEveryLinkLeadsSomewhere()
    {
        var page = Page();
        var places = Regex.Matches(page, "id=\"([^\"]+)\"").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.All(Regex.Matches(page, "href=\"#([^\"]+)\""), m => Assert.Contains(m.Groups[1].Value, places));
        Assert.All(_catalog.Extracts, e => Assert.Contains($"extract-{e.Name}", places));
        Assert.All(_catalog.Facts.Keys, f => Assert.Contains($"fact-{f}", places));
        Assert.All(_catalog.Views, v => Assert.Contains($"view-{v.Name}", places));
        Assert.All(_catalog.Reports, r => Assert.Contains($"report-{r.Definition.Name}", places));
    }

    [Fact]
    public void Render_FactAndReport_AreLinkedBothWays()
    {
        var page = Page();
        foreach (var report in _catalog.Reports)
        {
            Assert.All(
                report.Facts,
                fact =>
                {
                    Assert.Contains($"href=\"#fact-{fact}\"", Entry(page, $"report-{report.Definition.Name}"), StringComparison.Ordinal);
                    Assert.Contains($"href=\"#report-{report.Definition.Name}\"", Entry(page, $"fact-{fact}"), StringComparison.Ordinal);
                }
            );
        }

        // Through a view.
        Assert.Contains("fuel_environment", _catalog.Reports.Single(r => r.Definition.Name == "fuel/os-distribution").Facts);
    }

    [Fact]
    public void FactColumns_Each_NeitherNamesNorMeansWhatIdentifiesAPerson()
    {
        // What sites and collectors know of people and machines stays there; only a user's number and login may come, where a system
        // charges users.
        var forbidden = new Regex(
            @"(^|_)(e?mail|phone|fax|fqdn|hostname|host|domain_name|ip|ips|address|addresses|first_name|last_name|full_name|surname|contact|contacts|person|company)($|_)",
            RegexOptions.IgnoreCase
        );
        var allowed = new[] { "contact_info_provided", "worker_hosts", "content_app_hosts" };
        foreach (var fact in _catalog.Facts.Values)
        {
            Assert.All(
                fact.Columns,
                c =>
                    Assert.True(
                        !forbidden.IsMatch(c.Key) || allowed.Contains(c.Key),
                        $"{fact.Name}.{c.Key} looks like what identifies a person or a machine"
                    )
            );
            Assert.All(
                fact.Columns,
                c =>
                    Assert.True(
                        c.Value.Identifies != "person" || c.Key is "username" || c.Key.EndsWith("_id", StringComparison.Ordinal),
                        $"{fact.Name}.{c.Key} identifies a person"
                    )
            );
        }
    }

    private static string Entry(string page, string id)
    {
        var start = page.IndexOf($"id=\"{id}\"", StringComparison.Ordinal);
        return page[start..page.IndexOf("</article>", start, StringComparison.Ordinal)];
    }

    private string Page() =>
        System.Text.Encoding.UTF8.GetString(
            new CatalogPage(new Templates([Project.Here.PathOf("reports", "templates")]), FixedTime.Noon).Render(_catalog, hasPages: true)
        );
}
