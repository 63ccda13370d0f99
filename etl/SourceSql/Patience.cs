namespace SourceSql;

/// <summary>Does again what a failure of the source broke off, where that may pass: a few times, after pauses that grow.</summary>
internal static class Patience
{
    private const int MostAttempts = 8;

    /// <summary>The result of the first attempt that doesn't fail; the failure of the last one.</summary>
    /// <param name="attempt">Is told how many attempts before it failed.</param>
    /// <param name="mayPass">Which failures may pass.</param>
    /// <param name="prepare">Is told of the failure and of the pause, and runs before it.</param>
    public static async Task<T> TryAsync<T>(
        Func<int, Task<T>> attempt,
        Func<Exception, bool> mayPass,
        Func<Exception, TimeSpan, Task> prepare,
        CancellationToken token
    )
    {
        var failed = 0;
        while (true)
        {
            try
            {
                return await attempt(failed);
            }
            catch (Exception e) when (mayPass(e) && ++failed < MostAttempts)
            {
                var pause = TimeSpan.FromMilliseconds(Math.Min(10_000, 200 << failed));
                await prepare(e, pause);
                await Task.Delay(pause, token);
            }
        }
    }
}
