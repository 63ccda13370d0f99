using Reports.Definitions;
using Reports.Mail.Delivery;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>An incident is told once when it begins and once when it is over.</summary>
public sealed class AlertTests(ReportsProgram reports) : IClassFixture<ReportsProgram>
{
    private const string Report = "warehouse/failed-loads";
    private static readonly string[] Team = ["ann@example.org", "busy@example.org", "gone@example.org"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckAsync_IncidentsComeAndGo_EachIsToldOnceAndAfterTheCoolDown()
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        var report = Project.Here.Report(Report);
        Assert.Empty(await post.All.Alerts.CheckAsync(report, Team, Token));

        await NoteAsync(100, "failed", "the replica is gone");
        Assert.Equal(3, (await post.All.Alerts.CheckAsync(report, Team, Token)).Count);
        Assert.Empty(await post.All.Alerts.CheckAsync(report, Team, Token));
        await NoteAsync(101, "failed", "still gone");
        Assert.Empty(await post.All.Alerts.CheckAsync(report, Team, Token));
        var alert = Assert.Single(server.To("ann@example.org"));
        Assert.Equal("Alert: Extracts whose last run failed", Mails.Header(alert, "Subject"));
        Assert.Contains("the replica is gone", Mails.TextOf(alert), StringComparison.Ordinal);

        // Whom the mail server kept waiting needs no all-clear of what he was never told.
        await NoteAsync(102, "published", "");
        Assert.Single(await post.All.Alerts.CheckAsync(report, Team, Token));
        Assert.Empty(await post.All.Alerts.CheckAsync(report, Team, Token));
        Assert.Equal(new Dictionary<string, int> { ["ann@example.org"] = 2 }, server.Counts());
        var clear = server.To("ann@example.org")[1];
        Assert.Equal("All clear: Extracts whose last run failed", Mails.Header(clear, "Subject"));
        Assert.Equal(Mails.Header(alert, "Message-ID"), Mails.Header(clear, "In-Reply-To"));
        Assert.Matches("It began .* and lasted ", Mails.TextOf(clear));

        await NoteAsync(103, "failed", "once more");
        Assert.Empty(await post.All.Alerts.CheckAsync(report, Team, Token));
        Assert.Equal(
            3,
            (await post.All.Alerts.CheckAsync(report with { Alert = report.Alert! with { CoolDown = TimeSpan.Zero } }, Team, Token)).Count
        );
        Assert.Equal(3, server.Counts()["ann@example.org"]);
    }

    [Fact]
    public async Task CheckAsync_TwoSchedulersAtOnce_TellOnce()
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        using var client = reports.Client();
        await client.ExecuteAsync(
            "INSERT INTO etl_run (run, extract, kind, outcome, started_at, finished_at, version) VALUES (1, 'fuel/late', 'incremental', 'published', now64(3) - 20000, now64(3) - 20000, 1)",
            Token
        );
        var report = Project.Here.Report("warehouse/stale-extracts");

        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => post.All.Alerts.CheckAsync(report, ["cem@example.org"], Token)));
        }

        Assert.Equal(new Dictionary<string, int> { ["cem@example.org"] = 1 }, server.Counts());
    }

    [Fact]
    public async Task CheckAsync_ReportFails_SaysSoAndClearsNothing()
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        var report = Project.Here.Report("warehouse/unreadable-documents");
        await NoteAsync(300, "published", "", "fuel/c", quarantined: 50);
        await post.All.Alerts.CheckAsync(report, ["dan@example.org"], Token);
        using var client = reports.Client();
        await client.ExecuteAsync("RENAME TABLE etl_run TO etl_run_away", Token);

        await Assert.ThrowsAnyAsync<Exception>(() => post.All.Alerts.CheckAsync(report, ["dan@example.org"], Token));

        await client.ExecuteAsync("RENAME TABLE etl_run_away TO etl_run", Token);
        Assert.Empty(await post.All.Alerts.CheckAsync(report, ["dan@example.org"], Token));
        Assert.Equal(new Dictionary<string, int> { ["dan@example.org"] = 1 }, server.Counts());
    }

    private async Task NoteAsync(int run, string outcome, string error, string extract = "fuel/a", int quarantined = 0)
    {
        using var client = reports.Client();
        await client.ExecuteAsync(
            $"INSERT INTO etl_run (run, extract, kind, outcome, started_at, finished_at, rows_read, rows_quarantined, error, version) VALUES ({run}, '{extract}', 'incremental', '{outcome}', now64(3), now64(3), 100, {quarantined}, '{error}', 1)",
            Token
        );
    }
}
