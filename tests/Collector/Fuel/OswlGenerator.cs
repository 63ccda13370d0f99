using System.Globalization;

namespace Collector.Fuel;

/// <summary>
/// Rows of fuel.oswl_stats: what ran inside environments of some of the installations that <see cref="FuelGenerator"/> plans, in the order
/// in which the collector received them. The same options give exactly the same rows.
/// </summary>
public sealed class OswlGenerator(FuelOptions options)
{
    // Streams of an installation's random numbers, beside those of its other documents.
    private const long Stream = 20;

    private const double TakesPart = 0.115;
    private const double SomeTime = 0.93;

    /// <summary>All rows.</summary>
    public List<OswlRow> Rows()
    {
        List<OswlRow> rows = [];
        for (var i = 0; i < options.Installations; i++)
        {
            var rng = new Rng((ulong)options.Seed, i, Stream);
            if (rng.Chance(TakesPart))
            {
                AddInstallation(rows, InstallationPlan.Create(options, i), rng);
            }
        }
        rows.Sort(static (a, b) => (a.ReceivedAt, a.MasterNodeUid, a.ExternalId).CompareTo((b.ReceivedAt, b.MasterNodeUid, b.ExternalId)));
        return rows;
    }

    private void AddInstallation(List<OswlRow> rows, InstallationPlan installation, Rng rng)
    {
        var end = Math.Min(Clock.StartOf(options.End), installation.LeftAt);
        var begin = Math.Max(Clock.StartOf(options.End) - (options.Days * Clock.Day), installation.StartAt);
        // Most sites leave it switched on for some weeks only.
        begin += rng.Below(Math.Max(end - begin, 1));
        end = Math.Min(end, begin + Clock.Day + (long)rng.Exponential(45 * Clock.Day));
        var inside = installation
            .Environments.Where(e => e.Status != "new")
            .ToDictionary(e => e, e => new OswlEnvironment(rng, e.Release, Math.Max(begin, e.CreatedAt)));
        var id = 0;
        for (var day = begin - (begin % Clock.Day); day < end; day += Clock.Day)
        {
            // An outage makes a site send a day's report late, with later ones before it.
            var late = rng.Chance(0.04) ? (long)Math.Min(rng.LogNormal(3, 1), 30) * Clock.Day : 0;
            var isThere = rng.Chance(SomeTime);
            foreach (var (environment, state) in inside.Where(e => e.Key.CreatedAt < day + Clock.Day && e.Key.DeletedAt > day))
            {
                state.Change(day);
                if (isThere)
                {
                    AddDay(rows, installation, environment, state, rng, ref id, day, day + Clock.Day + late);
                }
            }
        }
    }

    private static void AddDay(
        List<OswlRow> rows,
        InstallationPlan installation,
        EnvironmentPlan environment,
        OswlEnvironment state,
        Rng rng,
        ref int id,
        long day,
        long receivedAt
    )
    {
        var time = TimeOnly.FromTimeSpan(TimeSpan.FromMicroseconds(rng.Below(Clock.Day)));
        var version = rng.Chance(0.02) ? null : Version(environment);
        foreach (var resources in state.All)
        {
            id += rng.Chance(0.02) ? rng.Between(2, 9) : 1;
            if (resources.Kind != "vm" && rng.Chance(0.01))
            {
                continue;
            }
            rows.Add(
                new OswlRow(
                    installation.Uid,
                    id,
                    environment.Id,
                    DateOnly.FromDateTime(Clock.ToDateTime(day)),
                    time,
                    resources.Kind,
                    resources.Current.Count == 0 && rng.Chance(0.3) ? null : resources.Document(time),
                    rng.Next().ToString("x16", CultureInfo.InvariantCulture),
                    version,
                    receivedAt
                )
            );
        }
    }

    private static string Version(EnvironmentPlan environment) =>
        $$"""{"fuel_version": "{{Releases.Names[environment.Release]}}", "release_version": "{{Releases.Platforms[environment.Release]}}", "release_os": "{{environment.OperatingSystem}}", "release_name": "{{environment.OperatingSystem}} {{Releases.Platforms[environment.Release]}}", "environment_version": "{{Releases.Names[environment.Release]}}"}""";
}
