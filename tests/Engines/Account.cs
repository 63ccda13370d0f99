using System.Diagnostics;
using System.Globalization;

namespace Engines;

/// <summary>
/// The account that PostgreSQL runs as: this process's own, or when that is root, which PostgreSQL refuses, one without rights.
/// </summary>
internal sealed class Account
{
    // In a container some accounts may not be mapped, so more than one is tried.
    private static readonly string[] Preferred = ["nobody", "postgres", "daemon", "www-data"];

    private readonly int _user;
    private readonly int _group;

    private Account(string name, int user, int group)
    {
        Name = name;
        _user = user;
        _group = group;
    }

    internal string Name { get; }

    private bool IsOwn => _user < 0;

    /// <exception cref="EngineException">This is root and can become nobody else.</exception>
    internal static Account Choose()
    {
        if (!Native.IsRoot)
        {
            return new Account(Environment.UserName, -1, -1);
        }

        var known = File.ReadLines("/etc/passwd").Select(Parse).OfType<Account>().ToLookup(account => account.Name);
        return Preferred.SelectMany(name => known[name]).FirstOrDefault(account => account.Succeeds("true"))
            ?? throw new EngineException(
                $"PostgreSQL refuses to run as root, and root can't become any of {string.Join(", ", Preferred)} with setpriv: run as another account"
            );
    }

    /// <summary>A command line that runs a program as this account.</summary>
    internal string[] Run(params string[] command) =>
        IsOwn ? command : ["setpriv", "--reuid", Text(_user), "--regid", Text(_group), "--clear-groups", "--", .. command];

    /// <summary>The same, for a server, which is also to get SIGQUIT when its parent ends.</summary>
    internal string[] RunServer(params string[] command) =>
        IsOwn
            ? ["setpriv", "--pdeathsig", "QUIT", "--", .. command]
            : ["setpriv", "--reuid", Text(_user), "--regid", Text(_group), "--clear-groups", "--pdeathsig", "QUIT", "--", .. command];

    /// <summary>Makes it the owner of a file or folder.</summary>
    internal void Give(string path)
    {
        if (!IsOwn)
        {
            Native.GiveTo(path, _user, _group);
        }
    }

    /// <summary>Whether it can use a folder: nothing but trying tells what every folder above allows.</summary>
    internal bool CanEnter(string folder) => IsOwn || Succeeds("test", "-x", folder);

    /// <summary>Whether it can read a file.</summary>
    internal bool CanRead(string file) => IsOwn || Succeeds("test", "-r", file);

    private bool Succeeds(params string[] command)
    {
        var line = Run(command);
        var start = new ProcessStartInfo(line[0], line[1..]) { WorkingDirectory = "/", RedirectStandardError = true };
        using var process = ServerProcess.Launch(start);
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Account? Parse(string line)
    {
        var fields = line.Split(':');
        return
            fields.Length > 3
            && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var user)
            && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var group)
            && user != 0
            ? new Account(fields[0], user, group)
            : null;
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
}
