namespace Collector.Fuel;

/// <summary>
/// What is fixed about an installation before any document mentions it. Made from the seed and the installation's number alone, so that an
/// installation's rows don't depend on how many others there are.
/// </summary>
internal sealed class InstallationPlan
{
    // Past this a structure would outgrow the 500 kB that collectors accept.
    private const int MostNodes = 240;

    private static readonly Shares<int> s_environments = new((0, 11), (1, 47), (2, 20), (3, 10), (4, 5), (5, 3), (7, 2), (10, 1), (14, 1));

    private static readonly Shares<bool?> s_filtered = new((true, 3), (null, 37), (false, 60));

    private static readonly Shares<long> s_reportEvery = new(
        (Clock.Hour, 62),
        (6 * Clock.Hour, 13),
        (24 * Clock.Hour, 20),
        (168 * Clock.Hour, 5)
    );

    private InstallationPlan(int index, Guid uid)
    {
        Index = index;
        Uid = uid.ToString("D");
    }

    public int Index { get; }

    public string Uid { get; }

    public long StartAt { get; private init; }

    /// <summary>When it was switched off; <see cref="Clock.Never"/> if it runs on.</summary>
    public long LeftAt { get; private set; }

    public int FirstRelease { get; private set; }

    /// <summary>The release from <see cref="UpgradedAt"/> on; the first one if there was no upgrade.</summary>
    public int LastRelease { get; private set; }

    public long UpgradedAt { get; private set; } = Clock.Never;

    /// <summary>Reports its structure but no operations.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Reports operations, but its structure never came through.</summary>
    public bool HasNoStructure { get; private set; }

    public bool? IsFiltered { get; private set; }

    /// <summary>Sessions of work on a working day.</summary>
    public double Activity { get; private set; }

    /// <summary>From UTC to the site's working hours.</summary>
    public int UtcOffsetHours { get; private set; }

    public long ReportEvery { get; private set; }

    /// <summary>Outages of its connection to the collector in a day.</summary>
    public double OutagesPerDay { get; private set; }

    public List<EnvironmentPlan> Environments { get; } = [];

    public int ReleaseAt(long instant) => instant < UpgradedAt ? FirstRelease : LastRelease;

    public static InstallationPlan Create(FuelOptions options, int index)
    {
        var rng = new Rng((ulong)options.Seed, index, Streams.Installation);
        var end = Clock.StartOf(options.End);
        var uid = rng.Uuid();
        var plan = new InstallationPlan(index, uid) { StartAt = Start(rng, end, options.Days * Clock.Day) };
        plan.LeftAt = rng.Chance(plan.StartAt < end - (options.Days * Clock.Day) ? 0.35 : 0.2)
            ? plan.StartAt + Clock.Hour + (long)rng.Exponential(220 * Clock.Day)
            : Clock.Never;
        plan.PickReleases(rng, end);
        plan.PickHabits(rng);
        plan.PickEnvironments(rng, end);
        return plan;
    }

    // Most were there before the period; within it more begin every day than the day before.
    private static long Start(Rng rng, long end, long period) =>
        rng.Chance(0.66)
            ? end - period - (long)rng.Exponential(240 * Clock.Day)
            : end - period + (long)((period - Clock.Hour) * Math.Sqrt(rng.Unit()));

    private void PickReleases(Rng rng, long end)
    {
        FirstRelease = Releases.Pick(rng, (end - StartAt) / Clock.Day);
        LastRelease = FirstRelease;
        if (rng.Chance(0.14) && FirstRelease < Releases.Names.Length - 1)
        {
            LastRelease = rng.Between(FirstRelease + 1, Math.Min(FirstRelease + 2, Releases.Names.Length - 1));
            UpgradedAt = StartAt + (long)((Math.Min(LeftAt, end) - StartAt) * (0.5 + (0.5 * rng.Unit())));
        }
    }

    private void PickHabits(Rng rng)
    {
        IsSilent = rng.Chance(0.05);
        HasNoStructure = !IsSilent && rng.Chance(0.01);
        IsFiltered = s_filtered.Pick(rng);
        Activity = Math.Min(rng.LogNormal(ActionSimulation.MedianSessions, 0.9), 12);
        UtcOffsetHours = rng.Pick([-8, -6, -5, -3, 0, 1, 1, 2, 3, 3, 4, 5, 8, 8, 9]);
        ReportEvery = s_reportEvery.Pick(rng);
        OutagesPerDay = rng.Chance(0.3) ? 1.0 / 12 : 1.0 / 60;
    }

    private void PickEnvironments(Rng rng, long end)
    {
        var last = Math.Min(LeftAt, end);
        var beginnings = new long[s_environments.Pick(rng)];
        for (var i = 0; i < beginnings.Length; i++)
        {
            // The first soon after the installation; the square leaves the later ones nearer to the beginning.
            var share = rng.Unit();
            beginnings[i] = StartAt + (long)((last - StartAt) * share * share * 0.9);
            beginnings[i] = i == 0 ? Math.Min(beginnings[i], StartAt + (3 * Clock.Day)) : beginnings[i];
        }
        Array.Sort(beginnings);
        var id = 0;
        var nodesLeft = MostNodes;
        foreach (var createdAt in beginnings)
        {
            id += rng.Chance(0.75) ? 1 : rng.Between(2, 6);
            var environment = EnvironmentPlan.Create(rng, id, createdAt, ReleaseAt(createdAt), nodesLeft);
            var deletedAt = createdAt + Clock.Day + (long)rng.Exponential(40 * Clock.Day);
            if (id > 1 && rng.Chance(0.3) && deletedAt < last)
            {
                environment.DeletedAt = deletedAt;
            }
            else
            {
                nodesLeft -= environment.Nodes;
            }
            Environments.Add(environment);
        }
    }
}
