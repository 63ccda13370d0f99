using System.Text.Json;

namespace Collector.Fuel;

/// <summary>The nodes[] of one environment, whose hardware is mostly alike, as sites buy it in batches.</summary>
internal sealed class NodeDocument(Rng rng, EnvironmentPlan environment)
{
    private static readonly Shares<(string? Manufacturer, string Product, string? Family)> s_hardware = new(
        (("Dell Inc.", "PowerEdge R630", "PowerEdge"), 15), (("Dell Inc.", "PowerEdge R720xd", "PowerEdge"), 6), (("DELL", "PowerEdge C6220", null), 2),
        (("HP", "ProLiant DL380 Gen9", "ProLiant"), 10), (("HP", "ProLiant BL460c Gen8", "ProLiant"), 6), (("HPE", "ProLiant DL360 Gen10", "ProLiant"), 2),
        (("Supermicro", "SYS-6028R-T", "Default string"), 8), (("Supermicro", "X9DRW", null), 4), (("Intel Corporation", "S2600WT", "Family"), 4),
        (("Cisco Systems Inc", "UCSC-C220-M4S", null), 3), (("LENOVO", "System x3650 M5", "System x"), 3), (("HUAWEI", "RH2288 V3", null), 3),
        (("VMware, Inc.", "VMware Virtual Platform", null), 6), (("QEMU", "Standard PC (i440FX + PIIX, 1996)", null), 14),
        (("innotek GmbH", "VirtualBox", "Virtual Machine"), 9), (("Red Hat", "KVM", "Red Hat Enterprise Linux"), 3),
        (("OpenStack Foundation", "OpenStack Nova", "Virtual Machine"), 4), ((null, "Bochs", null), 1));

    private static readonly string[] s_small = ["compute", "cinder", "ceph-osd", "base-os", "mongo", "zabbix"];
    private static readonly string[] s_disks = ["ST1000NM0033-9ZM", "INTEL SSDSC2BB48", "PERC H730 Mini", "LOGICAL VOLUME", "VBOX HARDDISK", "QEMU HARDDISK"];
    private static readonly string[] s_drivers = ["ixgbe", "igb", "e1000", "virtio_net", "bnx2x", "tg3"];

    private readonly string _batch = rng.Pick(s_disks);
    private readonly string _driver = rng.Pick(s_drivers);
    private (string? Manufacturer, string Product, string? Family) _hardware = s_hardware.Pick(rng);

    public void Write(Utf8JsonWriter json, int id, int position)
    {
        if (rng.Chance(0.06))
        {
            _hardware = s_hardware.Pick(rng);
        }
        json.WriteStartObject();
        json.WriteNumber("id"u8, id);
        WriteRoles(json, position);
        json.WriteString("os"u8, environment.OperatingSystem.ToLowerInvariant());
        json.WriteString("status"u8, Status());
        json.WriteBoolean("online"u8, rng.Chance(0.93));
        if (_hardware.Manufacturer is not null && !rng.Chance(0.02))
        {
            json.WriteString("manufacturer"u8, _hardware.Manufacturer);
        }
        if (!rng.Chance(0.015))
        {
            WriteMeta(json);
        }
        json.WriteEndObject();
    }

    private string Status() => environment.Status switch
    {
        "operational" => "ready",
        "error" => rng.Chance(0.3) ? "error" : "ready",
        "deployment" => rng.Chance(0.5) ? "deploying" : "provisioned",
        "stopped" => "stopped",
        "remove" => "removing",
        "new" => "discover",
        _ => "ready",
    };

    private void WriteRoles(Utf8JsonWriter json, int position)
    {
        List<string> roles = [position < (environment.Nodes > 4 ? 3 : 1) ? "controller" : rng.Chance(0.75) ? "compute" : rng.Pick(s_small)];
        while (roles.Count < 4 && rng.Chance(environment.Nodes < 4 ? 0.55 : 0.3))
        {
            var extra = rng.Pick(s_small);
            if (!roles.Contains(extra))
            {
                // The site lists roles in the order in which people ticked them.
                roles.Insert(rng.Below(roles.Count + 1), extra);
            }
        }
        var isPending = environment.Status == "new" || rng.Chance(0.04);
        json.WriteStrings("roles"u8, isPending ? [] : roles);
        json.WriteStrings("pending_roles"u8, isPending ? roles : rng.Chance(0.01) ? ["cinder"] : []);
    }

    private void WriteMeta(Utf8JsonWriter json)
    {
        json.WriteStartObject("meta"u8);
        var real = rng.Pick([1, 2, 2, 2, 4]);
        json.WriteStartObject("cpu"u8);
        json.WriteNumber("real"u8, real);
        json.WriteNumber("total"u8, real * rng.Pick([1, 4, 8, 12, 12, 16, 24]));
        json.WriteEndObject();
        json.WriteStartObject("memory"u8);
        json.WriteNumber("total"u8, rng.Pick([2L, 4, 8, 16, 32, 64, 128, 128, 256, 512]) << 30);
        json.WriteNumber("slots"u8, real * 8);
        json.WriteEndObject();
        WriteDisks(json);
        if (!rng.Chance(0.02))
        {
            json.WriteStartObject("system"u8);
            if (_hardware.Manufacturer is not null)
            {
                json.WriteString("manufacturer"u8, _hardware.Manufacturer);
            }
            json.WriteString("product"u8, _hardware.Product);
            json.WriteString("family"u8, _hardware.Family);
            json.WriteString("version"u8, rng.Chance(0.5) ? "Not Specified" : "01");
            json.WriteEndObject();
        }
        WriteInterfaces(json);
        json.WriteEndObject();
    }

    private void WriteDisks(Utf8JsonWriter json)
    {
        json.WriteStartArray("disks"u8);
        for (var i = rng.Pick([1, 1, 2, 2, 3, 4, 6, 12]); i > 0; i--)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, $"sd{(char)('a' + i - 1)}");
            json.WriteString("model"u8, rng.Chance(0.9) ? _batch : null);
            json.WriteNumber("size"u8, rng.Pick([53_687_091_200, 240_057_409_536, 480_103_981_056, 1_000_204_886_016, 4_000_787_030_016]));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteInterfaces(Utf8JsonWriter json)
    {
        json.WriteStartArray("interfaces"u8);
        for (int i = 0, count = rng.Pick([1, 2, 3, 4, 4, 6, 8]); i < count; i++)
        {
            var speed = rng.Pick([1_000, 1_000, 10_000, 10_000, 40_000]);
            json.WriteStartObject();
            json.WriteString("name"u8, $"eth{i}");
            json.WriteString("driver"u8, _driver);
            json.WriteString("state"u8, rng.Chance(0.85) ? "up" : "down");
            json.WriteOrNull("current_speed"u8, rng.Chance(0.85) ? speed : 0);
            json.WriteNumber("max_speed"u8, speed);
            json.WriteBoolean("pxe"u8, i == 0);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
