using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Engines;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Benchmarks;

/// <summary>Many readers of the web site at once, on the machine that serves it.</summary>
internal sealed class WebBenchmark(Bench bench, ResultPage page)
{
    private const int Readers = 200;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(20);
    private static readonly (string Name, string Address, string Accept)[] s_requests =
    [
        ("a report's page", "/reports/fuel/os-distribution", "text/html"),
        ("a page with a line chart", "/reports/fuel/active-installations", "text/html"),
        ("a long page", "/reports/fuel/server-types", "text/html"),
        ("the list", "/", "text/html"),
        ("JSON", "/api/reports/fuel/deployment-time?from=2026-07-01&to=2026-10-02", "application/json"),
        ("CSV", "/api/reports/fuel/node-hardware", "text/csv"),
    ];

    /// <summary>Opens all of them and lets them read, each one thing after the other.</summary>
    public async Task RunAsync(ClickHouseClient warehouse, CancellationToken token)
    {
        using var server = Start(bench, warehouse);
        try
        {
            var address = await AddressAsync(server, token);
            _ = server.StandardError.ReadToEndAsync(token);
            var took = s_requests.ToDictionary(r => r.Name, _ => new ConcurrentBag<double>());
            var errors = new ConcurrentBag<string>();
            Bench.Say($"{Readers} readers for {s_time.TotalSeconds} s");
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(
                Enumerable.Range(0, Readers).Select(reader => Task.Run(() => ReadAsync(address, reader, watch, took, errors, token), token))
            );
            var time = watch.Elapsed;
            Bench.Say($"{Readers} questions at once that nobody has asked before");
            watch.Restart();
            var different = new ConcurrentBag<double>();
            await Task.WhenAll(
                Enumerable.Range(0, Readers).Select(async reader => different.Add(await AskAsync(address, reader, errors, token)))
            );
            Show(took, time, SampleOf(different), watch.Elapsed, errors, PeakOf(server));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Serves a warehouse's reports as long as <paramref name="use"/> takes, which is told where.</summary>
    public static async Task ServeAsync(Bench bench, ClickHouseClient warehouse, Func<Uri, Task> use, CancellationToken token)
    {
        using var server = Start(bench, warehouse);
        try
        {
            var address = await AddressAsync(server, token);
            _ = server.StandardError.ReadToEndAsync(token);
            await use(address);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Process Start(Bench bench, ClickHouseClient warehouse)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [Project.Here.PathOf(".build", "publish", "reports", "reports.dll"), "serve", "--port", "0"]
        )
        {
            RedirectStandardError = true,
        };
        foreach (
            var (name, value) in new[]
            {
                ("Warehouse__Url", bench.Engines.ClickHouse.Url),
                ("Warehouse__Database", warehouse.Database),
                ("Warehouse__User", ClickHouseServer.Reader),
                ("Warehouse__Password", ClickHouseServer.Reader),
                ("WAREHOUSE_ROOT", Project.Here.Root),
            }
        )
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<Uri> AddressAsync(Process server, CancellationToken token)
    {
        var line = await server.StandardError.ReadLineAsync(token);
        return line is not null && line.StartsWith("serving at ", StringComparison.Ordinal)
            ? new Uri(line.Split(' ')[2].TrimEnd(','))
            : throw new InvalidOperationException($"the server didn't start: {line}");
    }

    private static async Task ReadAsync(
        Uri address,
        int reader,
        Stopwatch watch,
        Dictionary<string, ConcurrentBag<double>> took,
        ConcurrentBag<string> errors,
        CancellationToken token
    )
    {
        // A connection of its own, as a reader elsewhere has.
        using var http = new HttpClient { BaseAddress = address };
        for (var number = reader; watch.Elapsed < s_time; number++)
        {
            var (name, path, accept) = s_requests[number % s_requests.Length];
            took[name].Add(await TimeAsync(http, path, accept, errors, token));
        }
    }

    private static async Task<double> AskAsync(Uri address, int reader, ConcurrentBag<string> errors, CancellationToken token)
    {
        using var http = new HttpClient { BaseAddress = address };
        return await TimeAsync(
            http,
            FormattableString.Invariant($"/api/reports/fuel/deployment-time?from=2026-07-01&to=2026-10-02&release={reader}"),
            "application/json",
            errors,
            token
        );
    }

    // 202 is a page that says how far its report is.
    private static async Task<double> TimeAsync(
        HttpClient http,
        string path,
        string accept,
        ConcurrentBag<string> errors,
        CancellationToken token
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var response = await http.SendAsync(request, token);
            _ = await response.Content.ReadAsByteArrayAsync(token);
            if ((int)response.StatusCode is not (200 or 202))
            {
                errors.Add($"{(int)response.StatusCode} {path}");
            }
        }
        catch (HttpRequestException e)
        {
            errors.Add($"{path}: {e.Message}");
        }

        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private void Show(
        Dictionary<string, ConcurrentBag<double>> took,
        TimeSpan time,
        Sample different,
        TimeSpan differentTime,
        ConcurrentBag<string> errors,
        long peak
    )
    {
        var count = took.Values.Sum(t => t.Count);
        page.Section(
            "The web site",
            FormattableString.Invariant(
                $"{Readers} readers at once for {s_time.TotalSeconds} s, each asking one thing after the other without a pause; readers, server and ClickHouse share this machine."
            )
        );
        page.Table(
            ["request", "count", "median, ms", "95th percentile, ms"],
            took.Select(t => (t.Key, t.Value.Count, Sample: SampleOf(t.Value)))
                .Append(("all", count, SampleOf(took.Values.SelectMany(t => t))))
                .Select(t =>
                    new[]
                    {
                        t.Item1,
                        t.Item2.ToString("N0", CultureInfo.InvariantCulture),
                        FormattableString.Invariant($"{t.Item3.Median:0}"),
                        FormattableString.Invariant($"{t.Item3.Quantile(0.95):0}"),
                    }
                )
        );
        page.Line(
            $"{count / time.TotalSeconds:0} requests/s. Then {Readers} different questions at once that nobody had asked before: {differentTime.TotalSeconds:0.0} s until the last answer (median {different.Median / 1000:0.0} s). {errors.Count} errors in all; the server held {peak / 1e6:0} MB at the most."
        );
        foreach (var error in errors.GroupBy(e => e).OrderByDescending(g => g.Count()).Take(5))
        {
            Bench.Say($"{error.Count()} × {error.Key}");
        }
    }

    private static long PeakOf(Process server) =>
        1024
        * long.Parse(
            File.ReadLines($"/proc/{server.Id}/status")
                .First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );

    private static Sample SampleOf(IEnumerable<double> values)
    {
        var sample = new Sample();
        foreach (var value in values.DefaultIfEmpty(0))
        {
            sample.Add(value);
        }

        return sample;
    }
}
