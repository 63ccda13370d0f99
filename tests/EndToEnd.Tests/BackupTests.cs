using Etl.Backups;
using Etl.Loading;
using Reports.Mail.Delivery;
using WarehouseSql.ClickHouse;
using WarehouseSql.Programs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A warehouse that is lost and comes back from its backup: nothing is missing, nothing is there twice, no mail comes again.</summary>
public sealed class BackupTests(EnginesFixture fixture, ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private static readonly string[] Facts = ["fuel_action", "fuel_health_check"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restore_WarehouseIsLost_ComesBackAndLoadsGoOn()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        var place = Place("lost");
        await pipeline.LoadAsync();
        var full = await BackUpAsync(pipeline, place, "first-" + pipeline.Warehouse.Database);
        Assert.Equal(("full", ""), (full.Kind, full.Base));

        // What comes later is in the second one, and nothing else: loads go on while it is made.
        await pipeline.AddActionAsync("later", 1, "2026-09-01T00:00:00");
        await pipeline.LoadAsync();
        var before = await pipeline.ChecksumsAsync(Facts);
        var second = await BackUpAsync(pipeline, place, "second-" + pipeline.Warehouse.Database);
        Assert.Equal(("incremental", full.Name), (second.Kind, second.Base));
        Assert.True(second.Rows > full.Rows);
        await pipeline.AddActionAsync("after", 1, "2026-09-02T00:00:00");
        await pipeline.LoadAsync();
        Assert.Empty(
            await pipeline.AskAsync("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '\\\\_backup%'")
        );

        Assert.Equal(
            second.Rows,
            await new Restore(pipeline.Configuration(place), pipeline.Project, TimeProvider.System).CheckAsync(second.Name, _ => { }, Token)
        );
        await pipeline.Warehouse.ExecuteAsync($"DROP DATABASE {pipeline.Warehouse.Database} SYNC", Token);
        await RestoreAsync(pipeline, place, second.Name);
        Assert.Equal(before, await pipeline.ChecksumsAsync(Facts));

        // What was loaded since the backup is read again, once.
        await pipeline.LoadAsync();
        Assert.Equal("1", await pipeline.AskOneAsync("SELECT count() FROM fuel_action WHERE installation_uid = 'after'"));
        Assert.All(
            (await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify))).Changes,
            c => Assert.True(c.Same, c.ToString())
        );
        Assert.Equal(
            ["first full good", "second incremental good", "second restore good"],
            (
                await pipeline.AskAsync(
                    "SELECT concat(splitByChar('-', name)[1], ' ', kind, ' ', outcome) FROM etl_backup FINAL ORDER BY ALL"
                )
            )
        );
        // The next one goes on from the full one as before.
        Assert.Equal(full.Name, (await BackUpAsync(pipeline, place, "third-" + pipeline.Warehouse.Database)).Base);

        var notEmpty = await Assert.ThrowsAsync<UserException>(() => RestoreAsync(pipeline, place, second.Name));
        Assert.Contains("isn't empty, and nothing is restored over what is there", notEmpty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_WhileLoadsPublish_IsWhole()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        var place = Place("busy");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var loads = Task.Run(
            async () =>
            {
                for (var n = 1; !stop.IsCancellationRequested; n++)
                {
                    await pipeline.AddActionAsync($"busy {n}", 1, "2026-09-01T00:00:00");
                    await pipeline.LoadAsync();
                    await pipeline.BackfillAsync("2026-09-01", "2026-10-01");
                }
            },
            Token
        );
        var names = new List<string>();
        for (var n = 1; n <= 3; n++)
        {
            names.Add((await BackUpAsync(pipeline, place, $"busy{n}-{pipeline.Warehouse.Database}")).Name);
        }

        await stop.CancelAsync();
        await loads;
        await pipeline.LoadAsync();
        var now = await pipeline.ChecksumsAsync(Facts);
        foreach (var name in names)
        {
            await pipeline.Warehouse.ExecuteAsync($"DROP DATABASE {pipeline.Warehouse.Database} SYNC", Token);
            await RestoreAsync(pipeline, place, name);
            await pipeline.LoadAsync();
            Assert.Equal(now, await pipeline.ChecksumsAsync(Facts));
        }
    }

    [Fact]
    public async Task Backup_WhatCannotBe_EndsWithAClearLine()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync();
        foreach (var wrong in (string[])["", "File('x')", "'/var/{name}'"])
        {
            Assert.Contains(
                "Warehouse__Backups: expected where ClickHouse",
                (await FaultAsync(pipeline, ("Warehouse:Backups", wrong), "a")).Message,
                StringComparison.Ordinal
            );
        }

        Assert.Contains("expected a backup's name", (await FaultAsync(pipeline, Place("x"), "../a")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "not allowed",
            (await FaultAsync(pipeline, ("Warehouse:Backups", "File('/proc/{name}')"), "a")).Message,
            StringComparison.Ordinal
        );
        Assert.Equal("failed", await pipeline.AskOneAsync("SELECT outcome FROM etl_backup FINAL WHERE kind = 'full'"));

        // One that lost a file, and one that never was.
        var place = Place("damaged");
        var name = "damaged-" + pipeline.Warehouse.Database;
        await BackUpAsync(pipeline, place, name);
        var folder = Path.Combine(fixture.Engines.ClickHouse.Backups, "damaged", name);
        var largest = new DirectoryInfo(folder).EnumerateFiles("*.bin", SearchOption.AllDirectories).MaxBy(f => f.Length)!;
        await File.WriteAllBytesAsync(largest.FullName, new byte[largest.Length], Token);
        var restore = new Restore(pipeline.Configuration(place), pipeline.Project, TimeProvider.System);
        await Assert.ThrowsAnyAsync<UserException>(() => restore.CheckAsync(name, _ => { }, Token));
        Assert.Empty(await pipeline.AskAsync($"SELECT name FROM system.databases WHERE name = '{pipeline.Warehouse.Database}_check'"));
        var none = await Assert.ThrowsAsync<UserException>(() => restore.CheckAsync("none", _ => { }, Token));
        Assert.StartsWith("there is no backup none where Warehouse__Backups says", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_TwoNodes_EachGetsItsShare()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture, cluster: cluster);
        await Collector.CollectorLoader.FillAsync(pipeline.PrimaryConnection + ";Pooling=false", Pipeline.Small, cancellationToken: Token);
        await fixture.WaitForReplicaAsync(Token);
        await pipeline.LoadAsync();
        // Each server has a folder of its own.
        var place = ("Warehouse:Backups", "File('two/{name}')");
        var name = "two-" + pipeline.Warehouse.Database;
        var whole = await pipeline.AskWholeAsync("SELECT count(), sum(cityHash64(toString(tuple(* EXCEPT (_run))))) FROM fuel_action");
        await BackUpAsync(pipeline, place, name);
        foreach (var node in pipeline.Nodes)
        {
            await node.ExecuteAsync($"DROP DATABASE {node.Database} SYNC", Token);
        }

        using var server = pipeline.Warehouse.WithDatabase("");
        await server.ExecuteAsync($"DROP DATABASE {pipeline.Warehouse.Database}_all SYNC", Token);
        await RestoreAsync(pipeline, place, name);
        Assert.Equal(
            whole,
            await pipeline.AskWholeAsync("SELECT count(), sum(cityHash64(toString(tuple(* EXCEPT (_run))))) FROM fuel_action")
        );
        Assert.All(
            (await pipeline.LoadAsync(Pipeline.Actions, new LoadRequest(LoadKind.Verify))).Changes,
            c => Assert.True(c.Same, c.ToString())
        );
    }

    [Fact]
    public async Task Restore_MailsThatWereSentSince_DontComeAgain()
    {
        using var pipeline = await Pipeline.CreateFilledAsync(fixture);
        await pipeline.LoadAsync();
        await using var server = await MailServer.StartAsync();
        using var post = new Post(
            new ClickHouseClient(WarehouseOptions.Read(pipeline.Configuration())),
            server,
            DateTimeOffset.Parse("2026-11-12T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture)
        );
        var digest = post.Digest("restored", ["ann@example.org"], "if_late: send\nwait: 1m");
        Assert.Empty(await post.All.Digests.SendDueAsync(digest, Token));
        var place = Place("mails");
        var name = "mails-" + pipeline.Warehouse.Database;
        await BackUpAsync(pipeline, place, name);
        post.Clock.Set("2026-11-16 07:00");
        await post.All.Digests.SendDueAsync(digest, Token);
        Assert.Equal(1, server.Counts()["ann@example.org"]);

        await pipeline.Warehouse.ExecuteAsync($"DROP DATABASE {pipeline.Warehouse.Database} SYNC", Token);
        await RestoreAsync(pipeline, place, name);
        var held = await Assert.ThrowsAsync<Reports.ReportException>(() => post.All.Digests.SendDueAsync(digest, Token));
        Assert.Contains("so no mail is sent: load first", held.Message, StringComparison.Ordinal);
        Assert.Equal(1, server.Counts()["ann@example.org"]);

        post.All.SkipsAfterRestore = true;
        await post.All.Digests.SendDueAsync(digest, Token);
        Assert.Equal([Standing.Skipped], (await post.StandingsAsync("restored")).Values);
        await using (
            var settled = ChildProgram.Start(
                "reports/Reports.Cli",
                pipeline.Environment([.. server.Settings(), ("WAREHOUSE_ROOT", ChildProgram.Root)]),
                "deliveries",
                "--restored"
            )
        )
        {
            var ended = await settled.WaitAsync();
            Assert.Contains("mails go on with what comes", ended.Errors, StringComparison.Ordinal);
            Assert.Equal(0, ended.Code);
        }

        post.All.SkipsAfterRestore = false;
        await post.All.Digests.SendDueAsync(digest, Token);
        Assert.Equal(1, server.Counts()["ann@example.org"]);
        post.Clock.Set("2026-11-23 07:00");
        await post.All.Digests.SendDueAsync(digest, Token);
        Assert.Equal(2, server.Counts()["ann@example.org"]);
    }

    private static (string, string) Place(string folder) => ("Warehouse:Backups", $"File('{folder}/{{name}}')");

    private static async Task<BackupEntry> BackUpAsync(Pipeline pipeline, (string, string) place, string name)
    {
        using var backup = new Backup(pipeline.Configuration(place), pipeline.Project, TimeProvider.System);
        return await backup.RunAsync(name, full: false, _ => { }, Token);
    }

    private static async Task<UserException> FaultAsync(Pipeline pipeline, (string, string) place, string name) =>
        await Assert.ThrowsAnyAsync<UserException>(() => BackUpAsync(pipeline, place, name));

    private static Task<(long Rows, DateTime At)> RestoreAsync(Pipeline pipeline, (string, string) place, string name) =>
        new Restore(pipeline.Configuration(place), pipeline.Project, TimeProvider.System).RunAsync(name, null, _ => { }, Token);
}
