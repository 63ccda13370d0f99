using Reports.Definitions;
using Reports.Mail.Delivery;

namespace Reports.Mail.Watching;

/// <summary>
/// Looks for a watch, and tells people when it fails again and again: a watch that finds nothing looks like one that has nothing to find.
/// </summary>
internal sealed class WatchFailures(
    WatchDefinition watch,
    Watcher watcher,
    AlertDelivery alerts,
    IReadOnlyList<string> to,
    IReadOnlyList<string> operators
)
{
    /// <summary>So many looks in a row that fail are an alert.</summary>
    private const int Many = 3;

    private int failures;

    // Whether an earlier process left an alert open isn't known at first.
    private bool isKnown;

    /// <summary>Looks once; what failed is thrown on.</summary>
    public async Task<IReadOnlyList<Outcome>> LookAsync(CancellationToken token)
    {
        IReadOnlyList<Outcome> outcomes;
        try
        {
            outcomes = await watcher.LookAsync(to, token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (++failures >= Many)
            {
                await alerts.CheckAsync(watch, e.Message, operators, token);
            }

            throw;
        }

        if (failures >= Many || !isKnown)
        {
            outcomes = [.. outcomes, .. await alerts.CheckAsync(watch, null, operators, token)];
        }

        (failures, isKnown) = (0, true);
        return outcomes;
    }
}
