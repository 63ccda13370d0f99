using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Collector.Fuel;

/// <summary>Writes the JSON document of an installation's structure. Not for several threads at once.</summary>
internal sealed class StructureDocument(FuelOptions options)
{
    private static readonly string[] s_firstNames = ["Ada", "Björn", "Chidi", "Dana", "Eun-ji", "Françoise", "Grigori", "Hanako", "Iker"];
    private static readonly string[] s_lastNames = ["Quill", "Ångström", "Sample", "O'Mock", "Dummy", "Placeholder", "Žáček"];
    private static readonly string[] s_companies =
    [
        "Clouds Ltd",
        "Widgets GmbH",
        "Telecom \"North\"",
        "University",
        "Racks & Sons",
        "облако",
    ];

    private static readonly string[] s_packages =
    [
        "nailgun",
        "nailgun-net-check",
        "nailgun-redhat-license",
        "nailgun-mcagents",
        "fuelmenu",
        "fuel-agent",
        "fuel-nailgun-agent",
        "fuel-bootstrap-cli",
        "fuel-bootstrap-image",
        "fuel-library",
        "fuel-migrate",
        "fuel-mirror",
        "fuel-misc",
        "fuel-notify",
        "fuel-openstack-metadata",
        "fuel-ostf",
        "fuel-provisioning-scripts",
        "fuel-release",
        "fuel-setup",
        "fuel-ui",
        "fuel-utils",
        "network-checker",
        "packetary",
        "puppet",
        "python-fuelclient",
        "python-networkchecker",
        "python-packetary",
        "rubygem-astute",
        "shotgun",
        "cobbler",
        "cobbler-web",
        "rabbitmq-server",
        "postgresql-server",
        "nginx",
        "openstack-keystone",
        "mcollective",
        "mcollective-common",
        "rsyslog",
        "dnsmasq",
        "ntp",
        "xinetd",
        "python-django",
        "python-alembic",
        "python-sqlalchemy",
        "python-eventlet",
        "python-novaclient",
        "python-keystoneclient",
        "python-cinderclient",
        "python-glanceclient",
        "python-neutronclient",
        "python-heatclient",
        "python-saharaclient",
        "python-muranoclient",
        "python-ironicclient",
        "ruby21-rubygem-netaddr",
        "ruby21-rubygem-openstack",
        "ruby21-puppet",
        "ruby21-mcollective",
        "createrepo",
        "yum-utils",
    ];

    private readonly Rng _rng = new(0, 0, 0);
    private readonly Utf8JsonWriter _escaping = JsonText.Writer(isPlain: false);
    private readonly Utf8JsonWriter _plain = JsonText.Writer(isPlain: true);
    private Utf8JsonWriter _json = null!;

    /// <summary>Appends the document that this installation sent last.</summary>
    public void Write(InstallationPlan installation, IBufferWriter<byte> output)
    {
        _rng.Reseed((ulong)options.Seed, installation.Index, Streams.Structure);
        var end = Math.Min(installation.LeftAt, Clock.StartOf(options.End));
        var release = installation.ReleaseAt(end - 1);
        var environments = installation.Environments.FindAll(environment => environment.DeletedAt >= end);
        _json = Releases.IsNew(release) ? _plain : _escaping;
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("master_node_uid"u8, installation.Uid);
        WriteRelease(release);
        WritePackages(release);
        WriteCounts(environments);
        WriteUser(installation, release);
        WriteEnvironments(environments, release, installation);
        if (Releases.IsNew(release))
        {
            _json.WriteNumber("schema_version"u8, 3);
            _json.WriteStartObject("ui_settings"u8);
            _json.WriteString("view_mode"u8, "standard"u8);
            _json.WriteStrings("filter"u8, []);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteRelease(int release)
    {
        _json.WriteStartObject("fuel_release"u8);
        _json.WriteString("release"u8, Releases.Names[release]);
        _json.WriteString("api"u8, release < 2 ? "1.0" : "1");
        _json.WriteString("build_id"u8, _rng.Between(100, 999).ToString(CultureInfo.InvariantCulture));
        _json.WriteHex("nailgun_sha"u8, _rng.Next(), _rng.Next(), 40);
        _json.WriteHex("fuelmain_sha"u8, _rng.Next(), _rng.Next(), 40);
        _json.WriteHex("ostf_sha"u8, _rng.Next(), _rng.Next(), 40);
        if (release > 0)
        {
            _json.WriteStrings(
                "feature_groups"u8,
                _rng.Chance(0.2) ? ["mirantis", "experimental"]
                    : _rng.Chance(0.9) ? ["mirantis"]
                    : []
            );
        }
        _json.WriteEndObject();
    }

    private void WritePackages(int release)
    {
        if (Releases.IsOld(release) && _rng.Chance(0.5))
        {
            return;
        }
        _json.WriteStartArray("fuel_packages"u8);
        var build = _rng.Between(1, 40);
        foreach (var package in s_packages)
        {
            for (var part = _rng.Between(1, 3); part > 0; part--)
            {
                var kind =
                    part == 1 ? ""
                    : part == 2 ? "-common"
                    : "-doc";
                _json.WriteStringValue($"{package}{kind}-{Releases.Names[release]}.0-{build}.mos{_rng.Between(1000, 9999)}.noarch");
            }
        }
        _json.WriteEndArray();
    }

    private void WriteCounts(List<EnvironmentPlan> environments)
    {
        // What the site counted and what it sent were read at different moments.
        var number = environments.Count + (_rng.Chance(0.06) ? _rng.Pick([-1, 1, 1, 2]) : 0);
        _json.WriteNumber("clusters_num"u8, Math.Max(0, number));
        _json.WriteNumber("allocated_nodes_num"u8, environments.Sum(environment => environment.Nodes));
        _json.WriteNumber("unallocated_nodes_num"u8, _rng.Chance(0.6) ? 0 : (int)_rng.LogNormal(3, 1));
    }

    private void WriteUser(InstallationPlan installation, int release)
    {
        if (_rng.Chance(Releases.IsOld(release) ? 0.35 : 0.04))
        {
            return;
        }
        var isProvided = _rng.Chance(0.4);
        _json.WriteStartObject("user_information"u8);
        _json.WriteBoolean("contact_info_provided"u8, isProvided);
        if (isProvided)
        {
            var number = installation.Index.ToString("00000", CultureInfo.InvariantCulture);
            _json.WriteString("name"u8, $"{PrivacyMarkers.Name}{_rng.Pick(s_firstNames)} {_rng.Pick(s_lastNames)} {number}");
            _json.WriteString("email"u8, $"testperson.{number}{PrivacyMarkers.EmailDomain}");
            _json.WriteString("company"u8, $"{PrivacyMarkers.Company}{_rng.Pick(s_companies)} {number}");
            if (Releases.IsNew(release))
            {
                _json.WriteString("phone"u8, $"{PrivacyMarkers.Phone}{_rng.Between(10, 99)}");
            }
        }
        _json.WriteEndObject();
    }

    private void WriteEnvironments(List<EnvironmentPlan> environments, int release, InstallationPlan installation)
    {
        if (
            _rng.Chance(
                environments.Count == 0 ? 0.3
                : Releases.IsOld(release) ? 0.06
                : 0
            )
        )
        {
            return;
        }
        _json.WriteStartArray("clusters"u8);
        foreach (var environment in environments)
        {
            EnvironmentDocument.Write(
                _json,
                _rng,
                environment,
                Releases.IsNew(release),
                firstNode: (environment.Id * 300) + installation.Index % 7
            );
        }
        _json.WriteEndArray();
    }
}
