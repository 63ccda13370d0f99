using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Engines;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The programs as monitors see them: health, metrics, traces, logs.</summary>
public sealed partial class MonitoringTests(EnginesFixture fixture)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Etl_Schedule_TellsHealthMetricsAndOneTraceALoad()
    {
        // A warehouse that keeps the spans of its statements.
        await using var traced = await EngineSet.StartAsync(
            new EngineSetOptions
            {
                Engines = EngineKinds.ClickHouse,
                ClickHouseSettings = new Dictionary<string, string>
                {
                    ["opentelemetry_span_log"] =
                        "<engine>ENGINE = MergeTree ORDER BY start_time_us</engine><database>system</database><table>opentelemetry_span_log</table>",
                },
            },
            Token
        );
        using var pipeline = await Pipeline.CreateAsync(fixture, migrate: false);
        var warehouse = ("Warehouse__Url", traced.ClickHouse.Url);
        Assert.Equal(0, (await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(warehouse), "migrate")).Code);
        await pipeline.AddActionAsync("a", 1, "2026-01-01T00:00:00");
        await pipeline.AddActionAsync("a", 2, "2026-01-02T00:00:00");
        using var collector = new OtlpCollector();
        var port = FreePort();
        await using var program = ChildProgram.Start(
            "etl/Etl",
            pipeline.Environment(
                warehouse,
                ("ConnectionStrings__Pulp", ""),
                ("ConnectionStrings__Foreman", ""),
                ("ConnectionStrings__Openstack", ""),
                ("Etl__Health__Port", $"{port}"),
                ("Logs__Format", "json"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
                ("OTEL_BSP_SCHEDULE_DELAY", "300")
            ),
            "schedule"
        );
        var site = $"http://127.0.0.1:{port}";
        await Wait.UntilAsync(
            async () =>
                Age().IsMatch(await TextAsync($"{site}/metrics"))
                && (await JsonAsync($"{site}/health/ready")).GetProperty("status").GetString() == "Healthy",
            "all is loaded, and told",
            seconds: 60
        );
        Assert.Equal("Healthy", await TextAsync($"{site}/health/live"));
        var metrics = await TextAsync($"{site}/metrics");
        Assert.Matches("(?m)^warehouse_load_rows_total\\{[^}]*extract=\"fuel/action_logs\"[^}]*\\} 2( |$)", metrics);
        Assert.Matches("(?m)^warehouse_load_duration_seconds_count\\{[^}]*outcome=\"published\"[^}]*\\} 1( |$)", metrics);
        Assert.Matches(Age(), metrics);
        var checks = (await JsonAsync($"{site}/health/ready")).GetProperty("checks");
        Assert.Equal(["extracts", "source Fuel", "warehouse"], checks.EnumerateObject().Select(c => c.Name).Order());

        foreach (var word in (string[])["load fuel/action_logs", "read", "publish", "warehouse-etl"])
        {
            await Wait.UntilAsync(() => Task.FromResult(collector.HasReceived("/v1/traces", word)), $"a trace of '{word}' has come");
        }

        await Wait.UntilAsync(() => Task.FromResult(collector.HasReceived("/v1/metrics", "warehouse.load.rows")), "metrics have come");
        await traced.ClickHouse.ExecuteAsync("SYSTEM FLUSH LOGS", Token);
        // The insert into ClickHouse is a part of the load's trace.
        var trace = await traced.ClickHouse.ExecuteAsync(
            "SELECT DISTINCT hex(trace_id) FROM system.opentelemetry_span_log WHERE attribute['db.statement'] LIKE 'INSERT INTO _run_fuel_action_logs_%_landing%'",
            Token
        );
        Assert.True(collector.HasReceived("/v1/traces", Convert.FromHexString(trace.Trim())), $"no trace {trace} has come");

        var lines = program.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith('{')).ToList();
        Assert.Contains(
            lines,
            l =>
                JsonDocument.Parse(l).RootElement.GetProperty("State").TryGetProperty("Extract", out var extract)
                && extract.GetString() == "fuel/action_logs"
        );

        await traced.ClickHouse.KillAsync(Token);
        using var ready = await Http.GetAsync($"{site}/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("no connection to the warehouse", await ready.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_ScheduleAndServe_TellHealthAndMetrics()
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        using var folder = new TempFolder();
        var port = FreePort();
        var web = FreePort();
        var site = FreePort();
        await using var schedule = ChildProgram.Start(
            "reports/Reports.Cli",
            pipeline.Environment(("Reports__Health__Port", $"{port}"), ("Smtp__Host", "127.0.0.1"), ("Smtp__Port", "9")),
            "schedule",
            "--out",
            folder.Path
        );
        await Wait.UntilAsync(
            async () => (await TextAsync($"http://127.0.0.1:{port}/health/live")) == "Healthy",
            "the schedule of reports answers"
        );
        var checks = (await JsonAsync($"http://127.0.0.1:{port}/health/ready")).GetProperty("checks");
        Assert.Equal("Healthy", checks.GetProperty("warehouse").GetProperty("status").GetString());
        Assert.Equal("Unhealthy", checks.GetProperty("mail server").GetProperty("status").GetString());
        Assert.Contains("127.0.0.1:9", checks.GetProperty("mail server").GetProperty("found").GetString(), StringComparison.Ordinal);

        await using var serve = ChildProgram.Start(
            "reports/Reports.Cli",
            pipeline.Environment(("Web__Health__Port", $"{web}")),
            "serve",
            "--port",
            $"{site}"
        );
        var report = $"http://127.0.0.1:{site}/reports/fuel/os-distribution.csv";
        await Wait.UntilAsync(async () => (await TextAsync(report)).StartsWith("os,", StringComparison.Ordinal), "the site answers");
        Assert.StartsWith("os,", await TextAsync(report), StringComparison.Ordinal);
        var metrics = await TextAsync($"http://127.0.0.1:{web}/metrics");
        Assert.Matches("(?m)^warehouse_report_duration_seconds_count\\{[^}]*report=\"fuel/os-distribution\"[^}]*\\} 1( |$)", metrics);
        Assert.Matches("(?m)^warehouse_web_questions_total\\{[^}]*answer=\"cached\"[^}]*\\} 1( |$)", metrics);
    }

    [Theory]
    [InlineData("Etl__Health__Port", "70000", "Etl__Health__Port: expected a port up to 65535; found 70000")]
    [InlineData("Etl__Health__Host", "nowhere", "Etl__Health__Host: expected an address such as 127.0.0.1 or ::; found 'nowhere'")]
    [InlineData("Logs__Format", "xml", "Logs__Format: expected text or json; found 'xml'")]
    public async Task Etl_WrongSetting_EndsWithOneLine(string name, string value, string fault)
    {
        using var pipeline = await Pipeline.CreateAsync(fixture);
        var ended = await ChildProgram.RunAsync("etl/Etl", pipeline.Environment(("Etl__Health__Port", "0"), (name, value)), "schedule");
        Assert.Equal(1, ended.Code);
        Assert.Equal($"error: {fault}", ended.ErrorLines[^1]);
    }

    // The last thing that is told of a load.
    [GeneratedRegex("(?m)^warehouse_data_age_seconds\\{[^}]*extract=\"fuel/action_logs\"[^}]*\\} [0-9.]+")]
    private static partial Regex Age();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> TextAsync(string url)
    {
        try
        {
            using var answer = await Http.GetAsync(url, Token);
            return await answer.Content.ReadAsStringAsync(Token);
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }

    private static async Task<JsonElement> JsonAsync(string url) => JsonDocument.Parse(await TextAsync(url)).RootElement;

    /// <summary>What collects metrics and traces, over OTLP with HTTP.</summary>
    private sealed class OtlpCollector : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly ConcurrentBag<(string Path, byte[] Body)> received = [];

        public OtlpCollector()
        {
            Url = $"http://127.0.0.1:{FreePort()}";
            listener.Prefixes.Add(Url + "/");
            listener.Start();
            _ = CollectAsync();
        }

        public string Url { get; }

        public bool HasReceived(string path, string text) => HasReceived(path, Encoding.UTF8.GetBytes(text));

        public bool HasReceived(string path, byte[] bytes) => received.Any(r => r.Path == path && r.Body.AsSpan().IndexOf(bytes) >= 0);

        public void Dispose() => listener.Close();

        private async Task CollectAsync()
        {
            try
            {
                while (true)
                {
                    var context = await listener.GetContextAsync();
                    var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    received.Add((context.Request.Url!.AbsolutePath, body.ToArray()));
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) { }
        }
    }
}
