using System.Diagnostics;
using System.Globalization;
using WarehouseSql.Definitions;

namespace Benchmarks;

/// <summary>How a run of the program `etl`, as `make publish` makes it, went.</summary>
/// <param name="Seconds">From its start to its end, the start of the runtime included.</param>
/// <param name="CpuSeconds">Processor time of its own process.</param>
/// <param name="PeakBytes">The most memory that it held (resident set).</param>
internal sealed record EtlRun(double Seconds, double CpuSeconds, long PeakBytes)
{
    /// <summary>Runs it with these settings, and watches it.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message is what it said.</exception>
    public static async Task<EtlRun> StartAsync(
        IReadOnlyDictionary<string, string> environment,
        string[] arguments,
        CancellationToken token
    )
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [Project.Here.PathOf(".build", "publish", "etl", "etl.dll"), .. arguments]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(token), process.StandardError.ReadToEndAsync(token));
        var (cpu, peak) = (0.0, 0L);
        var exit = process.WaitForExitAsync(token);
        while (!exit.IsCompleted)
        {
            (cpu, peak) = Look(process.Id) is { Peak: > 0 } seen ? seen : (cpu, peak);
            await Task.WhenAny(exit, Task.Delay(20, token));
        }

        var seconds = watch.Elapsed.TotalSeconds;
        var output = await said;
        return process.ExitCode == 0
            ? new EtlRun(seconds, cpu, peak)
            : throw new InvalidOperationException(
                $"etl {string.Join(' ', arguments)} ended with code {process.ExitCode.ToString(CultureInfo.InvariantCulture)}: {output[1]}"
            );
    }

    // VmHWM never falls, so only what is new in the last 20 ms is missed. Nothing where the process has just ended.
    private static (double Cpu, long Peak) Look(int process)
    {
        try
        {
            var peak = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            var times = File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ');
            return peak is null
                ? default
                : (
                    (double.Parse(times[11], CultureInfo.InvariantCulture) + double.Parse(times[12], CultureInfo.InvariantCulture)) / 100,
                    1024 * long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
                );
        }
        catch (IOException)
        {
            return default;
        }
    }
}
