using System.Runtime.InteropServices;

namespace Collector.Fuel;

/// <summary>
/// When the collector received each operation. A site reports at its own interval what has finished since; an outage
/// makes a backlog that arrives at once, hours to weeks late, and a few operations are held back on their own.
/// </summary>
internal sealed class Delivery(FuelOptions options)
{
    private const long LongestDelay = 35 * Clock.Day;

    private readonly List<long> _reports = [];
    private readonly Rng _rng = new(0, 0, 0);

    /// <summary>Sets <see cref="ActionPlan.ReceivedAt"/>; <see cref="Clock.Never"/> for what hadn't arrived by the end.</summary>
    public void Deliver(InstallationPlan installation, List<ActionPlan> actions)
    {
        if (actions.Count == 0)
        {
            return;
        }
        _rng.Reseed((ulong)options.Seed, installation.Index, Streams.Delivery);
        ScheduleReports(installation, actions[0].StartAt);
        foreach (ref var action in CollectionsMarshal.AsSpan(actions))
        {
            var finishedAt = action.EndAt < 0 ? action.StartAt : action.EndAt;
            var heldBack = _rng.Chance(0.03) ? Math.Min((long)_rng.LogNormal(6 * Clock.Hour, 1.8), LongestDelay) : 0;
            var report = FirstReportAfter(finishedAt + heldBack);
            // Within a report the rows come in no particular order.
            var within = _rng.Below(20 * Clock.Second);
            action.ReceivedAt = report < _reports.Count ? _reports[report] + within : Clock.Never;
        }
    }

    private void ScheduleReports(InstallationPlan installation, long begin)
    {
        var end = Clock.StartOf(options.End);
        end = installation.LeftAt < end ? installation.LeftAt : end;
        _reports.Clear();
        var outage = installation.OutagesPerDay * installation.ReportEvery / Clock.Day;
        var at = begin + _rng.Below(installation.ReportEvery);
        while (at < end - (20 * Clock.Second))
        {
            _reports.Add(at);
            at += (long)(installation.ReportEvery * (0.95 + (0.1 * _rng.Unit())));
            if (_rng.Chance(outage))
            {
                at += Math.Min((long)_rng.LogNormal(Clock.Day, 1.4), LongestDelay);
            }
        }
    }

    private int FirstReportAfter(long instant)
    {
        var index = _reports.BinarySearch(instant);
        return index < 0 ? ~index : index;
    }
}
