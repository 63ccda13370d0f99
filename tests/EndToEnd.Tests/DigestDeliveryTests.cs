using System.Globalization;
using System.Text.RegularExpressions;
using Reports.Definitions;
using Reports.Mail.Delivery;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>When a digest is sent, when it waits, and when it is corrected.</summary>
public sealed class DigestDeliveryTests(ReportsProgram reports) : IClassFixture<ReportsProgram>
{
    private static readonly string[] Team = ["ann@example.org", "bob@example.org"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SendDueAsync_ThroughThreeWeeks_SendsEachMondayOnce()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-12 12:00");
        var digest = post.Digest("weeks", Team);

        // What was due before anybody knew of the digest isn't sent.
        Assert.Empty(await post.All.Digests.SendDueAsync(digest, Token));
        await AssertAfterAsync("2026-11-16 05:59", 0);
        await AssertAfterAsync("2026-11-16 06:00", 1);
        await AssertAfterAsync("2026-11-16 06:01", 1);
        // Clocks are set back, and come to the same time once more.
        await AssertAfterAsync("2026-11-15 06:00", 1);
        await AssertAfterAsync("2026-11-16 06:00", 1);
        // The program was down for two weeks: one mail, and the ledger tells of the other.
        await AssertAfterAsync("2026-12-01 09:00", 2);
        Assert.Equal(
            ["Skipped 2026-11-23T06:00:00Z"],
            (await post.Ledger.ReadAsync("weeks", Token))
                .All()
                .Where(s => s.State == Standing.Skipped)
                .Select(s => $"{s.State} {s.Key.Occurrence}")
                .Distinct()
        );

        async Task AssertAfterAsync(string now, int each)
        {
            post.Clock.Set(now);
            await post.All.Digests.SendDueAsync(digest, Token);
            Assert.Equal(Team.Select(a => each), Team.Select(a => server.Counts().GetValueOrDefault(a)));
        }
    }

    [Fact]
    public async Task SendDueAsync_NewScheduleAndReaders_ChangesNothingThatIsPast()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-12 12:00");
        await post.All.Digests.SendDueAsync(post.Digest("moved", Team), Token);
        post.Clock.Set("2026-11-16 06:00");
        await post.All.Digests.SendDueAsync(post.Digest("moved", Team), Token);

        post.Clock.Set("2026-11-16 09:00");
        var planned = post.Digest("moved", [.. Team, "cem@example.org"]);
        var later = planned with { Schedule = planned.Schedule with { Cron = "0 30 7 ? * MON" } };
        await post.All.Digests.SendDueAsync(later, Token);
        await post.All.Digests.SendDueAsync(later, Token);

