using System.Diagnostics;
using System.Globalization;

namespace Engines;

/// <summary>
/// A set's folder, locked for as long as the set lives:
/// postgres/{primary,replica} and clickhouse/ hold data, log/ holds the servers' logs, pid names the process that holds lock.
/// </summary>
internal sealed class SetFolder : IDisposable
{
    private const string ScratchPrefix = "engines-set-";
    private const string PostgresPrefix = "engines-postgres-";
    private const string OwnerFile = "made-for";

    private readonly FileStream _lock;
    private readonly bool _persistent;

    private SetFolder(string path, bool persistent, FileStream held)
    {
        FullPath = path;
        _persistent = persistent;
        _lock = held;
    }

    internal string FullPath { get; }

    internal string ClickHouse => Make("clickhouse");

    private string PostgresLink => Path.Combine(FullPath, "postgres");

    internal string Log(string name) => Path.Combine(Make("log"), name + ".log");

    /// <summary>Makes the folder unless it exists; a folder that exists keeps its mode.</summary>
    internal static void Create(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            LetPass(path);
        }
    }

    /// <exception cref="EngineException">Another set uses the folder, or it can't be written.</exception>
    internal static SetFolder Open(string? path, bool persistent)
    {
        DeleteAbandoned();
        if (path is null)
        {
            path = Directory.CreateTempSubdirectory(ScratchPrefix).FullName;
            LetPass(path);
        }
        else
        {
            Create(path);
        }

        var held = Lock(path);
        File.WriteAllText(PidFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new SetFolder(Native.RealPath(path), persistent, held);
    }

    /// <summary>The process that holds a locked folder, or held it last; null when none ever did.</summary>
    internal static int? Holder(string path) =>
        File.Exists(PidFile(path))
        && int.TryParse(File.ReadAllText(PidFile(path)), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            ? process
            : null;

    /// <summary>Whether a set that lives uses the folder.</summary>
    internal static bool IsLocked(string path)
    {
        if (!File.Exists(Path.Combine(path, "lock")))
        {
            return false;
        }

        using var held = TryLock(path);
        return held is null;
    }

    /// <summary>The folder for PostgreSQL's data, which the account can enter and write; its true path.</summary>
    /// <exception cref="EngineException">No folder for temporary files is open to the account.</exception>
    internal string OpenPostgres(Account account, Action<string> progress)
    {
        if (!Directory.Exists(PostgresLink))
        {
            // Also a link to a folder that someone cleared away.
            File.Delete(PostgresLink);
            if (account.CanEnter(FullPath))
            {
                Directory.CreateDirectory(PostgresLink);
                LetPass(PostgresLink);
            }
            else
            {
                Directory.CreateSymbolicLink(PostgresLink, MakeElsewhere(account));
            }
        }

        var real = Native.RealPath(PostgresLink);
        if (!account.CanEnter(real))
        {
            throw new EngineException(
                $"The account {account.Name}, which PostgreSQL runs as, can't enter {real}: open the folders above it (chmod o+x), or remove it"
            );
        }

        if (real != PostgresLink)
        {
            progress($"The account {account.Name}, which PostgreSQL runs as, can't enter {FullPath}: its data is in {real}");
        }

        return real;
    }

    /// <summary>Gives the folder free; deletes it unless it is persistent.</summary>
    public void Dispose()
    {
        if (!_persistent)
        {
            if (new DirectoryInfo(PostgresLink).LinkTarget is { } elsewhere)
            {
                Delete(elsewhere);
            }

            Delete(FullPath);
        }

        _lock.Dispose();
    }

    private string MakeElsewhere(Account account)
    {
        foreach (var root in (string[])[Path.GetTempPath(), "/tmp", "/var/tmp"])
        {
            if (Directory.Exists(root) && account.CanEnter(root))
            {
                // The name is random: in a shared folder, someone else could have made one that can be guessed.
                var made = Path.Combine(root, PostgresPrefix + Path.GetRandomFileName());
                Directory.CreateDirectory(made);
                LetPass(made);
                File.WriteAllText(Path.Combine(made, OwnerFile), FullPath);
                return made;
            }
        }

        throw new EngineException(
            $"The account {account.Name}, which PostgreSQL runs as, can enter neither {FullPath} nor a folder for temporary files: set TMPDIR to one that it can enter"
        );
    }

    /// <summary>Removes what programs that were killed left among the temporary files.</summary>
    private static void DeleteAbandoned()
    {
        foreach (var folder in Own(ScratchPrefix))
        {
            if (File.Exists(Path.Combine(folder, "lock")) && TryLock(folder) is { } held)
            {
                Delete(folder);
                held.Dispose();
            }
        }

        foreach (var folder in Own(PostgresPrefix))
        {
            var owner = Path.Combine(folder, OwnerFile);
            if (File.Exists(owner) && new DirectoryInfo(Path.Combine(File.ReadAllText(owner), "postgres")).LinkTarget != folder)
            {
                Delete(folder);
            }
        }
    }

    /// <summary>
    /// This account's folders among the temporary files: what another account put there must not steer what root deletes.
    /// Not those of the last minute, which may not have got their lock yet.
    /// </summary>
    private static string[] Own(string prefix)
    {
        var start = new ProcessStartInfo(
            "find",
            [Path.GetTempPath(), "-maxdepth", "1", "-type", "d", "-uid", Native.User, "-name", prefix + "*", "-mmin", "+1"]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = ServerProcess.Launch(start);
        var errors = process.StandardError.ReadToEndAsync();
        var found = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static FileStream Lock(string path)
    {
        // More than once: someone who only looks whether the folder is locked holds the lock for a moment.
        for (var attempt = 0; attempt < 10; attempt++)
        {
            if (TryLock(path) is { } held)
            {
                return held;
            }

            Thread.Sleep(30);
        }

        throw new EngineException(
            $"{path} is in use by the engines of process {Holder(path)}: stop them with `make down`, or choose another folder"
        );
    }

    private static string PidFile(string path) => Path.Combine(path, "pid");

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new EngineException($"Can't write in {path}: it belongs to another account; remove it or run as that account", fault);
        }
    }

    private static void LetPass(string folder)
    {
        if (Native.IsRoot)
        {
            // PostgreSQL's account must pass through it.
            Native.MakePassable(folder);
        }
    }

    /// <summary>Deletes a folder, also while someone else deletes in it.</summary>
    private static void Delete(string folder)
    {
        for (var attempt = 1; Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (attempt < 10)
            {
                Thread.Sleep(20);
            }
        }
    }

    private string Make(string name)
    {
        var path = Path.Combine(FullPath, name);
        Directory.CreateDirectory(path);
        return path;
    }
}
