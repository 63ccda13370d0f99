using System.Globalization;

namespace Collector.Pulp;

/// <summary>A component that a system runs, and which release of it on which day.</summary>
internal sealed class ComponentPlan
{
    // Releases began two years before the period's end.
    private const int History = 730;

    // Component, how many systems have it, its major number, the minor number two years ago, and the days from minor to minor and patch to
    // patch.
    private static readonly (string Name, double Share, int Major, int Minor, int EveryMinor, int EveryPatch)[] s_components =
    [
        ("core", 1, 3, 38, 42, 10),
        ("rpm", 0.78, 3, 22, 60, 20),
        ("file", 0.72, 1, 14, 180, 50),
        ("container", 0.51, 2, 16, 75, 25),
        ("deb", 0.33, 3, 0, 90, 30),
        ("certguard", 0.46, 3, 38, 42, 10),
        ("ansible", 0.28, 0, 19, 80, 16),
        ("python", 0.3, 3, 10, 120, 40),
        ("ostree", 0.07, 2, 1, 150, 60),
        ("maven", 0.05, 0, 7, 200, 100),
        ("gem", 0.04, 0, 4, 100, 45),
    ];

    private static readonly string[] s_odd =
    [
        "main",
        "v3.49.1",
        "unknown",
        "3.53.0.dev",
        "3.52.0rc1",
        "3.49",
        "4",
        "3.49.1.post2",
        "3.49.1+local.7",
    ];

    private readonly string? _odd;
    private readonly (int Major, int Minor, int EveryMinor, int EveryPatch) _releases;
    private readonly int _origin;
    private readonly int _lag;
    private readonly int _every;

    private ComponentPlan(string name, (int, int, int, int) releases, string? odd, int origin, int lag, int every)
    {
        Name = name;
        _releases = releases;
        _odd = odd;
        _origin = origin;
        _lag = lag;
        _every = every;
    }

    public string Name { get; }

    /// <summary>The components of one system, which upgrades all of them together.</summary>
    public static IReadOnlyList<ComponentPlan> Pick(Rng rng, int end)
    {
        var lag = (int)Math.Min(600, rng.LogNormal(25, 1.1));
        var every = 1 + (int)rng.LogNormal(14, 0.8);
        List<ComponentPlan> picked = [];
        foreach (var (name, share, major, minor, everyMinor, everyPatch) in s_components)
        {
            // Drawn whether it is there or not, so that one component more or less leaves the others as they are.
            var (isThere, isOdd, odd) = (rng.Chance(share), rng.Chance(0.015), rng.Pick(s_odd));
            if (isThere)
            {
                picked.Add(new ComponentPlan(name, (major, minor, everyMinor, everyPatch), isOdd ? odd : null, end - History, lag, every));
            }
        }
        return picked;
    }

    /// <summary>The newest release at its system's latest upgrade.</summary>
    public string VersionOn(int day)
    {
        if (_odd is not null)
        {
            return _odd;
        }
        var upgraded = Math.Max(0, ((day - _lag) / _every * _every) - _origin);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_releases.Major}.{_releases.Minor + (upgraded / _releases.EveryMinor)}.{upgraded % _releases.EveryMinor / _releases.EveryPatch}"
        );
    }
}
