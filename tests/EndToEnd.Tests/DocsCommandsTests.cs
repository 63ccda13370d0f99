using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Every command in README's and docs' blocks, run as it is printed, in the order in which they stand.</summary>
public sealed partial class DocsCommandsTests(EnginesFixture engines) : IDisposable
{
    // What starts servers or runs tests: CI itself runs `make test`, the tests of engines and nodes the others.
    private static readonly string[] Elsewhere = ["demo", "test", "test-offline", "up", "down"];

    private static readonly string[] UntilStopped = ["serve", "schedule", "watch"];

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly TempFolder root = new();
    private readonly Dictionary<string, Process> running = [];
    private readonly Dictionary<string, string> ports = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Log(string of) => Path.Combine(root.Path, of + ".log");

    [Fact]
    public async Task Blocks_EachCommand_EndsWell()
    {
        using var pipeline = await OpenstackTests.FilledAsync(engines, 1);
        await Collector.CollectorLoader.FillAsync(
            pipeline.PrimaryConnection + ";Pooling=false",
            Pipeline.Small with
            {
                End = new DateOnly(2026, 9, 10),
            },
            cancellationToken: Token
        );
        // The site that asks to be forgotten.
        await pipeline.AddActionAsync("8a6f2c", 1, "2026-09-09T10:00:00");
        await engines.WaitForReplicaAsync(Token);
        LinkCheckout();
        var environment = pipeline.Environment(("PORT", Free("8080")), ("Warehouse__Backups", "File('docs/{name}')"));
        var ran = new HashSet<string>();
        foreach (
            var file in (string[])["README.md", .. Directory.GetFiles(Project.Here.PathOf("docs"), "*.md").Order(StringComparer.Ordinal)]
        )
        {
            foreach (var line in Lines(await File.ReadAllTextAsync(Project.Here.PathOf(file), Token)).Where(ran.Add))
            {
                await RunAsync($"{Path.GetFileName(file)}: {line}", line, environment);
            }
        }

        Assert.InRange(ran.Count, 20, 60);
        Assert.True(File.Exists(Path.Combine(root.Path, "out", "dump", "openstack", "manifest.json")));
        Assert.Contains("3 of 3 cases pass", await File.ReadAllTextAsync(Log("watch"), Token), StringComparison.Ordinal);
        Assert.Contains(
            "<table",
            await File.ReadAllTextAsync(Path.Combine(root.Path, "my-question.html"), Token),
            StringComparison.Ordinal
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var process in running.Values)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        root.Dispose();
    }

    // A block that sets up a cluster is NodesTests'.
    private static IEnumerable<string> Lines(string text) =>
        Block()
            .Matches(text)
            .Where(b => !b.Value.Contains("export ", StringComparison.Ordinal))
            .SelectMany(b => b.Groups[1].Value.Split('\n'))
            .Select(l => Comment().Replace(l, "").Trim())
            .Where(l => l.Length > 0 && !Targets(l).Intersect(Elsewhere).Any());

    private static IEnumerable<string> Targets(string line) => Target().Matches(line).Select(m => m.Value);

    private async Task RunAsync(string what, string line, Dictionary<string, string> environment)
    {
        line = Port().Replace(line, m => Free(m.Value));
        if (line.StartsWith("curl ", StringComparison.Ordinal))
        {
            await AskAsync(what, line[5..].Trim());
            return;
        }

        // What is built isn't built again by a test.
        line = Regex.Replace(line, @"\bmake ", "make -o .build/built -o setup ");
        if (Targets(line).Intersect(UntilStopped).FirstOrDefault() is { } target)
        {
            if (running.Remove(target, out var before))
            {
                await StopAsync(before);
            }

            running[target] = Start(line, environment, target);
            return;
        }

        using var process = Start(line, environment, "run");
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, $"{what}: ended with {process.ExitCode}: {await File.ReadAllTextAsync(Log("run"), Token)}");
    }

    // Until it listens; that it isn't ready is an answer too.
    private static async Task AskAsync(string what, string url)
    {
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(200, Token))
        {
            try
            {
                using var answer = await Http.GetAsync(url, Token);
                Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{what}: {answer.StatusCode}");
                return;
            }
            catch (HttpRequestException e) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60))
            {
                _ = e;
            }
        }
    }

    private static async Task StopAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", "--", $"-{process.Id}"]);
        await kill.WaitForExitAsync(Token);
        await process.WaitForExitAsync(Token);
        process.Dispose();
    }

    private Process Start(string line, Dictionary<string, string> environment, string of)
    {
        // In a group of its own, so that what make starts is stopped with it.
        var start = new ProcessStartInfo("setsid", ["-w", "sh", "-c", $"({line}) > {Log(of)} 2>&1"]) { WorkingDirectory = root.Path };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        // As from a person's shell, also where the tests themselves are run by make.
        foreach (var name in (string[])["MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS"])
        {
            start.Environment.Remove(name);
        }

        return Process.Start(start)!;
    }

    // A checkout as a user's; only what commands write is the test's own.
    private void LinkCheckout()
    {
        foreach (
            var entry in Directory
                .EnumerateFileSystemEntries(Project.Here.Root)
                .Where(e => Path.GetFileName(e) is not ("out" or ".run" or ".git"))
        )
        {
            if (Path.GetFileName(entry) != "reports")
            {
                File.CreateSymbolicLink(Path.Combine(root.Path, Path.GetFileName(entry)), entry);
            }
        }

        foreach (var entry in Directory.EnumerateDirectories(Project.Here.PathOf("reports")))
        {
            if (Path.GetFileName(entry) != "definitions")
            {
                Directory.CreateDirectory(Path.Combine(root.Path, "reports"));
                Directory.CreateSymbolicLink(Path.Combine(root.Path, "reports", Path.GetFileName(entry)), entry);
            }
        }

        foreach (var file in Directory.EnumerateFiles(Project.Here.PathOf("reports", "definitions"), "*", SearchOption.AllDirectories))
        {
            root.Write(Project.Relative(file), File.ReadAllText(file));
        }
    }

    // Another one for each that the docs name, and always the same for it.
    private string Free(string named)
    {
        if (!ports.TryGetValue(named, out var port))
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            port = ports[named] = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return port;
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?<=\bmake (?:\S+ )*?)(?<![\w/.'=-])[a-z][a-z-]+(?![\w/.'=])")]
    private static partial Regex Target();

    [GeneratedRegex(@"\b(8080|910[0-9])\b")]
    private static partial Regex Port();
}
