using System.Globalization;

namespace Collector.Fuel;

/// <summary>What runs inside one environment, changing from day to day.</summary>
internal sealed class OswlEnvironment
{
    private const int MostMachines = 40;

    private static readonly Shares<string?> s_machineStatuses = new(
        ("ACTIVE", 78),
        ("SHUTOFF", 14),
        ("ERROR", 4),
        ("BUILD", 1),
        ("PAUSED", 1),
        ("SUSPENDED", 1),
        (null, 0.5)
    );

    // A flavour that was deleted stays that of the machines which were made with it.
    private static readonly Shares<string> s_machineFlavors = new(
        ("1", 16),
        ("2", 34),
        ("3", 24),
        ("4", 13),
        ("5", 6),
        ("b7a1", 4),
        ("deleted", 3)
    );

    private static readonly (string Id, int Memory, int Processors, int Disk)[] s_flavors =
    [
        ("1", 512, 1, 1),
        ("2", 2_048, 1, 20),
        ("3", 4_096, 2, 40),
        ("4", 8_192, 4, 80),
        ("5", 16_384, 8, 160),
        ("b7a1", 65_536, 16, 40),
    ];

    private static readonly Shares<string> s_volumeStatuses = new(("in-use", 60), ("available", 33), ("error", 4), ("creating", 3));

    private readonly Rng _rng;
    private readonly bool _sendsWords;
    private readonly bool _sendsNames;
    private bool _hasReported;
    private readonly OswlResources _machines = new("vm");
    private readonly OswlResources _flavors = new("flavor");
    private readonly OswlResources _volumes = new("volume");
    private readonly OswlResources _images = new("image");
    private readonly OswlResources _tenants = new("tenant");
    private readonly OswlResources _users = new("keystone_user");

    public OswlEnvironment(Rng rng, int release, long at)
    {
        _rng = rng;
        // What a release sends changed with it, and some builds send what nobody asked for.
        _sendsWords = Releases.IsOld(release);
        _sendsNames = rng.Chance(0.15);
        All = [_machines, _flavors, _volumes, _images, _tenants, _users];
        Fill(_tenants, 2 + (int)Math.Min(rng.LogNormal(2, 0.8), 20), Tenant);
        Fill(_users, 4 + (int)Math.Min(rng.LogNormal(5, 0.8), 40), User);
        Fill(_images, 1 + (int)Math.Min(rng.LogNormal(3, 0.8), 20), () => Image(at));
        foreach (var (id, memory, processors, disk) in s_flavors.AsSpan(0, rng.Chance(0.3) ? 6 : 5))
        {
            _flavors.Add(Flavor(id, memory, processors, disk));
        }
        if (rng.Chance(0.9))
        {
            Fill(_machines, (int)Math.Min(rng.LogNormal(5, 1), MostMachines), () => Machine(at));
            Fill(_volumes, (int)Math.Min(rng.LogNormal(3, 1), MostMachines), Volume);
        }
    }

    /// <summary>Each kind of resource.</summary>
    public IReadOnlyList<OswlResources> All { get; }

    /// <summary>What people did until the next report.</summary>
    public void Change(long at)
    {
        if (!_hasReported)
        {
            // To the first report everything is new.
            _hasReported = true;
            return;
        }
        foreach (var resources in All)
        {
            resources.BeginReport();
        }
        Change(_machines, 0.5, MostMachines, () => Machine(at));
        Change(_volumes, 0.25, MostMachines, Volume);
        Change(_images, 0.05, 30, () => Image(at));
        Change(_tenants, 0.04, 30, Tenant);
        Change(_users, 0.06, 60, User);
    }

    private static void Fill(OswlResources resources, int count, Func<OswlResource> make)
    {
        for (; count > 0; count--)
        {
            resources.Add(make());
        }
    }

    private void Change(OswlResources resources, double perDay, int most, Func<OswlResource> make)
    {
        for (var news = _rng.Poisson(perDay); news > 0 && resources.Current.Count < most; news--)
        {
            resources.Add(make());
        }
        for (var ends = _rng.Poisson(perDay * 0.9); ends > 0 && resources.Current.Count > 0; ends--)
        {
            resources.RemoveAt(_rng.Below(resources.Current.Count));
        }
        if (resources.Current.Count > 0 && _rng.Chance(perDay))
        {
            var changed = resources.Current[_rng.Below(resources.Current.Count)];
            changed.Write = make().Write;
            resources.Modified.Add(changed.Id);
        }
    }

