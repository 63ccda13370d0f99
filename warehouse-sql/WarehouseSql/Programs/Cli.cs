using System.CommandLine;

namespace WarehouseSql.Programs;

/// <summary>How the programs end: a result on stdout and 0, or one clear line on stderr and another code.</summary>
public static class Cli
{
    /// <summary>The option of every program that shows an error with its stack.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Show errors with their stack", Recursive = true };

    /// <summary>Who calls a program, for what keeps that: account@machine.</summary>
    public static string Caller => $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>
    /// Runs the command that <paramref name="args"/> name; returns the exit code: 0, 1 (it failed), 2 (it was called wrongly), 130
    /// (stopped).
    /// </summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        CleanText.Guard();
        root.Options.Add(Verbose);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // A word that nothing knows is the cause; that something else is missing then is a consequence of it.
            var fault = parsed.UnmatchedTokens is [var unknown, ..]
                ? $"unknown argument '{CleanText.Line(unknown)}'"
                : string.Join(' ', parsed.Errors.Select(e => e.Message).Distinct());
            await Console.Error.WriteLineAsync($"error: {fault} — `{root.Name} --help` lists what there is");
            return 2;
        }

        using var stop = new StopSignals();
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                stop.Token
            );
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("stopped");
            return 130;
        }
#pragma warning disable CA1031 // The one place where every failure becomes a line for a person.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"error: {(parsed.GetValue(Verbose) ? e.ToString() : Explain(e))}");
            return 1;
        }
    }

    private static string Explain(Exception e) =>
        e switch
        {
            UserException => e.Message,
            IOException io when (io.HResult & 0xFFFF) == 28 => $"the disk is full: {io.Message}",
            InvalidDataException { InnerException: not null } data =>
                $"{data.Message} {data.GetBaseException().Message}".ReplaceLineEndings(" "), // a setting's file that isn't JSON
            UnauthorizedAccessException or IOException => e.Message,
            AggregateException { InnerException: { } inner } => Explain(inner),
            // A fault of ours, and it says so.
            _ => $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} (unexpected; --verbose shows where)",
        };
}
