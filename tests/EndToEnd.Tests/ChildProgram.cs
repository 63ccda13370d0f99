using System.Diagnostics;
using System.Text;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record Ended(int Code, string Output, string Errors)
{
    /// <summary>The lines on stderr.</summary>
    public IReadOnlyList<string> ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A program of the project as a process of its own, as people run it.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(150);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private ChildProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The project's own folder.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to stderr so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>What it wrote to stdout and stderr so far.</summary>
    public string Log
    {
        get
        {
            lock (_output)
            {
                return _output.ToString() + Errors;
            }
        }
    }

    /// <summary>Starts the program whose project is <paramref name="project"/>, for example etl/Etl.</summary>
    public static ChildProgram Start(string project, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        // Not the copy beside the tests: that one lacks what the tests take from their shared framework.
        var bin = Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "../../.."), AppContext.BaseDirectory);
        var program = Path.Combine(Root, project, bin, Path.GetFileName(project).Split('.')[0].ToLowerInvariant() + ".dll");
        var start = new ProcessStartInfo(Environment.ProcessPath!, [program, .. arguments])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProgram(start);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Ended> RunAsync(string project, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using var program = Start(project, environment, arguments);
        return await program.WaitAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<Ended> WaitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        lock (_output)
        {
            return new Ended(_process.ExitCode, _output.ToString(), Errors);
        }
    }

    /// <summary>Asks it to stop, as an operator does.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }
}