    private OswlResource Machine(long at)
    {
        var (status, flavor, tenant, image) = (
            s_machineStatuses.Pick(_rng),
            s_machineFlavors.Pick(_rng),
            One(_tenants),
            _rng.Chance(0.8) ? One(_images) : null
        );
        var (power, created) = (
            status == "ACTIVE" ? 1
            : status == "SHUTOFF" ? 4
            : 0,
            at - _rng.Below(40 * Clock.Day)
        );
        var host = _rng.Next();
        return new OswlResource(
            Id(),
            json =>
            {
                json.WriteString("status"u8, status);
                json.WriteString("tenant_id"u8, tenant);
                json.WriteHex("host_id"u8, host, ~host, 48);
                json.WriteString(
                    "created_at"u8,
                    Clock.ToDateTime(created).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
                );
                json.WriteNumber("power_state"u8, power);
                json.WriteString("flavor_id"u8, flavor);
                json.WriteString("image_id"u8, image);
            }
        );
    }

    private OswlResource Volume()
    {
        var (size, status, tenant) = (_rng.Pick([1, 1, 5, 10, 10, 20, 50, 100, 500]), s_volumeStatuses.Pick(_rng), One(_tenants));
        var (bootable, encrypted, type) = (_rng.Chance(0.3), _rng.Chance(0.03), _rng.Chance(0.5) ? "volumes_lvm" : null);
        var machine = status == "in-use" ? One(_machines) : null;
        return new OswlResource(
            Id(),
            json =>
            {
                json.WriteNumber("size"u8, size);
                json.WriteString("status"u8, status);
                json.WriteString("volume_type"u8, type);
                WriteFlag(json, "bootable_flag", bootable);
                WriteFlag(json, "encrypted_flag", encrypted);
                json.WriteStartArray("attachments"u8);
                if (machine is not null)
                {
                    json.WriteStartObject();
                    json.WriteString("server_id"u8, machine);
                    json.WriteString("device"u8, "/dev/vdb"u8);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteString("tenant_id"u8, tenant);
            }
        );
    }

    private OswlResource Image(long at)
    {
        var (size, disk, created) = (
            _rng.Chance(0.05) ? 0 : _rng.Pick([13_287_936L, 260_440_576, 956_366_848, 5_368_709_120]),
            _rng.Pick([0, 0, 10, 20]),
            at - _rng.Below(90 * Clock.Day)
        );
        return new OswlResource(
            Id(),
            json =>
            {
                if (size > 0)
                {
                    json.WriteNumber("sizeBytes"u8, size);
                }
                json.WriteNumber("minDisk"u8, disk);
                json.WriteNumber("minRam"u8, 0);
                json.WriteString(
                    "created_at"u8,
                    Clock.ToDateTime(created).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
                );
            }
        );
    }

    private OswlResource Tenant()
    {
        var enabled = _rng.Chance(0.94);
        return new OswlResource(Id(), json => WriteFlag(json, "enabled_flag", enabled));
    }

    private OswlResource User()
    {
        var (enabled, tenant) = (_rng.Chance(0.96), One(_tenants));
        return new OswlResource(
            Id(),
            json =>
            {
                WriteFlag(json, "enabled_flag", enabled);
                json.WriteString("tenant_id"u8, tenant);
                if (_sendsNames)
                {
                    json.WriteString("name"u8, PrivacyMarkers.Name + "Keystone");
                    json.WriteString("email"u8, "testperson" + PrivacyMarkers.EmailDomain);
                }
            }
        );
    }

    private static OswlResource Flavor(string id, int memory, int processors, int disk) =>
        new(
            id,
            json =>
            {
                json.WriteNumber("ram"u8, memory);
                json.WriteNumber("vcpus"u8, processors);
                json.WriteNumber("disk"u8, disk);
                json.WriteNumber("ephemeral"u8, 0);
                // OpenStack writes nothing for none.
                json.WriteString("swap"u8, ""u8);
            }
        );

    private void WriteFlag(System.Text.Json.Utf8JsonWriter json, string name, bool value)
    {
        if (_sendsWords)
        {
            json.WriteString(name, value ? "True" : "False");
        }
        else
        {
            json.WriteBoolean(name, value);
        }
    }

    private string Id() => _rng.Uuid().ToString("D");

    private string? One(OswlResources resources) =>
        resources.Current.Count == 0 ? null : resources.Current[_rng.Below(resources.Current.Count)].Id;
}
