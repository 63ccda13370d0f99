using System.Diagnostics;
using System.Globalization;

namespace Engines;

/// <summary>Where a set's PostgreSQL servers live: their programs and data folders, all of which the servers' account can enter.</summary>
internal sealed class PostgresFolder
{
    private readonly string _programs;
    private readonly string _data;
    private readonly Account _account;

    private PostgresFolder(string programs, string data, Account account)
    {
        _programs = programs;
        _data = data;
        _account = account;
    }

    internal string PrimaryData => Path.Combine(_data, "primary");

    internal string ReplicaData => Path.Combine(_data, "replica");

    /// <summary>Finds or makes the folders; where the account can't enter them, they are put among the temporary files.</summary>
    internal static PostgresFolder Open(SetFolder set, EnginePackages packages, Action<string> progress)
    {
        var account = Account.Choose();
        var data = set.OpenPostgres(account, progress);
        var programs = packages.PostgresFolder;
        if (!account.CanRead(Path.Combine(programs, "share", "postgresql", "postgres.bki")))
        {
            progress($"The account {account.Name}, which PostgreSQL runs as, can't enter {programs}: copying it to {data}");
            programs = Path.Combine(data, "programs");
            Copy(packages.PostgresFolder, programs);
        }

        return new PostgresFolder(programs, data, account);
    }

    /// <summary>Makes the data folders that are missing. No server of the set may run yet.</summary>
    internal void Prepare(bool replica, Action<string> progress)
    {
        if (!Directory.Exists(PrimaryData))
        {
            progress("Making the primary's data folder");
            Delete(ReplicaData);
            Initialise(PrimaryData + ".new");
            Directory.Move(PrimaryData + ".new", PrimaryData);
        }

        if (replica && !Directory.Exists(ReplicaData))
        {
            progress("Copying the primary's data folder for the replica");
            Copy(PrimaryData, ReplicaData + ".new");
            File.WriteAllText(Path.Combine(ReplicaData + ".new", "standby.signal"), "");
            Directory.Move(ReplicaData + ".new", ReplicaData);
        }
    }

    /// <summary>The command line of a server.</summary>
    internal string[] ServerCommand(string data) => _account.RunServer(Path.Combine(_programs, "bin", "postgres"), "-D", data);

    /// <summary>Replaces a data folder's postgresql.conf.</summary>
    internal void Configure(string data, IEnumerable<KeyValuePair<string, string>> settings)
    {
        var path = Path.Combine(data, "postgresql.conf");
        File.WriteAllLines(
            path,
            settings.Select(setting => $"{setting.Key} = '{setting.Value.Replace("'", "''", StringComparison.Ordinal)}'")
        );
        _account.Give(path);
    }

    private void Initialise(string data)
    {
        Delete(data);
        Directory.CreateDirectory(data);
        Native.MakePrivate(data);
        _account.Give(data);
        // The built-in provider sorts and folds the same on every system; the system's own locales may be missing.
        // Without sync: until the set is ready there is nothing in it that could be lost.
        Run(
            _account.Run(
                Path.Combine(_programs, "bin", "initdb"),
                "-D",
                data,
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
                "--no-instructions"
            )
        );
    }

    private static void Copy(string from, string to)
    {
        Delete(to);
        // cp keeps owners, modes and links, and shares the blocks where the file system can.
        Run(["cp", "-a", "--reflink=auto", from, to]);
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        ServerProcess.ClearEnvironment(start);
        using var process = ServerProcess.Launch(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            var code = process.ExitCode.ToString(CultureInfo.InvariantCulture);
            throw new EngineException($"`{string.Join(' ', command)}` ended with {code}:{Environment.NewLine}{output.Result}{errors}");
        }
    }
}
