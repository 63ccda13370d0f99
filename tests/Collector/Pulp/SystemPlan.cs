namespace Collector.Pulp;

/// <summary>What stays the same about a system from day to day.</summary>
internal sealed class SystemPlan
{
    private readonly int _postgresql;
    private readonly int _upgradesOn;
    private readonly bool _tellsAccess;
    private readonly bool _tellsDomains;
    private readonly bool _tellsSize;
    private readonly AccessNumbers _access;
    private readonly int _workerHosts;
    private readonly int _contentHosts;
    private readonly int _perHost;
    private readonly IReadOnlyList<ComponentPlan> _components;

    public SystemPlan(PulpOptions options, Rng rng)
    {
        var end = options.End.DayNumber;
        _postgresql = PulpGenerator.Postgresql(rng);
        _upgradesOn = rng.Chance(0.05) ? end - rng.Below(options.Days) : int.MaxValue;
        _tellsAccess = !rng.Chance(0.25);
        _tellsDomains = !rng.Chance(0.35);
        _tellsSize = !rng.Chance(0.08);
        _access = new AccessNumbers(
            1 + (int)rng.LogNormal(1.5, 1.2),
            rng.Poisson(0.7),
            rng.Chance(0.85) ? 1 : 2 + rng.Poisson(3),
            rng.Chance(0.8) ? 0 : 1 + rng.Poisson(1),
            rng.Chance(0.7) ? 0 : 1 + rng.Poisson(0.6)
        );
        _workerHosts = rng.Chance(0.75) ? 1 : 2 + rng.Poisson(1.5);
        _contentHosts = rng.Chance(0.8) ? 1 : 2 + rng.Poisson(1);
        _perHost = 1 + rng.Poisson(2);
        _components = ComponentPlan.Pick(rng, end);
    }

    /// <summary>What it tells on a day.</summary>
    public CheckIn CheckIn(Guid uuid, long created, long firstSeen, int day, Rng rng)
    {
        // Workers come and go; a system whose processes are all down checks in nevertheless.
        var workers = Math.Max(0, (_workerHosts * _perHost) + rng.Between(-1, 1));
        var size = new SizeNumbers(
            _tellsSize ? _contentHosts * _perHost : null,
            _tellsSize ? _contentHosts : null,
            _tellsSize ? workers : null,
            _tellsSize && !rng.Chance(0.01) ? (workers == 0 ? 0 : _workerHosts) : null
        );
        var access = new AccessNumbers(
            _tellsAccess ? _access.Users + (rng.Chance(0.1) ? 1 : 0) : null,
            _tellsAccess ? _access.Groups : null,
            _tellsAccess && _tellsDomains ? _access.Domains : null,
            _tellsAccess ? _access.Policies : null,
            _tellsAccess ? _access.Roles : null
        );
        var components = rng.Chance(0.005) ? [] : _components.Select(c => new ComponentVersion(c.Name, c.VersionOn(day))).ToArray();
        return new CheckIn(
            uuid,
            created,
            firstSeen,
            day >= _upgradesOn && _postgresql > 0 ? 170002 : _postgresql,
            access,
            size,
            components
        );
    }
}
