using Npgsql;
using Reports.Definitions;
using Reports.Mail.Delivery;
using Reports.Mail.Watching;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Rows that a watch finds on the replica are mailed once, also those that are committed late.</summary>
public sealed class WatchTests(EnginesFixture engines)
{
    private static readonly string[] Support = ["support@example.org"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static WatchDefinition Watch { get; } =
        WatchDefinition.ReadFile(Project.Here.PathOf("reports", "watches", "fuel", "failed-deployment.sql")) with
        {
            Group = TimeSpan.Zero,
        };

    [Fact]
    public async Task LookAsync_DeploymentFails_IsMailedAtOnceWithTasksAndContact()
    {
        await using var site = await SiteAsync();
        await FailAsync(site.Source, "old", 1);
        await using var watcher = site.Watcher(Watch);
        Assert.Empty(await watcher.LookAsync(Support, Token));
        await site.Source.SourceAsync(
            """
            INSERT INTO installation_structures (master_node_uid, structure, creation_date, release) VALUES
              ('a', '{"user_information": {"contact_info_provided": true, "name": "Zoë Quux", "email": "zoe@quux.example", "company": "Quux Ltd"}}', now(), '9.0'),
              ('b', '{"user_information": {"contact_info_provided": false, "name": "Secret Person", "email": "secret@quux.example", "company": "Hidden"}}', now(), '8.0');
            INSERT INTO tasks_history (master_node_uid, deployment_task_id, cluster_id, task_name, node_id, status) VALUES ('a', 1, 7, 'database', 'master', 'ready'), ('a', 1, 7, 'keystone', '3', 'error'), ('a', 1, 8, 'elsewhere', '3', 'error');
            INSERT INTO action_logs (master_node_uid, external_id, action_name, body) VALUES ('a', 1, 'deploy', 'no document'), ('a', 2, 'ostf', '{"additional_info": {"ended_with_status": "error"}}'),
              ('a', 3, 'deploy', '{"additional_info": {"ended_with_status": "ready"}}')
            """
        );
        await FailAsync(site.Source, "a", 4);
        await FailAsync(site.Source, "b", 1);

        Assert.Single(await watcher.LookAsync(Support, Token));
        Assert.Empty(await watcher.LookAsync(Support, Token));

        var mail = Assert.Single(site.Mails.To(Support[0]));
        var text = Mails.TextOf(mail);
        Assert.Equal("Deployments that failed (2)", Mails.Header(mail, "Subject"));
        Assert.Contains("What the installer said: It <broke>.", text, StringComparison.Ordinal);
        Assert.Contains("The last tasks: ready  node master  database\n    error  node 3  keystone\n", text, StringComparison.Ordinal);
        Assert.Contains("Contact: Zoë Quux\nCompany: Quux Ltd\nE-mail: zoe@quux.example\n", text, StringComparison.Ordinal);
        Assert.Contains("It &lt;broke&gt;.", Mails.HtmlOf(mail), StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("elsewhere", text, StringComparison.Ordinal);
        Assert.DoesNotContain("old", text, StringComparison.Ordinal);
        // That mail, and nowhere else.
        var ledger = string.Join(
            '\n',
            (await site.Source.Warehouse.QueryAsync("SELECT toString(tuple(*)) FROM report_delivery", Token)).Texts
        );
        Assert.All((string[])["Quux", "quux", "broke", "keystone"], word => Assert.DoesNotContain(word, ledger, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LookAsync_CommitsComeOutOfOrder_MissesNoneAndMailsNoneTwice()
    {
        await using var site = await SiteAsync();
        // Without the overlap that would hide it: the rule alone.
        await using var watcher = site.Watcher(Watch with { Overlap = "0" });
        await FailAsync(site.Source, "before", 1);
        await watcher.LookAsync(Support, Token);
        await using var late = new NpgsqlConnection(site.Source.PrimaryConnection + ";Pooling=false");
        await late.OpenAsync(Token);
        await using var transaction = await late.BeginTransactionAsync(Token);
        await using (var insert = new NpgsqlCommand(Failure("late", 1), late, transaction))
        {
            await insert.ExecuteNonQueryAsync(Token);
        }

        for (var i = 1; i <= 3; i++)
        {
            await FailAsync(site.Source, "early", i);
            await watcher.LookAsync(Support, Token);
            await watcher.LookAsync(Support, Token);
        }

        Assert.Equal(3, site.Mails.To(Support[0]).Count);
        await transaction.CommitAsync(Token);
        await engines.WaitForReplicaAsync(Token);
        await watcher.LookAsync(Support, Token);
        await watcher.LookAsync(Support, Token);

        Assert.Equal(
            ["early", "early", "early", "late"],
            site.Mails.To(Support[0]).Select(m => Mails.TextOf(m).Split("Installation: ")[1].Split('\n')[0])
        );
    }

    [Fact]
    public async Task LookAsync_Storm_IsGrouped()
    {
        await using var site = await SiteAsync();
        await using var watcher = site.Watcher(Watch with { Group = TimeSpan.FromSeconds(3) });
        await watcher.LookAsync(Support, Token);
        await FailAsync(site.Source, "first", 1);
        await watcher.LookAsync(Support, Token);
        for (var i = 0; i < 5; i++)
        {
            await site.Source.SourceAsync(string.Concat(Enumerable.Range(1, 60).Select(n => Failure($"storm{i}", n) + ";")));
            Assert.Empty(await watcher.LookAsync(Support, Token));
        }

        await Task.Delay(TimeSpan.FromSeconds(3.2), Token);
        await watcher.LookAsync(Support, Token);

        Assert.Equal(
            ["Deployments that failed", "Deployments that failed (300)"],
            site.Mails.To(Support[0]).Select(m => Mails.Header(m, "Subject"))
        );
        Assert.Contains("storm4 · 60", Mails.TextOf(site.Mails.To(Support[0])[1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookAsync_DocumentsThatPostgresStumblesOver_KeepNoFailureBack()
    {
        await using var site = await SiteAsync();
        await using var watcher = site.Watcher(Watch);
        await watcher.LookAsync(Support, Token);
        await site.Source.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, action_name, body) VALUES
              ('zero', 1, 'deploy', '{"x": "\u0000", "additional_info": {"ended_with_status": "error"}}'),
              ('half', 1, 'deploy', '{"x": "\ud83d and more", "additional_info": {"ended_with_status": "error"}}'),
              ('odd', 1, 'deploy', '{"cluster_id": "99999999999x", "x": "\ud83d\ude00", "additional_info": {"ended_with_status": "error"}}')
            """
        );
        await FailAsync(site.Source, "fine", 1);

        await watcher.LookAsync(Support, Token);

        Assert.Equal(["odd", "fine"], Rows(site.Mails, Support[0]));
    }

    [Fact]
    public async Task LookAsync_AnotherTablesOddDocuments_KeepNoFailureBack()
    {
        await using var site = await SiteAsync();
        // One column goes along as json, 70 levels deep.
        using var project = new ProjectCopy();
        project.Write(
            "etl/extracts/fuel/deep.sql",
            File.ReadAllText(Watch.Path)
                .Replace(
                    "  a.external_id AS operation,\n",
                    "  a.external_id AS operation,\n  (SELECT structure -> 'deep' FROM installation_structures AS s WHERE s.master_node_uid = a.master_node_uid AND s.master_node_uid = 'deep') AS deep,\n",
                    StringComparison.Ordinal
                )
        );
        await using var watcher = site.Watcher(
            WatchDefinition.ReadFile(project.PathOf("etl/extracts/fuel/deep.sql")) with
            {
                Group = TimeSpan.Zero,
            }
        );
        await watcher.LookAsync(Support, Token);
        string[] sites = ["zero", "half", "deep", "fine"];
        string[] documents =
        [
            """{"user_information": {"contact_info_provided": true, "name": "x\u0000y"}}""",
            """{"x": "\ud83d"}""",
            $$"""{"deep": {{new string('[', 70)}}{{new string(']', 70)}} }""",
        ];
        await site.Source.SourceAsync(
            "INSERT INTO installation_structures (master_node_uid, structure, creation_date) SELECT site, document::json, now() FROM unnest($1, $2) AS t (site, document)",
            sites[..3],
            documents
        );
        foreach (var of in sites)
        {
            await FailAsync(site.Source, of, 1);
        }

        await watcher.LookAsync(Support, Token);

        Assert.Equal(sites, Rows(site.Mails, Support[0]));
    }

    [Fact]
    public async Task LookAsync_ThreeFailuresInARow_AreAnAlertAndThenAnAllClear()
    {
        await using var site = await SiteAsync();
        await site.Source.SourceAsync("ALTER TABLE tasks_history RENAME TO history");
        await using var watcher = site.Watcher(Watch);
        var looks = new WatchFailures(Watch, watcher, site.Post.All.Alerts, Support, ["operator@example.org"]);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(i < 3 ? 0 : 1, site.Mails.To("operator@example.org").Count);
            await Assert.ThrowsAsync<SourceException>(() => looks.LookAsync(Token));
        }

        var alert = Assert.Single(site.Mails.To("operator@example.org"));
        Assert.Equal("Alert: a watch fails: Deployments that failed", Mails.Header(alert, "Subject"));
        Assert.Contains("42P01", Mails.TextOf(alert), StringComparison.Ordinal);
        await site.Source.SourceAsync("ALTER TABLE history RENAME TO tasks_history");
        await looks.LookAsync(Token);
        await looks.LookAsync(Token);
        Assert.Equal(
            "All clear: a watch fails: Deployments that failed",
            Mails.Header(site.Mails.To("operator@example.org")[^1], "Subject")
        );
        Assert.Equal(2, site.Mails.To("operator@example.org").Count);
        Assert.Empty(site.Mails.To(Support[0]));
    }

    [Fact]
    public async Task LookAsync_ManyMoreThanAMailHolds_MailsAllOfThem()
    {
        await using var site = await SiteAsync();
        await using var watcher = site.Watcher(Watch);
        await watcher.LookAsync(Support, Token);
        await site.Source.SourceAsync(
            """
            INSERT INTO action_logs (master_node_uid, external_id, action_name, body)
            SELECT 'many', n, 'deploy', '{"cluster_id": 7, "additional_info": {"ended_with_status": "error"}}' FROM generate_series(1, 2500) AS n
            """
        );

        for (var i = 0; i < 4; i++)
        {
            await watcher.LookAsync(Support, Token);
        }

        Assert.Equal(
            ["Deployments that failed (1,000)", "Deployments that failed (1,000)", "Deployments that failed (500)"],
            site.Mails.To(Support[0]).Select(m => Mails.Header(m, "Subject"))
        );
    }

    [Fact]
    public async Task LookAsync_TwoAtOnceAndRestarted_MailsEachRowOnceToEach()
    {
        await using var site = await SiteAsync();
        string[] to = ["ann@example.org", "busy@example.org"];
        await using (var first = site.Watcher(Watch))
        {
            await first.LookAsync(to, Token);
        }

        // While nobody looks.
        await FailAsync(site.Source, "down", 1);
        await using var one = site.Watcher(Watch);
        await using var two = site.Watcher(Watch);
        for (var i = 1; i <= 4; i++)
        {
            await FailAsync(site.Source, "up", i);
            await Task.WhenAll(one.LookAsync(to, Token), two.LookAsync(to, Token));
        }

        await Wait.UntilAsync(
            async () =>
            {
                await Task.WhenAll(one.LookAsync(to, Token), two.LookAsync(to, Token));
                return Rows(site.Mails, to[0]).Count >= 5;
            },
            "each row is mailed"
        );

        Assert.Equal(["down", "up", "up", "up", "up"], Rows(site.Mails, to[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task LookAsync_ColumnThatIsNotThere_SaysWhichThereAre()
    {
        await using var site = await SiteAsync();
        await using var watcher = site.Watcher(Watch with { Cursor = "nix" });

        var fault = await Assert.ThrowsAsync<SourceException>(() => watcher.LookAsync(Support, Token));

        Assert.Contains("reports/watches/fuel/failed-deployment.sql: PostgreSQL 42703", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookAsync_PrimaryInPlaceOfTheReplica_IsRefused()
    {
        await using var site = await SiteAsync();
        await using var watcher = site.Post.All.Watcher(Watch, site.Source.PrimaryConnection, false);

        var fault = await Assert.ThrowsAsync<SourceException>(() => watcher.LookAsync(Support, Token));

        Assert.Contains("ConnectionStrings__Fuel points at a server that is not a replica", fault.Message, StringComparison.Ordinal);
    }

    private static List<string> Rows(MailServer mails, string address) =>
        [.. mails.To(address).SelectMany(m => Mails.TextOf(m).Split("Installation: ").Skip(1)).Select(t => t.Split('\n')[0])];

    private static string Failure(string site, int number) =>
        $$"""
            INSERT INTO action_logs (master_node_uid, external_id, action_name, body) VALUES ('{{site}}', {{number}}, 'deploy',
              '{"cluster_id": 7, "start_timestamp": "2026-11-22T05:00:00", "additional_info": {"ended_with_status": "error", "message": "It <broke>."} }')
            """;

    private static Task FailAsync(Pipeline source, string site, int number) => source.SourceAsync(Failure(site, number));

    private async Task<Site> SiteAsync() => new(await Pipeline.CreateAsync(engines), await MailServer.StartAsync(), engines);

    /// <summary>A source, a warehouse and a mail server.</summary>
    private sealed class Site(Pipeline source, MailServer mails, EnginesFixture engines) : IAsyncDisposable
    {
        public Pipeline Source => source;

        public MailServer Mails => mails;

        public Post Post { get; } =
            new(
                new ClickHouseClient(
                    new WarehouseOptions
                    {
                        Url = engines.Engines.ClickHouse.Url,
                        Database = source.Warehouse.Database,
                        User = Engines.ClickHouseServer.Reader,
                        Password = Engines.ClickHouseServer.Reader,
                    }
                ),
                mails,
                DateTimeOffset.UtcNow
            );

        public Watcher Watcher(WatchDefinition watch) => Post.All.Watcher(watch, source.Environment()["ConnectionStrings__Fuel"], false);

        public async ValueTask DisposeAsync()
        {
            Post.Dispose();
            await mails.DisposeAsync();
            source.Dispose();
        }
    }
}
