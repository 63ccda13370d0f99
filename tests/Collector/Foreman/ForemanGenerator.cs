using Collector.Fuel;

namespace Collector.Foreman;

/// <summary>
/// The latest uploads of sites as a collector would hold them: those of a site don't depend on how many others there are. Sites upload
/// every week or so, upgrade now and then, add and drop plugins, and some have stopped.
/// </summary>
internal static class ForemanGenerator
{
    private const long SiteStream = 201;

    // A stream for every state of a site.
    private const long StateStream = 2_000_000;

    /// <summary>One upload a site, in the order in which the collector first heard of the sites.</summary>
    public static IReadOnlyList<Upload> Uploads(ForemanOptions options)
    {
        List<Upload> all = [];
        for (var i = 0; i < options.Sites; i++)
        {
            if (Latest(options, i) is { } upload)
            {
                all.Add(upload);
            }
        }
        all.Sort(static (a, b) => (a.CreatedAt ?? 0, a.Uuid).CompareTo((b.CreatedAt ?? 0, b.Uuid)));
        return all;
    }

    // Null where the site hasn't uploaded by then.
    private static Upload? Latest(ForemanOptions options, int index)
    {
        var rng = new Rng((ulong)options.Seed, index, SiteStream);
        var end = Clock.StartOf(options.End);
        var uuid = rng.Uuid().ToString();
        var created = end - (options.Days * Clock.Day) + rng.Below(options.Days * Clock.Day);
        var every = rng.Chance(0.85) ? 7 * Clock.Day : rng.Between(1, 35) * Clock.Day;
        var stopped = rng.Chance(0.25) ? created + rng.Below(Math.Max(1, end - created)) : end;
        var software = new SiteSoftware(options, rng);
        var oddity = rng.Unit();

        var until = Math.Min(stopped + 1, Clock.StartOf(options.AsOf ?? options.End));
        if (created >= until)
        {
            return null;
        }
        // A row without updated_at is as the first upload made it: each further one would have set it.
        var number = oddity is >= 0.005 and < 0.010 ? 0 : (until - 1 - created) / every;
        var updated = created + (number * every);
        var upload = software.At(updated, new Rng((ulong)options.Seed, index, StateStream + (number / 4)));
        return oddity switch
        {
            < 0.005 => upload with { Uuid = null, CreatedAt = created, UpdatedAt = updated },
            < 0.008 => upload with { Uuid = uuid, CreatedAt = created, UpdatedAt = null },
            < 0.010 => upload with { Uuid = uuid, CreatedAt = null, UpdatedAt = null },
            < 0.015 => upload with { Uuid = uuid, CreatedAt = null, UpdatedAt = updated },
            _ => upload with { Uuid = uuid, CreatedAt = created, UpdatedAt = updated },
        };
    }
}
