using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Engines;

/// <summary>A persistent set that lives in a process of its own: `engines serve`, which `up` starts and `down` stops.</summary>
internal static class Service
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan DownLimit = TimeSpan.FromSeconds(60);

    /// <summary>Starts the set and holds it until a signal to end arrives.</summary>
    internal static async Task<int> ServeAsync(string folder)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        SetFolder.Create(folder);
        if (!SetFolder.IsLocked(folder))
        {
            // What a server that was killed left says nothing about this one.
            File.Delete(EnvFile.PathIn(folder));
        }

        try
        {
            await using var set = await EngineSet.StartAsync(
                new EngineSetOptions
                {
                    Directory = folder,
                    Persistent = true,
                    Progress = Console.Error.WriteLine,
                },
                stop.Token
            );
            await HoldAsync(set, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("Stopped");
        }

        return 0;
    }

    /// <summary>Starts `serve` detached from this shell and waits until it is ready; does nothing when it is.</summary>
    /// <exception cref="EngineException">The set doesn't start.</exception>
    internal static async Task<int> UpAsync(string folder)
    {
        if (IsReady(folder))
        {
            Console.Error.WriteLine($"The engines are up already: {EnvFile.PathIn(folder)} says where");
            return 0;
        }

        SetFolder.Create(folder);
        var log = Path.Combine(folder, "serve.log");
        File.WriteAllText(log, "");
        using var server = Detach(folder, log);
        await using var lines = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(lines);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            // Before the look at the log, so that its last lines are shown too.
            var ended = server.HasExited;
            var ready = IsReady(folder);
            Console.Error.Write(await reader.ReadToEndAsync());
            if (ready)
            {
                Console.Error.WriteLine($"The engines are up; {EnvFile.PathIn(folder)} says where");
                return 0;
            }

            if (ended && !SetFolder.IsLocked(folder))
            {
                return 1;
            }

            if (waited.Elapsed > UpLimit)
            {
                throw new EngineException(
                    $"The engines aren't up after {UpLimit.TotalMinutes} minutes: see {log}, and stop them with `make down`"
                );
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Stops the set in order and waits until it has; does nothing when none runs.</summary>
    /// <exception cref="EngineException">It doesn't stop.</exception>
    internal static async Task<int> DownAsync(string folder)
    {
        if (!SetFolder.IsLocked(folder))
        {
            Console.Error.WriteLine($"No engines run in {folder}");
            return 0;
        }

        var process =
            Server(folder)
            ?? throw new EngineException(
                $"The engines in {folder} belong to process {SetFolder.Holder(folder)}, which isn't `engines serve`: end it, and they end too"
            );
        Native.Signal(process, Native.Terminate);
        var waited = Stopwatch.StartNew();
        while (SetFolder.IsLocked(folder))
        {
            if (waited.Elapsed > DownLimit)
            {
                // Its servers end when it does, and repair themselves at their next start.
                Native.Signal(process, Native.Kill);
                throw new EngineException(
                    $"The engines in {folder} did not stop in {DownLimit.TotalSeconds} s, so process {process} was killed"
                );
            }

            await Task.Delay(50);
        }

        Console.Error.WriteLine(
            $"Stopped the PostgreSQL primary, its replica and ClickHouse after {waited.ElapsedMilliseconds} ms; their data stays in {folder}"
        );
        return 0;
    }

    private static async Task HoldAsync(EngineSet set, CancellationToken token)
    {
        try
        {
            await EnvFile.MakeSchemasAsync(set, token);
            EnvFile.Write(set);
            while (true)
            {
                await Task.Delay(LookEvery, token);
                foreach (var engine in ((Engine[])[set.Primary, set.Replica, set.ClickHouse]).Where(engine => !engine.IsRunning))
                {
                    Console.Error.WriteLine($"{engine.Name} has ended; starting it again. Its log is {engine.LogPath}");
                    await engine.StartAsync(token);
                }
            }
        }
        finally
        {
            File.Delete(EnvFile.PathIn(set.Folder));
        }
    }

    private static bool IsReady(string folder) => File.Exists(EnvFile.PathIn(folder)) && SetFolder.IsLocked(folder);

    /// <summary>The `engines serve` that holds the folder; null when something else does.</summary>
    private static int? Server(string folder)
    {
        var process = SetFolder.Holder(folder);
        var command = process is null ? "" : $"/proc/{process.Value.ToString(CultureInfo.InvariantCulture)}/cmdline";
        return File.Exists(command) && File.ReadAllText(command).Contains("\0serve\0", StringComparison.Ordinal) ? process : null;
    }

    private static Process Detach(string folder, string log)
    {
        const string script = """log=$1; shift; exec "$@" </dev/null >>"$log" 2>&1""";
        string[] command =
        [
            "sh",
            "-c",
            script,
            "engines",
            log,
            ClickHouseServer.DotnetHost,
            typeof(Service).Assembly.Location,
            "serve",
            "--dir",
            folder,
        ];
        return ServerProcess.Launch(new ProcessStartInfo("setsid", command) { UseShellExecute = false });
    }
}