        Assert.Equal(new Dictionary<string, int> { ["ann@example.org"] = 1, ["bob@example.org"] = 1 }, server.Counts());
        post.Clock.Set("2026-11-23 06:30");
        await post.All.Digests.SendDueAsync(later, Token);
        Assert.Equal(1, server.Counts()["cem@example.org"]);
    }

    [Fact]
    public async Task SendDueAsync_DataIsLate_WaitsAndThenSaysHowFarItReaches()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2031-01-03 12:00");
        var digest = post.Digest("late", ["ann@example.org"], "wait: 90m");
        await post.All.Digests.SendDueAsync(digest, Token);

        post.Clock.Set("2031-01-06 07:29");
        Assert.Contains(
            "waits for fuel/",
            Assert.Single(await post.All.Digests.SendDueAsync(digest, Token)).Text,
            StringComparison.Ordinal
        );
        Assert.Empty(await post.All.Digests.SendDueAsync(digest, Token));
        Assert.Empty(server.Counts());
        post.Clock.Set("2031-01-06 07:30");
        Assert.False(Assert.Single(await post.All.Digests.SendDueAsync(digest, Token)).IsFault);

        Assert.Contains("Not all data is in: fuel/", Mails.TextOf(Assert.Single(server.To("ann@example.org"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendDueAsync_DataIsLateAndTheDigestHolds_SendsOnceTheDataIsThere()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2030-01-04 12:00");
        var digest = post.Digest("held", ["ann@example.org"], "wait: 1h\nif_late: hold");
        await post.All.Digests.SendDueAsync(digest, Token);
        post.Clock.Set("2030-01-07 12:00");
        Assert.Contains("held for fuel/", Assert.Single(await post.All.Digests.SendDueAsync(digest, Token)).Text, StringComparison.Ordinal);
        Assert.Empty(server.Counts());

        await LoadAsync("2030-01-07 00:00:00");
        await post.All.Digests.SendDueAsync(digest, Token);

        Assert.DoesNotContain("Not all data", Mails.TextOf(Assert.Single(server.To("ann@example.org"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendDueAsync_ServerRefusesSome_TriesThemAgainAndNobodyElse()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-12 12:00");
        var digest = post.Digest("busy", ["busy@example.org", "gone@example.org", "ann@example.org", "drop@example.org"]);
        await post.All.Digests.SendDueAsync(digest, Token);
        post.Clock.Set("2026-11-16 06:00");

        var told = await post.All.Digests.SendDueAsync(digest, Token);
        Assert.Equal([true, true, false, true], told.Select(t => t.IsFault));
        var byHand = await post.All.Digests.SendNowAsync(digest, again: false, Token);

        Assert.Equal(
            new Dictionary<string, int>
            {
                ["ann@example.org"] = 1,
                ["busy@example.org"] = 1,
                ["drop@example.org"] = 1,
            }.OrderBy(c => c.Key),
            server.Counts().OrderBy(c => c.Key)
        );
        Assert.Contains(
            byHand,
            t =>
                t.IsFault
                && t.Text.Contains("handed over", StringComparison.Ordinal)
                && t.Text.Contains("make deliveries", StringComparison.Ordinal)
        );
        Assert.Contains(byHand, t => t.IsFault && t.Text.Contains("nobody of that name", StringComparison.Ordinal));
        Assert.Contains(byHand, t => !t.IsFault && t.Text.Contains("sent already", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CorrectAsync_BackfillChangesAFigure_ReadersGetOneCorrection()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-12 12:00");
        var digest = post.Digest("corrected", Team, "corrections: 0s");
        await post.All.Digests.SendDueAsync(digest, Token);
        post.Clock.Set("2026-11-16 06:00");
        await post.All.Digests.SendDueAsync(digest, Token);
        await post.All.CorrectAsync(digest, Token);
        Assert.Equal(2, server.Counts().Values.Sum());

        await LoadAsync("2026-11-17 00:00:00");
        await post.All.CorrectAsync(digest, Token);
        Assert.Equal(2, server.Counts().Values.Sum());
        await AddActionAsync("2026-02-01 00:00:00");
        await LoadAsync("2026-11-18 00:00:00");
        await post.All.CorrectAsync(digest, Token);
        await LoadAsync("2026-11-19 00:00:00");
        await post.All.CorrectAsync(digest, Token);

        Assert.Equal([2, 2], Team.Select(a => server.Counts()[a]));
        var (mail, correction) = (server.To("ann@example.org")[0], server.To("ann@example.org")[1]);
        Assert.Equal(Mails.Header(mail, "Message-ID"), Mails.Header(correction, "In-Reply-To"));
        Assert.Equal("Correction: corrected · 2026-11-16", Mails.Header(correction, "Subject"));
        // There is one more deployment of release 8.0; of nothing else.
        var figures = Regex.Match(Mails.TextOf(correction), @"8\.0 +Deployments +(\d+) +(\d+)\n").Groups;
        Assert.Equal(
            int.Parse(figures[1].Value, CultureInfo.InvariantCulture) + 1,
            int.Parse(figures[2].Value, CultureInfo.InvariantCulture)
        );
        Assert.DoesNotContain("9.0", Mails.TextOf(correction), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CorrectAsync_WithPatience_CollectsChangesAndForgetsThoseThatWereTakenBack()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-12 12:00");
        var patient = post.Digest("patient", ["ann@example.org"], "corrections: 1d");
        var silent = post.Digest("silent", ["bob@example.org"], "corrections: none");
        foreach (var digest in (DigestDefinition[])[patient, silent])
        {
            post.Clock.Set("2026-11-12 12:00");
            await post.All.Digests.SendDueAsync(digest, Token);
            post.Clock.Set("2026-11-16 06:00");
            await post.All.Digests.SendDueAsync(digest, Token);
        }

        // Seen, and taken back.
        await AddActionAsync("2026-02-02 00:00:00");
        await CompareAsync("2026-11-18 00:00:00");
        await RemoveActionAsync("2026-02-02 00:00:00");
        await CompareAsync("2026-11-19 00:00:00");
        await DayGoesByAsync();
        await CompareAsync("2026-11-20 00:00:00");
        Assert.Equal(2, server.Counts().Values.Sum());

        // Seen, and there to stay: a day after it was seen, and not after the first one was.
        await AddActionAsync("2026-02-03 00:00:00");
        await CompareAsync("2026-11-21 00:00:00");
        Assert.Equal(2, server.Counts().Values.Sum());
        await DayGoesByAsync();
        await CompareAsync("2026-11-22 00:00:00");
        await CompareAsync("2026-11-23 00:00:00");

        Assert.Equal(new Dictionary<string, int> { ["ann@example.org"] = 2, ["bob@example.org"] = 1 }, server.Counts());

        async Task CompareAsync(string loaded)
        {
            await LoadAsync(loaded);
            await post.All.CorrectAsync(patient, Token);
            await post.All.CorrectAsync(silent, Token);
        }

        async Task DayGoesByAsync()
        {
            using var client = reports.Client();
            await client.ExecuteAsync(
                "INSERT INTO report_delivery SELECT * REPLACE (at - INTERVAL 25 HOUR AS at) FROM report_delivery WHERE name = 'patient' AND state = 'seen'",
                Token
            );
        }
    }

    [Fact]
    public async Task CorrectAsync_TwoWeeksOfOneQuestion_CorrectsTheLaterMailOnly()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-05 12:00");
        var digest = post.Digest("both", ["ann@example.org"], "corrections: 0s");
        foreach (var now in (string[])["2026-11-05 12:00", "2026-11-09 06:00", "2026-11-16 06:00"])
        {
            post.Clock.Set(now);
            await post.All.Digests.SendDueAsync(digest, Token);
        }

        await AddActionAsync("2026-02-04 00:00:00");
        await LoadAsync("2026-11-24 00:00:00");
        await post.All.CorrectAsync(digest, Token);

        Assert.Equal("Correction: both · 2026-11-16", Mails.Header(server.To("ann@example.org")[2], "Subject"));
        Assert.Equal(3, server.Counts()["ann@example.org"]);
    }

    [Fact]
    public async Task CorrectAsync_NobodyKnowsWhetherItArrived_SendsNoOther()
    {
        await using var server = await MailServer.StartAsync();
        using var post = await PostAsync(server, "2026-11-12 12:00");
        var digest = post.Digest("lost", ["second-1@example.org"], "corrections: 0s");
        await post.All.Digests.SendDueAsync(digest, Token);
        post.Clock.Set("2026-11-16 06:00");
        await post.All.Digests.SendDueAsync(digest, Token);
        await AddActionAsync("2026-02-05 00:00:00");

        for (var i = 0; i < 3; i++)
        {
            await LoadAsync("2026-11-25 00:00:00");
            await post.All.CorrectAsync(digest, Token);
        }

        Assert.Equal(2, server.Counts()["second-1@example.org"]);
    }

    // Everything that the reports read was loaded up to that Monday.
    private async Task<Post> PostAsync(MailServer server, string now)
    {
        await LoadAsync("2026-12-02 00:00:00");
        var post = new Post(reports, server, default);
        post.Clock.Set(now);
        return post;
    }

    private async Task LoadAsync(string until)
    {
        using var client = reports.Client();
        await client.ExecuteAsync(
            $"""
            INSERT INTO etl_run (run, extract, kind, outcome, started_at, finished_at, facts, version)
            SELECT (SELECT max(run) FROM etl_run) + number + 1, ['fuel/action_logs', 'fuel/installation_structures'][number + 1], 'incremental', 'published', toDateTime64('{until}', 3, 'UTC'), now64(3) + toIntervalSecond(number),
              [['fuel_action', 'fuel_health_check'], ['fuel_installation', 'fuel_environment', 'fuel_node']][number + 1], 1 FROM numbers(2)
            """,
            Token
        );
    }

    private async Task RemoveActionAsync(string at)
    {
        using var client = reports.Client();
        await client.ExecuteAsync($"DELETE FROM fuel_action WHERE operation_id = 100000 + toUnixTimestamp(toDateTime('{at}'))", Token);
    }

    private async Task AddActionAsync(string at)
    {
        using var client = reports.Client();
        await client.ExecuteAsync(
            $"""
            INSERT INTO fuel_action (installation_uid, operation_id, action_name, action_type, environment_id, started_at, ended_at, duration_s, status, settings)
            SELECT '0', 100000 + toUnixTimestamp(toDateTime('{at}')), 'deploy', 'nailgun_task', 1, toDateTime64('{at}', 6, 'UTC'), NULL, 100, 'ready', []
            """,
            Token
        );
    }
}
