using Microsoft.Extensions.Logging;
using WarehouseSql.Programs;

namespace Etl.Scheduling;

/// <summary>What all jobs share: a failure is a line in the log, and the schedule goes on.</summary>
internal static class ScheduledStep
{
    /// <summary>Does a part of a job's work.</summary>
    /// <param name="log">Where a fault of the program itself goes, with its stack.</param>
    /// <param name="of">What it is done for.</param>
    /// <param name="work">The work; stopping it isn't a failure.</param>
    /// <param name="failed">Is told why it failed, in a line.</param>
    public static async Task RunAsync(ILogger log, string of, Func<Task> work, Action<string> failed)
    {
        try
        {
            await work();
        }
        catch (UserException e)
        {
            failed(CleanText.Line(e.Message));
        }
#pragma warning disable CA1031 // A fault of the program itself ends no schedule; the log has its stack.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            log.Broken(of, e);
        }
    }
}
