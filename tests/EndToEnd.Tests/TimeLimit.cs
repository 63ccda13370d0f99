using System.Collections.Concurrent;
using System.Reflection;
using EndToEnd.Tests;
using Xunit;
using Xunit.v3;

[assembly: TimeLimit]

namespace EndToEnd.Tests;

/// <summary>
/// Ends a test that waits for something that never comes, so that its name and place are told in place of a run that never ends: its token
/// is cancelled, and if it doesn't heed that, the whole run ends.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TimeLimitAttribute : BeforeAfterTestAttribute
{
    // The longest takes three minutes. `make chaos` asks for more than that of one test.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(Environment.GetEnvironmentVariable("CHAOS_KILLS") is null ? 10 : 24 * 60);
    private static readonly ConcurrentDictionary<string, Running> Tests = [];
    private static readonly Timer Watch = new(_ => Look(), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
    private static long lastChange = TimeProvider.System.GetTimestamp();

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        Tests[test.UniqueID] = new Running(TestContext.Current, test.TestDisplayName, Now());
        GC.KeepAlive(Watch);
    }

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        Tests.TryRemove(test.UniqueID, out _);
        Now();
    }

    private static long Now() => lastChange = TimeProvider.System.GetTimestamp();

    private static void Look()
    {
        foreach (var (_, test) in Tests)
        {
            var took = TimeProvider.System.GetElapsedTime(test.Began);
            if (took > Limit && !test.IsCancelled)
            {
                Console.WriteLine($"    {test.Name} takes more than {Limit.TotalMinutes:0} minutes and is cancelled");
                test.IsCancelled = true;
                test.Context.CancelCurrentTest();
            }

            if (took > Limit * 1.3)
            {
                End($"{test.Name} hangs, and doesn't heed its token");
            }
        }

        if (TimeProvider.System.GetElapsedTime(lastChange) > Limit * 1.5)
        {
            End("no test has begun or ended for long: what they share doesn't start");
        }
    }

    private static void End(string why)
    {
        Console.WriteLine($"    {why}: the run ends");
        Environment.Exit(1);
    }

    private sealed record Running(ITestContext Context, string Name, long Began)
    {
        public bool IsCancelled { get; set; }
    }
}
