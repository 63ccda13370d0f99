using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Engines;

/// <summary>Processes of an earlier server that was killed: PostgreSQL's backends outlive their postmaster until they notice.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Ends every server process whose working folder is this one, and waits until they are gone. The caller holds the
    /// set's lock, so none of them belongs to a set that lives.
    /// </summary>
    /// <exception cref="EngineException">One doesn't end.</exception>
    internal static async Task EndAsync(string folder, CancellationToken token)
    {
        var waited = Stopwatch.StartNew();
        for (var left = Find(folder); left.Count > 0; left = Find(folder))
        {
            if (waited.Elapsed > Limit)
            {
                throw new EngineException(
                    $"Process {left[0]} of an earlier server still runs in {folder}: end it with `kill -9 {left[0]}`"
                );
            }

            foreach (var process in left)
            {
                Native.Signal(process, Native.Kill);
            }

            await Task.Delay(20, token);
        }
    }

    private static List<int> Find(string folder)
    {
        var found = new List<int>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && WorksIn(entry, folder)
                && IsServer(entry)
            )
            {
                found.Add(process);
            }
        }

        return found;
    }

    private static bool WorksIn(string entry, string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(entry, "cwd")).LinkTarget == folder;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsServer(string entry)
    {
        try
        {
            // Not someone's shell or editor that stands in the data folder.
            var command = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(entry, "cmdline"))).Replace('\0', ' ');
            return command.StartsWith("postgres: ", StringComparison.Ordinal)
                || command.Contains("/bin/postgres -D ", StringComparison.Ordinal)
                || command.Contains(" clickhouse ", StringComparison.Ordinal);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
