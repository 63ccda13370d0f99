using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Engines;

/// <summary>
/// A running server, tied to this process by a pipe: when this process ends, however it ends, the pipe closes and the
/// server ends too. (PR_SET_PDEATHSIG would follow the thread that forked, and .NET's pool threads come and go.)
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    // For a server that doesn't look at its standard input: sh waits for the end of ours and passes it on as SIGQUIT.
    // setpriv's parent-death signal is for the case that this sh itself is killed; sh has one thread, so there it is safe.
    private const string Watched = """
        log=$1; shift
        exec 2>>"$log" 3<&0
        "$@" </dev/null >>"$log" 3<&- &
        server=$!
        echo "$server"
        (read -r nothing <&3; kill -QUIT "$server") >/dev/null &
        watch=$!
        wait "$server"; status=$?
        kill "$watch"
        exit "$status"
        """;

    // For a server that ends by itself when its standard input does.
    private const string Direct = """
        log=$1; shift
        echo "$$"
        exec "$@" >>"$log" 2>&1
        """;

    private readonly Process _process;

    private ServerProcess(Process process, int id)
    {
        _process = process;
        Id = id;
    }

    /// <summary>The id of the server itself.</summary>
    internal int Id { get; }

    /// <summary>Whether the server has ended; the sh above it needs a moment longer.</summary>
    internal bool HasExited => _process.HasExited || !Native.Exists(Id);

    internal static ServerProcess StartWatched(IEnumerable<string> command, string folder, string log) =>
        Start(Watched, command, folder, log);

    internal static ServerProcess StartDirect(IEnumerable<string> command, string folder, string log) =>
        Start(Direct, command, folder, log);

    internal void Signal(int signal) => Native.Signal(Id, signal);

    /// <summary>Tells the server that nobody needs it any more.</summary>
    internal void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for the end; false when the time is over.</summary>
    internal async Task<bool> WaitForExitAsync(TimeSpan limit, CancellationToken token)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(token);
        bounded.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(bounded.Token);
            return true;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => _process.Dispose();

    private static ServerProcess Start(string script, IEnumerable<string> command, string folder, string log)
    {
        // A session of its own: Ctrl-C reaches the program, which then stops its servers in order.
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["sh", "-c", script, "engine", log, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        ClearEnvironment(start);
        var process = Launch(start);
        var line = process.StandardOutput.ReadLine();
        if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            process.Dispose();
            throw new EngineException($"sh could not start a server in {folder}; its log would be {log}: is the folder writable?");
        }

        return new ServerProcess(process, id);
    }

    /// <summary>A caller's PGDATA, PGPORT or language must not change what a server does.</summary>
    internal static void ClearEnvironment(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
    }

    internal static Process Launch(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new EngineException($"Can't run {start.FileName}: {fault.Message}; it is part of util-linux, install that", fault);
        }
    }
}
