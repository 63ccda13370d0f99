using System.Text;
using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The API over real HTTP and a real ClickHouse.</summary>
public sealed class WebApiTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WebSite Site => web.Site;

    [Fact]
    public async Task List_Reports_HaveTheirParameters()
    {
        var (status, json) = await Site.JsonAsync("/api/reports");

        var report = json.GetProperty("reports").EnumerateArray().Single(r => r.GetProperty("name").GetString() == "fuel/deployment-time");
        Assert.Equal(200, status);
        Assert.Equal("/api/reports/fuel/deployment-time", report.GetProperty("result").GetString());
        Assert.Equal(
            ["from", "to", "release"],
            report.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString())
        );
    }

    [Fact]
    public async Task Report_Json_HasRowsParametersAndAge()
    {
        var (status, json) = await Site.JsonAsync("/api/reports/fuel/os-distribution?release=unknown");

        Assert.Equal(200, status);
        Assert.Equal("unknown", json.GetProperty("parameters").GetProperty("release").GetString());
        Assert.Equal(30, json.GetProperty("rows").EnumerateArray().Sum(r => r.GetProperty("environments").GetInt32()));
        Assert.False(json.GetProperty("truncated").GetBoolean());
    }

    [Theory]
    [InlineData("/index.html", 302, "/")]
    [InlineData(
        "/fuel/deployment-time.html?from=2026-01-01&to=2026-02-01",
        302,
        "/reports/fuel/deployment-time?from=2026-01-01&to=2026-02-01"
    )]
    [InlineData("/fuel/nix.html", 404, "")]
    public async Task Links_OfMails_LeadToTheReports(string address, int status, string location)
    {
        using var response = await Site.GetAsync(address);

        Assert.Equal((status, location), ((int)response.StatusCode, response.Headers.Location?.OriginalString ?? ""));
    }

    [Theory]
    [InlineData("text/csv", "text/csv", "os,environments")]
    [InlineData("application/vnd.apache.parquet", "application/vnd.apache.parquet", "PAR1")]
    [InlineData(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "PK"
    )]
    [InlineData("application/vnd.apache.arrow.file", "application/vnd.apache.arrow.file", "ARROW1")]
    [InlineData("text/html;q=0.5, text/*", "text/csv", "os,")]
    [InlineData("application/xml, */*;q=0.1", "application/json", "{")]
    [InlineData("application/json;q=0.2, text/csv;q=0.9", "text/csv", "os,")]
    public async Task Report_Accept_ChoosesTheFormat(string accept, string type, string begins)
    {
        using var response = await Site.GetAsync("/api/reports/fuel/os-distribution", ("Accept", accept));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith(begins, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(Token)), StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string, string> BadRequests() =>
        new()
        {
            {
                "/api/reports/fuel/deployment-time?from=soon",
                400,
                "",
                "'from': expected a day such as 2026-01-31, today-90 or month-1 (last month's first); found 'soon'"
            },
            { "/api/reports/web/slow?tenths=1.5", 400, "", "'tenths': expected a whole number (Int32); found '1.5'" },
            { "/api/reports/web/slow?tenths=99999999999", 400, "", "expected a whole number (Int32)" },
            {
                "/api/reports/fuel/os-distribution?relaese=9.0",
                400,
                "",
                "fuel/os-distribution has no parameter 'relaese'; it has release (String)"
            },
            { "/api/reports/fuel/os-distribution?release=1&release=2", 400, "", "'release' is given 2 times; expected one value" },
            { "/api/reports/fuel/os-distribution?release=" + new string('x', 5000), 400, "", "expected at most 4096 letters; found 5000" },
            { "/api/reports/fuel/os-distribution?release=" + new string('x', 17000), 414, "", "expected at most 16384 bytes" },
            { "/api/reports/fuel/os-distributio", 404, "", "did you mean fuel/os-distribution?" },
            { "/api/reports/..%2F..%2F/..%2Fetc%2Fpasswd", 404, "", "there is no report" },
            { "/api/reports/fuel/os-distribution", 406, "image/png", "text/csv" },
            { "/api/nothing", 404, "", "there is nothing at this address" },
            { "/api/jobs/00000000000000000000000000000000", 404, "", "there is no such job" },
            { "/api/reports/web/fails", 503, "", "the fault of this report" },
        };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Report_BadRequest_IsOneClearAnswer(string address, int status, string accept, string detail)
    {
        using var response = await Site.GetAsync(address, accept.Length > 0 ? [("Accept", accept)] : []);
        var text = await response.Content.ReadAsStringAsync(Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_WrongType_NamesParameterAndExpectedType()
    {
        var (_, json) = await Site.JsonAsync("/api/reports/fuel/deployment-time?to=x");

        Assert.Equal(
            ("to", "a day such as 2026-01-31, today-90 or month-1 (last month's first)"),
            (json.GetProperty("parameter").GetString(), json.GetProperty("expected").GetString())
        );
    }

    [Fact]
    public async Task Report_ParameterWithSql_IsAValueOnly()
    {
        var (status, json) = await Site.JsonAsync(
            "/api/reports/fuel/os-distribution?release=" + Uri.EscapeDataString("' OR 1=1; DROP TABLE fuel_node --")
        );

        Assert.Equal(200, status);
        Assert.Equal(0, json.GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public async Task Report_UnknownMethod_IsRefused()
    {
        using var response = await Site.SendAsync(HttpMethod.Post, "/api/reports", []);

        Assert.Equal(405, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    // An answer that reads no fact is kept to the end of its minute.
    private static Task MinuteAsync() =>
        DateTime.UtcNow.Second < 45 ? Task.CompletedTask : Task.Delay(TimeSpan.FromSeconds(61 - DateTime.UtcNow.Second), Token);

    [Fact]
    public async Task Report_AskedTwentyTimesAtOnce_RunsOnce()
    {
        const string mark = "at-once";
        await MinuteAsync();
        var all = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i =>
                    Site.TextAsync($"/api/reports/web/slow?tenths=8&mark={mark}", ("Accept", i % 2 == 0 ? "text/csv" : "application/json"))
                )
        );

        Assert.Equal(2, all.Distinct().Count());
        Assert.Equal(1, await web.QueriesAsync(mark));
    }

    [Fact]
    public async Task Report_AskedAgain_IsNotRunAgain()
    {
        const string mark = "again";
        await MinuteAsync();
        var first = await Site.TextAsync($"/api/reports/web/slow?tenths=1&mark={mark}");
        var second = await Site.TextAsync($"/api/reports/web/slow?tenths=1&mark={mark}");

        Assert.Equal(first, second);
        Assert.Equal(1, await web.QueriesAsync(mark));
    }

    [Fact]
    public async Task Report_TagOfTheSameAnswer_Is304UntilALoad()
    {
        const string address = "/api/reports/web/installations";
        using var first = await Site.GetAsync(address);
        var tag = first.Headers.ETag!.ToString();
        using var same = await Site.GetAsync(address, ("If-None-Match", tag));
        Assert.Equal((304, 30), ((int)same.StatusCode, await CountAsync(address)));

        using (var client = web.Client())
        {
            await client.ExecuteAsync(
                "INSERT INTO fuel_installation (installation_uid, reported_at, is_filtered, release) SELECT 'new', toDateTime64('2026-01-01 00:00:00', 6, 'UTC'), false, '9.0'",
                Token
            );
            // What isn't in the ledger yet isn't looked for.
            Assert.Equal(30, await CountAsync(address));
            await client.ExecuteAsync(
                "INSERT INTO etl_run (run, extract, kind, outcome, started_at, finished_at, facts, version) VALUES (99, 'fuel/installation_structures', 'incremental', 'published', now64(3), now64(3), ['fuel_installation'], 1)",
                Token
            );
        }

        await Wait.UntilAsync(async () => await CountAsync(address) == 31, "the load changes the answer");
        using var changed = await Site.GetAsync(address, ("If-None-Match", tag));
        Assert.Equal(200, (int)changed.StatusCode);
        Assert.NotEqual(tag, changed.Headers.ETag!.ToString());
    }

    [Fact]
    public async Task Report_TooManyOnTheirWay_IsRefusedAtOnce()
    {
        await using var site = await web.ServeAsync(("Web__Queries", "1"));
        using var stop = new CancellationTokenSource();
        var asked = Enumerable
            .Range(0, 203)
            .Select(i => site.Http.GetAsync($"/api/reports/web/slow?tenths=300&mark=many{i}", stop.Token))
            .ToList();
        for (var i = 0; i < 3; i++)
        {
            var first = await Task.WhenAny(asked);
            asked.Remove(first);
            using var refused = await first;
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.Contains(
                "200 reports run or wait for their turn",
                await refused.Content.ReadAsStringAsync(Token),
                StringComparison.Ordinal
            );
        }

        await stop.CancelAsync();
    }

    [Fact]
    public async Task Job_HeavyReport_TellsItsProgressAndHasTheResult()
    {
        using var accepted = await Site.GetAsync(
            "/api/reports/web/slow?tenths=25&mark=job",
            ("Prefer", "respond-async"),
            ("Accept", "text/csv")
        );
        Assert.Equal(202, (int)accepted.StatusCode);
        Assert.Equal("respond-async", accepted.Headers.GetValues("Preference-Applied").Single());
        var address = accepted.Headers.Location!.ToString();
        using var early = await Site.GetAsync(address + "/result");
        Assert.Equal(409, (int)early.StatusCode);
        List<long> read = [];
        JsonElement job = default;
        await Wait.UntilAsync(
            async () =>
            {
                (_, job) = await Site.JsonAsync(address);
                read.Add(job.GetProperty("rowsRead").GetInt64());
                return job.GetProperty("state").GetString() != "running" && job.GetProperty("state").GetString() != "waiting";
            },
            "the job ends"
        );

        Assert.Equal(("done", 100), (job.GetProperty("state").GetString(), job.GetProperty("percent").GetInt32()));
        Assert.True(read.Any(r => r > 0) && read.SequenceEqual(read.Order()), string.Join(' ', read));
        var csv = await Site.TextAsync(job.GetProperty("result").GetString()!);
        Assert.Equal(26, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Job_QuickReport_IsAnsweredAtOnce()
    {
        using var response = await Site.GetAsync("/api/reports/fuel/os-distribution", ("Prefer", "respond-async"));

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Job_Deleted_EndsItsQuery()
    {
        using var accepted = await Site.GetAsync("/api/reports/web/slow?tenths=501&mark=deleted", ("Prefer", "respond-async"));
        Assert.True(await web.IsRunningAsync("'deleted'"));

        using var deleted = await Site.SendAsync(HttpMethod.Delete, accepted.Headers.Location!.ToString(), []);

        Assert.Equal(204, (int)deleted.StatusCode);
        await Wait.UntilAsync(async () => !await web.IsRunningAsync("'deleted'"), "the query ends on the server", seconds: 20);
        using var gone = await Site.GetAsync(accepted.Headers.Location!.ToString());
        Assert.Equal(404, (int)gone.StatusCode);
    }

    [Fact]
    public async Task Job_Failed_SaysWhy()
    {
        using var accepted = await Site.GetAsync("/api/reports/web/slow?tenths=50&mark=to-be-killed", ("Prefer", "respond-async"));
        var address = accepted.Headers.Location!.ToString();
        using (var client = web.Client())
        {
            await client.ExecuteAsync("KILL QUERY WHERE position(query, 'to-be-killed') > 0 AND position(query, 'system') = 0 SYNC", Token);
        }

        JsonElement job = default;
        await Wait.UntilAsync(
            async () => (job = (await Site.JsonAsync(address)).Json).GetProperty("state").GetString() == "failed",
            "the job fails"
        );
        Assert.Contains("394", job.GetProperty("failure").GetString(), StringComparison.Ordinal);
        using var result = await Site.GetAsync(address + "/result");
        Assert.Equal(503, (int)result.StatusCode);
    }

    [Fact]
    public async Task Report_ClientGoesAway_EndsItsQuery()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var asked = Site.Http.GetAsync("/api/reports/web/slow?tenths=502&mark=gone", patience.Token);
        await Wait.UntilAsync(() => web.IsRunningAsync("'gone'"), "the query runs");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);

        await Wait.UntilAsync(async () => !await web.IsRunningAsync("'gone'"), "the query ends on the server", seconds: 20);
    }

    private async Task<int> CountAsync(string address) =>
        (await Site.JsonAsync(address)).Json.GetProperty("rows")[0].GetProperty("installations").GetInt32();
}
