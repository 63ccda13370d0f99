using System.Diagnostics;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Waiting for what another process or server does.</summary>
internal static class Wait
{
    /// <summary>Asks again and again until the answer is yes; fails after <paramref name="seconds"/>.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, double seconds = 90)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed.TotalSeconds < seconds, $"not after {seconds} s: {what}");
            await Task.Delay(30, TestContext.Current.CancellationToken);
        }
    }
}
