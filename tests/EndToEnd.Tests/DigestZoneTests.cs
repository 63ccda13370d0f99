using System.Globalization;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The days of a digest are those of its zone: what happened in them, and no more, is in it.</summary>
public sealed class DigestZoneTests(EnginesFixture engines)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "Asia/Tokyo",
        "2026-11-30T07:00:00+09:00",
        "2026-11-22T15:00:00Z",
        "2026-11-29T15:00:00Z",
        "23 November 2026 – 29 November 2026 (days of Asia/Tokyo)",
        "?from=2026-11-23&to=2026-11-30&zone=Asia%2FTokyo"
    )]
    [InlineData(
        "America/Los_Angeles",
        "2026-11-30T07:00:00-08:00",
        "2026-11-23T08:00:00Z",
        "2026-11-30T08:00:00Z",
        "23 November 2026 – 29 November 2026 (days of America/Los_Angeles)",
        "?from=2026-11-23&to=2026-11-30&zone=America%2FLos_Angeles"
    )]
    [InlineData(
        "America/Los_Angeles",
        "2026-11-29T23:30:00-08:00",
        "2026-11-22T08:00:00Z",
        "2026-11-29T08:00:00Z",
        "22 November 2026 – 28 November 2026 (days of America/Los_Angeles)",
        "?from=2026-11-22&to=2026-11-29&zone=America%2FLos_Angeles"
    )]
    [InlineData(
        "Asia/Kolkata",
        "2026-11-30T00:10:00+05:30",
        "2026-11-22T18:30:00Z",
        "2026-11-29T18:30:00Z",
        "23 November 2026 – 29 November 2026 (days of Asia/Kolkata)",
        "?from=2026-11-23&to=2026-11-30&zone=Asia%2FKolkata"
    )]
    [InlineData(
        "Europe/Berlin",
        "2026-03-30T07:00:00+02:00",
        "2026-03-22T23:00:00Z",
        "2026-03-29T22:00:00Z",
        "23 March 2026 – 29 March 2026 (days of Europe/Berlin)",
        "?from=2026-03-23&to=2026-03-30&zone=Europe%2FBerlin"
    )]
    [InlineData(
        "Europe/Berlin",
        "2026-10-26T07:00:00+01:00",
        "2026-10-18T22:00:00Z",
        "2026-10-25T23:00:00Z",
        "19 October 2026 – 25 October 2026 (days of Europe/Berlin)",
        "?from=2026-10-19&to=2026-10-26&zone=Europe%2FBerlin"
    )]
    [InlineData(
        "Australia/Lord_Howe",
        "2026-04-06T07:00:00+10:30",
        "2026-03-29T13:00:00Z",
        "2026-04-05T13:30:00Z",
        "30 March 2026 – 5 April 2026 (days of Australia/Lord_Howe)",
        "?from=2026-03-30&to=2026-04-06&zone=Australia%2FLord_Howe"
    )]
    [InlineData(
        "America/Havana",
        "2026-03-09T00:30:00-04:00",
        "2026-03-02T05:00:00Z",
        "2026-03-09T04:00:00Z",
        "2 March 2026 – 8 March 2026 (days of America/Havana)",
        "?from=2026-03-02&to=2026-03-09&zone=America%2FHavana"
    )]
    [InlineData(
        "UTC",
        "2026-11-30T07:00:00Z",
        "2026-11-23T00:00:00Z",
        "2026-11-30T00:00:00Z",
        "23 November 2026 – 29 November 2026",
        "?from=2026-11-23&to=2026-11-30"
    )]
    public async Task RunAsync_WeekOfAZone_HoldsWhatHappenedInIt(
        string zone,
        string scheduled,
        string first,
        string end,
        string period,
        string query
    )
    {
        using var pipeline = await Pipeline.CreateAsync(engines);
        string[] times = [Before(first), first, Before(end), end];
        await pipeline.Warehouse.ExecuteAsync(
            $"INSERT INTO fuel_action (installation_uid, operation_id, action_name, action_type, started_at, status) SELECT 'a', number, ['before', 'first', 'last', 'after'][number + 1], 'nailgun_task', parseDateTime64BestEffort([{string.Join(", ", times.Select(t => $"'{t}'"))}][number + 1], 6, 'UTC'), 'ready' FROM numbers(4)",
            Token
        );
        await pipeline.Warehouse.ExecuteAsync(
            "INSERT INTO fuel_workload (installation_uid, environment_id, reported_on, resource_type, resources) VALUES ('a', 1, '2026-11-23', 'image', 1)",
            Token
        );
        var digest = ReadDigest(zone);
        var at = DateTimeOffset.Parse(scheduled, CultureInfo.InvariantCulture);
        var runner = new DigestRunner(new ReportRunner(Project.Here, pipeline.Warehouse, TimeProvider.System));

        var parts = await runner.RunAsync(digest, at, Token);

        Assert.Equal([null, null], parts.Select(p => p.Failure));
        Assert.Equal(["first", "last"], parts[0].Rows!.Rows.Select(r => r[0].GetString()).Order());
        var mail = new DigestMail(
            new Templates([Project.Here.PathOf("reports", "templates")]),
            TimeProvider.System,
            new Uri("https://reports.example.org/")
        ).Compose(digest, at, parts);
        Assert.Contains(period + "\n", mail.Text, StringComparison.Ordinal);
        Assert.Contains(
            $"https://reports.example.org/fuel/operations.html{query}\n",
            mail.Text.Replace("&amp;", "&", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        // Its facts have days already, and these are UTC's.
        Assert.Equal(zone != "UTC", mail.Text.Contains("(days of UTC)", StringComparison.Ordinal));
        var (_, needed) = await runner.ReachAsync(digest with { Reports = [digest.Reports[0]] }, at, Token);
        Assert.Equal(DateTimeOffset.Parse(end, CultureInfo.InvariantCulture), needed);
        Assert.Contains("\"is_closed\":true", mail.Figures, StringComparison.Ordinal);
    }

    private static DigestDefinition ReadDigest(string zone)
    {
        using var folder = new TempFolder();
        return DigestDefinition.ReadFile(
            folder.Write(
                "weekly.yaml",
                $"""
                title: Weekly
                to: [team@example.org]
                schedule: 0 0 7 ? * MON
                time_zone: {zone}
                reports:
                  - report: fuel/operations
                    params: &week
                      from: today-7
                      to: today
                  - report: fuel/images
                    params: *week
                """
            ),
            Project.Here.ReportsFolder()
        );
    }

    private static string Before(string time) =>
        DateTimeOffset
            .Parse(time, CultureInfo.InvariantCulture)
            .AddMicroseconds(-1)
            .UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
