using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Engines;
using Etl.Loading;
using Reports;
using Reports.Tests;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// A warehouse of two nodes: each row is on one of them, all rows of an installation are on the same, and reports read both.
/// </summary>
public sealed partial class NodesTests(EnginesFixture fixture, ClusterFixture cluster, NodesTests.Warehouse warehouse)
    : IClassFixture<ClusterFixture>,
        IClassFixture<NodesTests.Warehouse>
{
    private static readonly string[] Loaded =
    [
        "fuel_action",
        "fuel_health_check",
        "fuel_installation",
        "fuel_environment",
        "fuel_node",
        "fuel_plugin",
        "etl_quarantine",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ReportTestCases.Richest), MemberType = typeof(ReportTestCases))]
    public async Task Report_OnTwoNodes_AnswersAsExpected(string report, string name)
    {
        var engine = await warehouse.EngineAsync(fixture, cluster);
        try
        {
            await ReportTestCases.CheckAsync(report, name, engine, warehouse.Schema, Token);
        }
        catch (ReportException e) when (BrokeOff().IsMatch(e.Message))
        {
            // A server out of the library ends where its client breaks off, as the first node does when it needs no more rows of the second.
            // A server of its own notes that in its log.
            await cluster.StartAsync();
            await ReportTestCases.CheckAsync(report, name, engine, warehouse.Schema, Token);
        }
    }

    [Fact]
    public async Task RunAsync_TwoNodes_ShareTheRowsByInstallation()
    {
        using var one = await Pipeline.CreateFilledAsync(fixture);
        using var two = await FilledAsync();
        foreach (var extract in (string[])[Pipeline.Actions, Pipeline.Structures])
        {
            var (alone, shared) = (await one.LoadAsync(extract), await two.LoadAsync(extract));
            Assert.Equal((alone.Run.RowsRead, alone.Run.RowsQuarantined), (shared.Run.RowsRead, shared.Run.RowsQuarantined));
        }

        using var whole = two.Whole();
        foreach (var table in Loaded)
        {
            var rows = $"SELECT toString(tuple(* EXCEPT (_run{(table == "etl_quarantine" ? ", cursor" : "")}))) FROM {table}";
            List<string> shares = [.. await two.AskAsync(rows), .. await two.AskAsync(rows, node: 1)];
            var alone = (await one.AskAsync(rows)).Order(StringComparer.Ordinal).ToList();
            Assert.Equal(alone, shares.Order(StringComparer.Ordinal));
            Assert.Equal(alone, (await whole.QueryAsync(rows, Token)).Texts.Order(StringComparer.Ordinal));
        }

        const string Sites = "SELECT DISTINCT installation_uid FROM fuel_action UNION DISTINCT SELECT installation_uid FROM fuel_node";
        var (first, other) = (await two.AskAsync(Sites), await two.AskAsync(Sites, node: 1));
        Assert.True(first.Count > 10 && other.Count > 10, $"shared out as {first.Count} and {other.Count} installations");
        Assert.Empty(first.Intersect(other));

        // Compared and loaded anew, each node by itself.
        var verified = await two.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify));
        Assert.True(verified.Changes.Count > 2 && verified.Changes.All(c => c.Same));
        await two.BackfillAsync("2026-01-01", "2027-01-01");
        Assert.Equal(
            await one.AskOneAsync("SELECT count() FROM fuel_action"),
            (await whole.QueryAsync("SELECT count() FROM fuel_action", Token)).Texts.Single()
        );
    }

    [Fact]
    public async Task Programs_TwoNodes_SayWhatOneSays()
    {
        using var one = await Pipeline.CreateFilledAsync(fixture);
        using var two = await FilledAsync();
        foreach (var pipeline in (Pipeline[])[one, two])
        {
            await pipeline.LoadAsync();
            await pipeline.LoadAsync(Pipeline.Structures);
        }

        foreach (
            var report in (string[])["fuel/os-distribution", "fuel/deployment-time", "fuel/health-checks", "fuel/failures-before-success"]
        )
        {
            var (alone, both) = (await ReportAsync(one, report), await ReportAsync(two, report));
            Assert.Equal((0, ""), (both.Code, both.Errors));
            Assert.Equal(Rounded(alone.Output), Rounded(both.Output));
        }

        await using var status = ChildProgram.Start("etl/Etl", two.Environment(), "status");
        var shown = await status.WaitAsync();
        Assert.Contains("quarantine", shown.Output, StringComparison.OrdinalIgnoreCase);

        // A report that knew of one node would show half of it all.
        var half = await ReportAsync(two, "fuel/os-distribution", ("Warehouse__Url", cluster.First.Url));
        Assert.Equal(1, half.Code);
        Assert.Contains(
            "is node 1 of 2, and Warehouse__Url has it as node 1 of 1",
            Assert.Single(half.ErrorLines),
            StringComparison.Ordinal
        );
        var turned = await Assert.ThrowsAsync<WarehouseException>(() =>
            two.LoadAsync(Pipeline.Actions, null, ("Warehouse:Url", $"{cluster.Second.Url} {cluster.First.Url}"))
        );
        Assert.Matches(
            "is node (2 of 2, and Warehouse__Url has it as node 1|1 of 2, and Warehouse__Url has it as node 2) of 2",
            turned.Message
        );
    }

    [Fact]
    public async Task RunAsync_OneNodeIsGone_PublishesOnNone()
    {
        using var pipeline = await FilledAsync();
        await cluster.Second.KillAsync(Token);
        try
        {
            var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.LoadAsync());
            Assert.Contains($"no connection to the warehouse at {cluster.Second.Url}", fault.Message, StringComparison.Ordinal);
            Assert.Equal("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_action"));
            var report = await ReportAsync(pipeline, "fuel/os-distribution");
            Assert.Equal((1, ""), (report.Code, report.Output));
            Assert.Contains(
                "a node of the warehouse doesn't answer, and its rows would be missing",
                Assert.Single(report.ErrorLines),
                StringComparison.Ordinal
            );
        }
        finally
        {
            await cluster.Second.StartAsync(Token);
        }

        await pipeline.LoadAsync();
        using var whole = pipeline.Whole();
        Assert.Equal(
            await pipeline.AskOneAsync("SELECT rows_read - rows_quarantined FROM etl_run WHERE outcome = 'published'"),
            (await whole.QueryAsync("SELECT count() FROM fuel_action", Token)).Texts.Single()
        );
    }

    [Fact]
    public async Task Web_NodeIsDown_AnswersWithoutItsRowsWhereAskedToAndSaysSo()
    {
        using var pipeline = await FilledAsync();
        await pipeline.LoadAsync();
        await pipeline.LoadAsync(Pipeline.Structures);
        const string Report = "/api/reports/fuel/release-distribution";
        await using var strict = await ServeAsync(pipeline);
        await using var lenient = await ServeAsync(pipeline, ("Web__SkipDownNodes", "true"));
        var whole = await FoundAsync(lenient);
        Assert.Equal(whole, await FoundAsync(strict));
        Assert.Equal("", whole.Note);
        await cluster.Second.KillAsync(Token);
        try
        {
            await Wait.UntilAsync(
                async () => (await lenient.JsonAsync(Report)).Json.TryGetProperty("note", out var n) && n.GetString() is { },
                "it notices"
            );
            var part = await FoundAsync(lenient);
            Assert.Equal(
                $"Node {new Uri(cluster.Second.Url).Authority} of the warehouse doesn't answer: these figures are without its rows, and too low.",
                part.Note
            );
            Assert.InRange(part.Installations, 1, whole.Installations - 1);
            Assert.Equal(
                await pipeline.AskOneAsync(
                    "SELECT uniqExact(installation_uid) FROM fuel_installation WHERE (installation_uid, reported_at) IN (SELECT installation_uid, max(reported_at) FROM fuel_installation GROUP BY 1) AND NOT is_filtered"
                ),
                part.Installations.ToString(CultureInfo.InvariantCulture)
            );
            Assert.Contains(
                part.Note,
                WebUtility.HtmlDecode(await lenient.TextAsync("/reports/fuel/release-distribution")),
                StringComparison.Ordinal
            );
            // What was asked before may be told again; what wasn't is refused.
            var (status, refused) = await strict.JsonAsync("/api/reports/fuel/os-distribution");
            Assert.True(status >= 500, $"{status}");
            Assert.Contains("a node of the warehouse doesn't answer", refused.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            await cluster.Second.StartAsync(Token);
        }

        await Wait.UntilAsync(async () => await FoundAsync(lenient) == whole, "all is there again");

        static async Task<(long Installations, string Note)> FoundAsync(WebSite site)
        {
            var (status, json) = await site.JsonAsync(Report);
            Assert.Equal(200, status);
            return (
                json.GetProperty("rows").EnumerateArray().Sum(r => r.GetProperty("installations").GetInt64()),
                json.TryGetProperty("note", out var note) ? note.GetString() ?? "" : ""
            );
        }
    }

    [Fact]
    public async Task RunAsync_NodeFailsWhilePublishing_IsToldUntilTheNextLoad()
    {
        using var pipeline = await FilledAsync();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() =>
            pipeline.LoadAsync(
                Pipeline.Actions,
                null,
                p =>
                {
                    if (p.Doing == "publishing")
                    {
                        pipeline.Nodes[1].ExecuteAsync("RENAME TABLE fuel_health_check TO gone", Token).GetAwaiter().GetResult();
                    }
                }
            )
        );
        Assert.Contains("fuel_health_check", fault.Message, StringComparison.Ordinal);
        Assert.NotEqual("0", await pipeline.AskOneAsync("SELECT count() FROM fuel_health_check"));
        Assert.Equal("half", await pipeline.AskOneAsync("SELECT outcome FROM etl_run ORDER BY run DESC LIMIT 1"));

        await pipeline.Nodes[1].ExecuteAsync("RENAME TABLE gone TO fuel_health_check", Token);
        var half = await ReportAsync(pipeline, "fuel/health-checks");
        Assert.Equal(0, half.Code);
        Assert.Matches(
            "^note: A load of fuel/action_logs at .* UTC ended while it put its rows in: until it has run again some of them may be counted and others not\\.$",
            Assert.Single(half.ErrorLines)
        );
        // Of facts that it doesn't load, nothing is said.
        Assert.Equal((0, ""), (await ReportAsync(pipeline, "fuel/os-distribution")) is var other ? (other.Code, other.Errors) : default);

        await pipeline.LoadAsync();
        Assert.Equal((0, ""), (await ReportAsync(pipeline, "fuel/health-checks")) is var whole ? (whole.Code, whole.Errors) : default);
        Assert.All((await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify))).Changes, c => Assert.True(c.Same));
    }

    [Fact]
    public async Task MigrateAsync_AnotherNumberOfNodes_IsRefused()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync();
        var fault = await Assert.ThrowsAsync<WarehouseException>(() =>
            pipeline.MigrateAsync($"{pipeline.Warehouse.Url} {cluster.Second.Url}")
        );
        Assert.Contains("is node 1 of 1, and Warehouse__Url has it as node 1 of 2", fault.Message, StringComparison.Ordinal);
    }

    // The second server's cluster of that name holds itself alone.
    [Fact]
    public async Task MigrateAsync_ClusterOfOtherServers_IsRefused()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false, cluster: cluster);
        var fault = await Assert.ThrowsAsync<WarehouseException>(() => pipeline.MigrateAsync($"{cluster.Second.Url} {cluster.First.Url}"));
        Assert.Contains(
            "isn't made of the 2 nodes of Warehouse__Url: it has 1 servers, 1 of them among these",
            fault.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Retention_TwoNodes_KeepsTheFigures()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, cluster: cluster);
        await RetentionTests.KeepFiguresAsync(pipeline);
    }

    private async Task<Pipeline> FilledAsync()
    {
        var pipeline = await Pipeline.CreateAsync(fixture, cluster: cluster);
        await Collector.CollectorLoader.FillAsync(pipeline.PrimaryConnection + ";Pooling=false", Pipeline.Small, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        return pipeline;
    }

    private static Task<WebSite> ServeAsync(Pipeline pipeline, params (string Name, string Value)[] settings)
    {
        var program = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "reports.dll"), "serve", "--port", "0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in pipeline.Environment([("WAREHOUSE_ROOT", ChildProgram.Root), .. settings]))
        {
            program.Environment[name] = value;
        }

        return WebSite.StartAsync(Process.Start(program)!);
    }

    // The last digits of an average depend on the order in which it is added up.
    private static string Rounded(string csv) =>
        Number().Replace(csv, m => double.Parse(m.Value, CultureInfo.InvariantCulture).ToString("G10", CultureInfo.InvariantCulture));

    [GeneratedRegex("due to a fatal error|broke off|no connection")]
    private static partial Regex BrokeOff();

    [GeneratedRegex(@"\d+\.\d+")]
    private static partial Regex Number();

    private static async Task<Ended> ReportAsync(Pipeline pipeline, string report, params (string Name, string Value)[] settings)
    {
        await using var program = ChildProgram.Start("reports/Reports.Cli", pipeline.Environment(settings), "run", report);
        return await program.WaitAsync();
    }

    /// <summary>One database for all cases; each begins by emptying what the one before filled.</summary>
    public sealed class Warehouse : IAsyncDisposable
    {
        private ReportTestClickHouse? engine;

        /// <summary>The committed snapshot.</summary>
        public SchemaSnapshot Schema { get; } = SchemaSnapshot.Of(Project.Here);

        internal async Task<ReportTestClickHouse> EngineAsync(EnginesFixture fixture, ClusterFixture cluster) =>
            engine ??= await ReportTestClickHouse.CreateAsync(
                new WarehouseOptions
                {
                    Url = cluster.Url,
                    Cluster = ClusterFixture.Cluster,
                    Database = fixture.NewName(),
                    User = ClickHouseServer.Administrator,
                },
                Schema,
                Token
            );

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            try
            {
                await (engine?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
            catch (WarehouseException)
            {
                // The servers have gone, and the database with them.
            }
        }
    }
}
