using System.Globalization;

namespace WarehouseSql.Programs;

/// <summary>
/// Tells the caller's script what was done: with <c>STEPS_FILE</c> set, a line "step, rows, seconds" between tabs is appended to that file.
/// </summary>
public static class Steps
{
    private static readonly Lock Gate = new();

    /// <summary>Notes one finished step.</summary>
    public static void Note(string step, long rows, TimeSpan took)
    {
        if (Environment.GetEnvironmentVariable("STEPS_FILE") is { Length: > 0 } file)
        {
            using var one = Gate.EnterScope();
            File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{step}\t{rows}\t{took.TotalSeconds:0.000}\n"));
        }
    }
}
