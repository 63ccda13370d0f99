using System.Data.Common;
using System.Diagnostics;

namespace Engines;

/// <summary>One server, which can be stopped, killed and started again on the same port and data.</summary>
public abstract class Engine : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(20);
    private readonly string _folder;
    private ServerProcess? _process;

    private protected Engine(string name, string folder, string logPath)
    {
        Name = name;
        _folder = folder;
        LogPath = logPath;
    }

    /// <summary>What to call it in a message.</summary>
    public string Name { get; }

    /// <summary>The TCP port on 127.0.0.1 that clients use; the same for the life of the object.</summary>
    public abstract int Port { get; }

    /// <summary>The file that the server logs to.</summary>
    public string LogPath { get; }

    /// <summary>Whether the server's process exists.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The id of the server's own process, for tests that hurt it.</summary>
    /// <exception cref="InvalidOperationException">It isn't started.</exception>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException($"{Name} isn't started.");

    /// <summary>Starts the server and waits until it answers; for one that runs already it only waits.</summary>
    /// <exception cref="EngineException">It died, or doesn't answer within a minute.</exception>
    public async Task StartAsync(CancellationToken token)
    {
        if (await AnswersAlreadyAsync(token))
        {
            return;
        }

        for (var attempt = 1; ; attempt++)
        {
            await ForgetAsync(token);
            await Leftovers.EndAsync(_folder, token);
            _process = Launch();
            try
            {
                await WaitUntilReadyAsync(_process, token);
                return;
            }
            // What a killed server's last children still hold, they let go of in a moment.
            catch (EngineException e) when (attempt < 10 && e.Message.Contains("is still in use", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), token);
            }
            catch
            {
                await KillAsync(CancellationToken.None);
                throw;
            }
        }
    }

    /// <summary>Stops the server in the orderly way, and by force when that takes too long.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        if (_process is { HasExited: false } process)
        {
            await StopAsync(process, token);
        }

        await ForgetAsync(token);
    }

    /// <summary>Ends the server as `kill -9` does, and waits until it is gone.</summary>
    public async Task KillAsync(CancellationToken token)
    {
        _process?.Signal(Native.Kill);
        await ForgetAsync(token);
    }

    /// <summary>Ends the server at once: what it hasn't written yet, it repairs at its next start.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await ForgetAsync(CancellationToken.None);
        await Leftovers.EndAsync(_folder, CancellationToken.None);
        GC.SuppressFinalize(this);
    }

    /// <summary>The end of what the server wrote, as a part of an error message.</summary>
    private protected virtual string Tail => $"its log {LogPath} ends with:{LogTail.Of(LogPath)}";

    private protected abstract ServerProcess Launch();

    /// <summary>Whether the server is ready; may throw while it isn't.</summary>
    private protected abstract Task<bool> IsReadyAsync(CancellationToken token);

    private protected abstract Task StopAsync(ServerProcess process, CancellationToken token);

    private async Task<bool> AnswersAlreadyAsync(CancellationToken token)
    {
        if (_process is not { HasExited: false } process)
        {
            return false;
        }

        try
        {
            await WaitUntilReadyAsync(process, token);
            return true;
        }
        catch (EngineException) when (process.HasExited)
        {
            // Someone killed it a moment ago.
            return false;
        }
    }

    private async Task WaitUntilReadyAsync(ServerProcess process, CancellationToken token)
    {
        var waited = Stopwatch.StartNew();
        string last = "";
        while (waited.Elapsed < StartLimit)
        {
            try
            {
                if (await IsReadyAsync(token) && !process.HasExited)
                {
                    return;
                }
            }
            catch (Exception fault) when (fault is DbException or HttpRequestException or EngineException or TimeoutException)
            {
                last = $" ({fault.Message})";
            }

            if (process.HasExited)
            {
                throw new EngineException($"{Name} ended while it started; {Tail}");
            }

            await Task.Delay(20, token);
        }

        throw new EngineException($"{Name} doesn't answer on port {Port} after {StartLimit.TotalSeconds} s{last}; {Tail}");
    }

    /// <summary>Closes the server's pipe, which ends it if it still runs, and waits for that.</summary>
    private async Task ForgetAsync(CancellationToken token)
    {
        if (_process is not { } process)
        {
            return;
        }

        process.CloseInput();
        if (!await process.WaitForExitAsync(KillLimit, token))
        {
            process.Signal(Native.Kill);
            await process.WaitForExitAsync(KillLimit, token);
        }

        process.Dispose();
        _process = null;
    }
}
