using System.Globalization;
using Collector.Fuel;

namespace Collector.Foreman;

/// <summary>Which software a site runs at which time.</summary>
internal sealed class SiteSoftware
{
    private const long ReleaseEvery = 90 * Clock.Day;

    private static readonly string[] s_releases =
    [
        "1.22",
        "1.23",
        "1.24",
        "2.0",
        "2.1",
        "2.2",
        "2.3",
        "2.4",
        "2.5",
        "3.0",
        "3.1",
        "3.2",
        "3.3",
        "3.4",
        "3.5",
        "3.6",
        "3.7",
        "3.8",
        "3.9",
        "3.10",
        "3.11",
        "3.12",
        "3.13",
        "3.14",
        "3.15",
        "3.16",
    ];

    private static readonly string?[] s_odd = [null, null, "", " ", "develop", "3.17.0-develop", "3.16.0-rc1", "3.9", "4"];

    private static readonly string[] s_features =
    [
        "Puppet",
        "Puppet CA",
        "DHCP",
        "DNS",
        "TFTP",
        "HTTPBoot",
        "BMC",
        "Realm",
        "Logs",
        "Templates",
        "Registration",
        "Ansible",
        "Dynflow",
        "Script",
        "Discovery",
        "Openscap",
        "Pulpcore",
        "Container_Gateway",
    ];

    private static readonly (string Name, double Share, int Major)[] s_plugins =
    [
        ("foreman-tasks", 0.66, 5),
        ("foreman_remote_execution", 0.6, 8),
        ("katello", 0.42, 4),
        ("foreman_ansible", 0.38, 9),
        ("foreman_puppet", 0.45, 4),
        ("foreman_discovery", 0.27, 21),
        ("foreman_openscap", 0.16, 5),
        ("foreman_templates", 0.35, 9),
        ("foreman_bootdisk", 0.14, 19),
        ("foreman_webhooks", 0.1, 3),
        ("foreman_rh_cloud", 0.08, 6),
        ("foreman_default_hostgroup", 0.06, 6),
        ("foreman_salt", 0.05, 15),
        ("foreman_setup", 0.2, 8),
        ("foreman_snapshot_management", 0.04, 2),
        ("foreman_dhcp_browser", 0.02, 0),
    ];

    private static readonly Shares<string> s_resources = new(
        ("Libvirt", 30),
        ("Vmware", 38),
        ("Ovirt", 14),
        ("EC2", 8),
        ("GCE", 3),
        ("AzureRm", 3),
        ("Openstack", 4)
    );

    private readonly long _end;
    private readonly long _lag;
    private readonly string? _odd;
    private readonly bool _isOdd;
    private readonly double _plugins;
    private readonly int _proxies;
    private readonly int _resources;

    public SiteSoftware(ForemanOptions options, Rng rng)
    {
        _end = Clock.StartOf(options.End);
        _lag = (long)(rng.Exponential(220) * Clock.Day);
        _isOdd = rng.Chance(0.02);
        _odd = rng.Pick(s_odd);
        _plugins = rng.Chance(0.12) ? 0 : 0.5 + rng.Unit();
        _proxies = rng.Unit() switch
        {
            < 0.18 => 0,
            < 0.75 => 1,
            _ => 1 + (int)rng.LogNormal(2, 0.9),
        };
        _resources = rng.Chance(0.35) ? 0 : 1 + rng.Poisson(0.6);
    }

    /// <summary>The upload at that time, without whose it is.</summary>
    public Upload At(long time, Rng rng)
    {
        // The last release is as old as the period's end; sites upgrade late.
        var release = Math.Clamp(s_releases.Length - 1 - (int)((_end - time + _lag) / ReleaseEvery), 0, s_releases.Length - 1);
        var version = string.Create(CultureInfo.InvariantCulture, $"{s_releases[release]}.{rng.Below(3)}");
        // Whoever tries out plugins may have none the next time, and sites take proxies away.
        var plugins = rng.Chance(0.04) ? 0 : _plugins;
        var proxies = rng.Chance(0.03) ? 0 : _proxies;
        return new Upload(
            null,
            _isOdd ? _odd : version,
            null,
            null,
            [.. Enumerable.Range(0, proxies).Select(_ => Proxy(version, rng))],
            Plugins(release, plugins, rng),
            [.. Enumerable.Range(0, _resources).Select(_ => rng.Chance(0.004) ? null : s_resources.Pick(rng))]
        );
    }

    private static Proxy Proxy(string version, Rng rng)
    {
        var kind = rng.Unit();
        List<string?> features = [.. s_features.Where(_ => rng.Chance(0.4)).OrderBy(_ => rng.Next())];
        return new Proxy(
            rng.Chance(0.02) ? null : version,
            kind switch
            {
                < 0.01 => null,
                < 0.03 => [],
                < 0.035 => [.. features, "Logs", "Logs"],
                < 0.04 => [.. features, null, ""],
                _ => features,
            }
        );
    }

    private static List<Plugin> Plugins(int release, double eagerness, Rng rng)
    {
        List<Plugin> plugins = [];
        foreach (var (name, share, major) in s_plugins)
        {
            if (!rng.Chance(share * eagerness))
            {
                continue;
            }
            var version = string.Create(CultureInfo.InvariantCulture, $"{major + (release / 8)}.{release % 8}.{rng.Below(4)}");
            plugins.Add(
                rng.Unit() switch
                {
                    < 0.005 => new Plugin(name, null),
                    < 0.006 => new Plugin(null, version),
                    < 0.007 => new Plugin(name, ""),
                    _ => new Plugin(name, version),
                }
            );
            // Nothing at the source forbids that one stands twice, with the same version or another one.
            if (rng.Chance(0.003))
            {
                plugins.Add(new Plugin(name, rng.Chance(0.5) ? version : "0.0.1"));
            }
        }
        return plugins;
    }
}
