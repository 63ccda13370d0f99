using System.Text;
using Etl.Loading;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A site that asked to be forgotten is found nowhere, and never comes again.</summary>
public sealed class ForgettingTests(EnginesFixture fixture, ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private static readonly string[] s_extracts = [Pipeline.Actions, Pipeline.Structures, "fuel/oswl_stats", "fuel/tasks_history"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Forget_SiteThatAsked_IsFoundNowhereAndStaysAway()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var site = await FillAsync(pipeline);
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO etl_run (run, extract, kind, outcome, started_at, error, version) VALUES (1, 'fuel/action_logs', 'backfill', 'failed', now64(3), 'the value of the row ({site}, 17) is too large', 1)",
            Token
        );
        var before = await OthersAsync(pipeline, site);
        var stamp = await StampAsync(pipeline);
        Assert.NotEmpty(FilesWith(site));

        var told = await ProgramAsync(pipeline, 0, site, "--dry-run");
        Assert.Matches("fuel +fuel_action +[1-9]", told.Output);
        Assert.Matches("fuel +fuel_installation +[1-9]", told.Output);
        Assert.Matches("fuel +fuel_task +[1-9]", told.Output);
        Assert.Matches("fuel +etl_quarantine +1", told.Output);
        Assert.Contains("nothing was erased", told.Output, StringComparison.Ordinal);
        Assert.NotEqual("0", await CountAsync(pipeline, site));

        var receipt = await ProgramAsync(pipeline, 0, site);
        Assert.Equal(RowsOf(told), RowsOf(receipt));
        Assert.Contains("erased for good at", receipt.Output, StringComparison.Ordinal);
        Assert.Empty(FilesWith(site));
        Assert.Equal(before, await OthersAsync(pipeline, site));
        Assert.NotEqual(stamp, await StampAsync(pipeline));
        Assert.Equal("it named a site that was forgotten", await pipeline.AskOneAsync("SELECT error FROM etl_run FINAL WHERE run = 1"));

        // The source still has it all, and the site goes on reporting; others do, too.
        await pipeline.AddActionAsync(site, 1_000_001, "2026-09-20T10:00:00");
        await pipeline.SourceAsync("INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ($1, 1000002, 'no JSON')", site);
        await pipeline.AddActionAsync("another", 1_000_001, "2026-09-20T10:00:00");
        foreach (var extract in s_extracts)
        {
            // A heal loads what is new before; the months of the extract are few.
            await pipeline.BackfillAsync("2026-07-01", "2026-11-01", extract: extract);
            await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Heal));
            var verified = await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Verify));
            Assert.NotEmpty(verified.Changes);
            Assert.All(verified.Changes, c => Assert.True(c.Same, c.ToString()));
        }

        Assert.Equal("0", await CountAsync(pipeline, site));
        Assert.Equal("1", await pipeline.AskOneAsync("SELECT count() FROM fuel_action WHERE installation_uid = 'another'"));
        Assert.Empty(FilesWith(site));

        // Who was forgotten is told by hash and rows alone; asked again, it is told that nothing is there.
        var list = await ProgramAsync(pipeline, 0);
        Assert.Matches("fuel +[0-9a-f]{12} ", list.Output);
        Assert.DoesNotContain(site, list.Output, StringComparison.Ordinal);
        Assert.Contains("no table has a row of this site", (await ProgramAsync(pipeline, 1, site)).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forget_KilledOnTwoNodes_GoesOnAndLeavesItOutMeanwhile()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, cluster: cluster);
        var site = await FillAsync(pipeline);
        var before = await OthersAsync(pipeline, site);
        var steps = 0;
        await Assert.ThrowsAsync<IOException>(() => ForgetAsync(pipeline, site, _ => Stop(++steps)));

        // Some of its rows are there still; none is added.
        await pipeline.AddActionAsync(site, 1_000_001, "2026-09-20T10:00:00");
        var left = await CountAsync(pipeline, site);
        Assert.NotEqual("0", left);
        foreach (var extract in s_extracts)
        {
            await pipeline.LoadAsync(extract);
        }

        Assert.Equal(left, await CountAsync(pipeline, site));
        await ForgetAsync(pipeline, site, _ => { });
        Assert.Equal("0", await CountAsync(pipeline, site));
        Assert.Equal(before, await OthersAsync(pipeline, site));
        foreach (var extract in s_extracts)
        {
            var verified = await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Verify));
            Assert.All(verified.Changes, c => Assert.True(c.Same, c.ToString()));
        }

        // The wish stands once on each node.
        Assert.Equal(["1", "1"], [.. await pipeline.AskAsync(Wishes), .. await pipeline.AskAsync(Wishes, node: 1)]);
    }

    [Fact]
    public async Task Forget_UuidOfAnotherSystem_LeavesOutWhatCantBeReadToo()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        await pipeline.FillSystemsAsync();
        await pipeline.LoadAsync("foreman/uploads");
        var site = await pipeline.AskOneAsync("SELECT any(site) FROM foreman_plugin");
        var rest = await pipeline.AskOneAsync("SELECT count() FROM foreman_site");
        Assert.Contains(
            "there is no system 'satellite'; known: foreman, fuel, openstack, pulp",
            (await ProgramAsync(pipeline, 1, site, "--system", "satellite")).Errors,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no fact of openstack has a column that",
            (await ProgramAsync(pipeline, 1, site, "--system", "openstack")).Errors,
            StringComparison.Ordinal
        );
        Assert.Contains("of this site", (await ProgramAsync(pipeline, 1, site, "--system", "fuel")).Errors, StringComparison.Ordinal);
        await ProgramAsync(pipeline, 0, site, "--system", "foreman");
        await pipeline.SourceAsync("UPDATE foreman.uploads SET updated_at = now()");
        await pipeline.LoadAsync("foreman/uploads");
        Assert.Equal(
            "0",
            await pipeline.AskOneAsync(
                $"SELECT (SELECT count() FROM foreman_plugin WHERE site = '{site}') + (SELECT count() FROM foreman_site WHERE site = '{site}')"
            )
        );
        Assert.Equal(int.Parse(rest, null) - 1, int.Parse(await pipeline.AskOneAsync("SELECT uniqExact(site) FROM foreman_site"), null));

        // Nothing is there of a site that never came, yet it may stay away.
        await ProgramAsync(pipeline, 0, "never seen", "--system", "fuel", "--force");
        await pipeline.AddActionAsync("never seen", 1, "2026-09-20T10:00:00");
        await pipeline.LoadAsync(Pipeline.Actions);
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_action WHERE installation_uid = 'never seen'"));
    }

    [Fact]
    public async Task Nightly_SiteThatTheSourceErased_IsErasedHereToo()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var site = await FillAsync(pipeline);
        var before = await OthersAsync(pipeline, site);
        foreach (var table in (string[])["action_logs", "installation_structures", "oswl_stats", "tasks_history"])
        {
            await pipeline.SourceAsync($"DELETE FROM {table} WHERE master_node_uid = '{site}'");
        }

        // Others go on reporting: a source that has lost a part of its rows, or its highest id, would be taken for another one.
        await pipeline.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, body)
            SELECT 'another', g, body FROM generate_series(1, 100) AS g, (SELECT body FROM action_logs WHERE body LIKE '{%' LIMIT 1) AS b;
            INSERT INTO tasks_history (master_node_uid, deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status, summary)
            SELECT 'another', deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status, summary FROM tasks_history, generate_series(1, 8)
            """
        );

        // A comparison alone changes nothing; the night's does, and so does healing.
        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Verify));
        var had = await CountAsync(pipeline, site);
        Assert.NotEqual("0", had);
        foreach (var extract in s_extracts)
        {
            var nightly = await pipeline.LoadAsync(extract, new LoadRequest(LoadKind.Verify) { ErasesSites = true });
            Assert.True(nightly.Erased.Count > 0, extract);
            Assert.All(nightly.Changes, c => Assert.True(c.Same, c.ToString()));
        }

        Assert.Equal(["1"], await pipeline.AskAsync("SELECT count() FROM etl_quarantine WHERE has(key, '" + site + "')"));
        Assert.Equal(before, await OthersAsync(pipeline, site));
        Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM etl_forgotten"));

        // So many at once are no wish, unless somebody says so.
        await pipeline.SourceAsync(
            "DELETE FROM installation_structures WHERE master_node_uid IN (SELECT master_node_uid FROM installation_structures ORDER BY 1 LIMIT 12)"
        );
        var sites = int.Parse(await pipeline.AskOneAsync("SELECT uniqExact(installation_uid) FROM fuel_installation"), null);
        var refused = await Assert.ThrowsAsync<WarehouseException>(() =>
            pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Heal))
        );
        Assert.Contains(
            $"has no row of 12 of {sites} sites any longer, too many at once to be their wish",
            refused.Message,
            StringComparison.Ordinal
        );
        await pipeline.LoadAsync(Pipeline.Structures, new LoadRequest(LoadKind.Heal, Force: true));
        Assert.Equal(sites - 12, int.Parse(await pipeline.AskOneAsync("SELECT uniqExact(installation_uid) FROM fuel_installation"), null));
    }

    [Fact]
    public async Task Forget_SitesOfAnyText_GoAndThoseLikeThemStay()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        string[] sites = ["o'brien\\", "\"quoted\"", "ü 漢字 🐘", " blanks ", "a%_b", "{site:String}", "--help", "tab\tline\n"];
        var others = sites.SelectMany(s => (string[])[s + "2", s.ToUpperInvariant() + "U"]).ToList();
        foreach (var site in sites.Concat(others))
        {
            await pipeline.AddActionAsync(site, 1, "2026-09-01T10:00:00");
        }

        await pipeline.LoadAsync();
        foreach (var site in sites.Where(s => s != "--help"))
        {
            await ForgetAsync(pipeline, site, _ => { });
        }

        Assert.Contains("erased for good", (await ProgramAsync(pipeline, 0, "--", "--help")).Output, StringComparison.Ordinal);
        await pipeline.LoadAsync(request: new LoadRequest(LoadKind.Heal));
        var left = await pipeline.AskAsync("SELECT DISTINCT base64Encode(installation_uid) FROM fuel_action");
        Assert.Equal(
            others.Select(o => Convert.ToBase64String(Encoding.UTF8.GetBytes(o))).Order(StringComparer.Ordinal),
            left.Order(StringComparer.Ordinal)
        );
    }

    private const string Wishes = "SELECT count() FROM etl_forgotten WHERE fact = ''";

    // A site that is in every fact of Fuel, by a name that no other test has.
    private static async Task<string> FillAsync(Pipeline pipeline)
    {
        await pipeline.FillSystemsAsync();
        var site = Guid.NewGuid().ToString("N");
        await pipeline.SourceAsync(
            "CREATE TABLE chosen AS SELECT master_node_uid AS uid FROM tasks_history JOIN (SELECT DISTINCT master_node_uid FROM action_logs) AS a USING (master_node_uid) GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        );
        foreach (var table in (string[])["action_logs", "installation_structures", "tasks_history"])
        {
            await pipeline.SourceAsync($"UPDATE {table} SET master_node_uid = '{site}' WHERE master_node_uid = (SELECT uid FROM chosen)");
        }

        await pipeline.SourceAsync(
            $"UPDATE oswl_stats SET master_node_uid = '{site}' WHERE master_node_uid = (SELECT min(master_node_uid) FROM oswl_stats)"
        );
        await pipeline.SourceAsync("INSERT INTO action_logs (master_node_uid, external_id, body) VALUES ($1, 1000000, 'no JSON')", site);
        foreach (var extract in s_extracts)
        {
            await pipeline.LoadAsync(extract);
        }

        return site;
    }

    private static async Task<string> CountAsync(Pipeline pipeline, string site)
    {
        var rows = new List<string>();
        foreach (var fact in Project.Here.Facts().Values.Where(f => f.Name.StartsWith("fuel_", StringComparison.Ordinal)))
        {
            rows.Add($"(SELECT count() FROM {fact.Name} WHERE {fact.SiteColumn} = '{site}')");
        }

        rows.Add($"(SELECT count() FROM etl_quarantine WHERE has(key, '{site}'))");
        return Assert.Single(await pipeline.AskWholeAsync($"SELECT toInt64({string.Join(" + ", rows)})"));
    }

    // All rows of the other sites.
    private static async Task<List<string>> OthersAsync(Pipeline pipeline, string site)
    {
        var sums = new List<string>();
        foreach (var fact in Project.Here.Facts().Values.Where(f => f.Name.StartsWith("fuel_", StringComparison.Ordinal)))
        {
            sums.AddRange(
                await pipeline.AskWholeAsync(
                    $"SELECT '{fact.Name}', count(), sum(cityHash64(* EXCEPT (_run))) FROM {fact.Name} WHERE {fact.SiteColumn} NOT IN ('{site}', 'another')"
                )
            );
        }

        return sums;
    }

    private static async Task<string> StampAsync(Pipeline pipeline)
    {
        var runner = new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System);
        return (await runner.LoadsAsync(Token)).Of("SELECT count() FROM fuel_action").Stamp;
    }

    private List<string> FilesWith(string site)
    {
        var bytes = Encoding.UTF8.GetBytes(site);
        var found = new List<string>();
        var folder = Path.Combine(fixture.Engines.Folder, "clickhouse");
        // The server's log of statements has those of this test, which name the site; the program's don't.
        var files = Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/system/", StringComparison.Ordinal));
        foreach (var file in files)
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var content = new byte[stream.Length];
                var read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
                if (content.AsSpan(0, read).IndexOf(bytes) >= 0)
                {
                    found.Add(file);
                }
            }
            // Other tests drop their tables meanwhile.
            catch (IOException) { }
        }

        return found;
    }

    private static void Stop(int step)
    {
        if (step == 2)
        {
            throw new IOException("killed");
        }
    }

    private static async Task ForgetAsync(Pipeline pipeline, string site, Action<string> progress)
    {
        using var forgetting = new Forgetting(pipeline.Configuration(), pipeline.Project, TimeProvider.System);
        await forgetting.ForgetAsync(site, ["fuel"], "tester", progress, Token);
    }

    private static string RowsOf(Ended ended) =>
        string.Join('\n', ended.Output.Split('\n').Where(l => l.StartsWith("fuel ", StringComparison.Ordinal)).Select(CleanText.Line));

    private static async Task<Ended> ProgramAsync(Pipeline pipeline, int code, params string[] arguments)
    {
        await using var program = ChildProgram.Start("etl/Etl", pipeline.Environment(), ["forget", .. arguments]);
        var ended = await program.WaitAsync();
        Assert.Equal((code, ended.Errors), (ended.Code, ended.Errors));
        return ended;
    }
}
