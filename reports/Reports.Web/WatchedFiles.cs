using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>
/// What is made of files, and made anew when they change: nobody has to restart the server for it. What can't be read then is said, and
/// what was before stays.
/// </summary>
/// <param name="paths">The files.</param>
/// <param name="read">Makes it of them; throws where that can't be done.</param>
/// <param name="what">What it is, for messages.</param>
internal sealed class WatchedFiles<T>(IReadOnlyList<string> paths, Func<T> read, string what)
{
    private readonly Lock gate = new();

    // Before they are read: what changes meanwhile is read again.
    private string state = StateOf(paths);
    private T value = read();
    private long looked = Environment.TickCount64;

    /// <summary>What the files say, as of a second ago at most.</summary>
    public T Current
    {
        get
        {
            lock (gate)
            {
                if (Environment.TickCount64 - looked >= 1_000)
                {
                    looked = Environment.TickCount64;
                    Look();
                }

                return value;
            }
        }
    }

    private void Look()
    {
        var now = StateOf(paths);
        if (now == state)
        {
            return;
        }

        state = now;
        try
        {
            value = read();
            Console.Error.WriteLine($"{what} read anew");
        }
#pragma warning disable CA1031 // Whatever is wrong with a file, the server goes on with what it had.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"error: {what} can't be read anew, and stay as they were: {CleanText.Line(e.Message)}");
        }
    }

    private static string StateOf(IReadOnlyList<string> paths) =>
        string.Join(
            '|',
            paths.Select(p => new FileInfo(p) is { Exists: true } file ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}" : "gone")
        );
}
