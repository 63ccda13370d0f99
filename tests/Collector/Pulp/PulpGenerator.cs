using Collector.Fuel;

namespace Collector.Pulp;

/// <summary>
/// Check-ins as a collector would hold them: those of a system don't depend on how many others there are. Among the systems
/// are those that test machines set up for a day, and those that check in at midnight to the microsecond.
/// </summary>
internal static class PulpGenerator
{
    private const long PlanStream = 101;

    // A stream for each day; day numbers are large, so that none is another stream's.
    private const long DayStream = 1_000_000;

    private static readonly Shares<int> s_postgresql = new(
        (0, 6),
        (90105, 1),
        (90624, 2),
        (100023, 3),
        (120017, 6),
        (130011, 16),
        (140005, 14),
        (140012, 12),
        (150008, 22),
        (160004, 18)
    );

    /// <summary>All check-ins in the order in which they came.</summary>
    public static IReadOnlyList<CheckIn> CheckIns(PulpOptions options)
    {
        List<CheckIn> all = [];
        for (var i = 0; i < options.Systems; i++)
        {
            all.AddRange(Of(options, i));
        }
        all.Sort(static (a, b) => (a.CreatedAt, a.System).CompareTo((b.CreatedAt, b.System)));
        return all;
    }

    private static IEnumerable<CheckIn> Of(PulpOptions options, int index)
    {
        var rng = new Rng((ulong)options.Seed, index, PlanStream);
        var end = options.End.DayNumber;
        var begin = end - options.Days;
        var uuid = rng.Uuid();
        var (first, last) = Life(rng, begin, end);
        var phase = Phase(rng);
        var plan = new SystemPlan(options, rng);
        var firstSeen = At(first, phase, new Rng((ulong)options.Seed, index, DayStream + first));
        for (var day = Math.Max(first, begin); day <= last && day < end; day++)
        {
            var dayRng = new Rng((ulong)options.Seed, index, DayStream + day);
            var created = At(day, phase, dayRng);
            // One in twenty-five days is missed, but never the first: that is when it was first seen.
            if (day == first || !dayRng.Chance(0.04))
            {
                yield return plan.CheckIn(uuid, created, firstSeen, day, dayRng);
            }
        }
    }

    // The first and the last day.
    private static (int First, int Last) Life(Rng rng, int begin, int end)
    {
        var kind = rng.Unit();
        if (kind < 0.45)
        {
            var only = rng.Between(begin, end - 1);
            return (only, only);
        }
        if (kind < 0.65)
        {
            var first = rng.Between(begin - 4, end - 1);
            return (first, Math.Max(begin, first) + (int)rng.LogNormal(4, 0.8));
        }
        var since = end - 1 - (int)Math.Min(700, rng.Exponential(150));
        return (since, rng.Chance(0.1) ? Math.Max(since, rng.Between(begin, end - 1)) : end);
    }

    // The time of day at which a system checks in; null: as it happens.
    private static long? Phase(Rng rng) =>
        rng.Unit() switch
        {
            < 0.02 => 0,
            < 0.04 => Clock.Day - 1,
            < 0.8 => rng.Below(Clock.Day - Clock.Hour),
            _ => null,
        };

    private static long At(int day, long? phase, Rng dayRng)
    {
        var midnight = Clock.StartOf(DateOnly.FromDayNumber(day));
        var jitter = dayRng.Below(10 * Clock.Minute);
        var anytime = dayRng.Below(Clock.Day);
        return midnight
            + phase switch
            {
                null => anytime,
                0 or Clock.Day - 1 => phase.Value,
                _ => phase.Value + jitter,
            };
    }

    public static int Postgresql(Rng rng) => s_postgresql.Pick(rng);
}
