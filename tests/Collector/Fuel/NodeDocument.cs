using System.Text.Json;

namespace Collector.Fuel;

/// <summary>The nodes[] of one environment, whose hardware is mostly alike, as sites buy it in batches.</summary>
internal sealed class NodeDocument(Rng rng, EnvironmentPlan environment)
{
    private static readonly Shares<string> s_roles = new(
        ("compute", 62),
        ("ceph-osd", 17),
        ("cinder", 12),
        ("mongo", 4),
        ("base-os", 3),
        ("zabbix", 2)
    );

    private static readonly Shares<string> s_extraRoles = new(
        ("ceph-osd", 42),
        ("cinder", 32),
        ("compute", 13),
        ("mongo", 8),
        ("base-os", 2),
        ("zabbix", 3)
    );

    private static readonly string[] s_offloading =
    [
        "rx-checksumming",
        "tx-checksumming",
        "scatter-gather",
        "tcp-segmentation-offload",
        "generic-receive-offload",
        "rx-vlan-offload",
    ];

    private HardwareBatch _hardware = HardwareBatch.Pick(rng);

    public void Write(Utf8JsonWriter json, int id, int position)
    {
        if (rng.Chance(0.06))
        {
            _hardware = HardwareBatch.Pick(rng);
        }
        json.WriteStartObject();
        json.WriteNumber("id"u8, id);
        WriteRoles(json, position);
        json.WriteString("os"u8, environment.OperatingSystem.ToLowerInvariant());
        json.WriteString("status"u8, Status());
        json.WriteString("error_type"u8, null as string);
        json.WriteBoolean("online"u8, rng.Chance(0.93));
        json.WriteNumber("group_id"u8, environment.Id * 10);
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

    private string Status() =>
        environment.Status switch
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
        List<string> roles = [position < (environment.Nodes > 4 ? 3 : 1) ? "controller" : s_roles.Pick(rng)];
        while (roles.Count < 4 && rng.Chance(environment.Nodes < 4 ? 0.55 : 0.3))
        {
            var extra = s_extraRoles.Pick(rng);
            if (!roles.Contains(extra))
            {
                // The site lists roles in the order in which people ticked them.
                roles.Insert(rng.Below(roles.Count + 1), extra);
            }
        }
        var isPending = environment.Status == "new" || rng.Chance(0.04);
        json.WriteStrings("roles"u8, isPending ? [] : roles);
        json.WriteStrings(
            "pending_roles"u8,
            isPending ? roles
                : rng.Chance(0.01) ? ["cinder"]
                : []
        );
    }

    private void WriteMeta(Utf8JsonWriter json)
    {
        json.WriteStartObject("meta"u8);
        json.WriteStartObject("cpu"u8);
        json.WriteNumber("real"u8, _hardware.Sockets);
        json.WriteNumber("total"u8, _hardware.Sockets * _hardware.Cores);
        json.WriteEndObject();
        json.WriteStartObject("memory"u8);
        json.WriteNumber("total"u8, _hardware.MemoryBytes);
        json.WriteNumber("slots"u8, _hardware.Sockets * 8);
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
        for (var i = 0; i < _hardware.Disks; i++)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, $"sd{(char)('a' + i)}");
            json.WriteString("model"u8, rng.Chance(0.9) ? _hardware.Disk : null);
            json.WriteNumber("size"u8, rng.Pick([53_687_091_200, 240_057_409_536, 480_103_981_056, 1_000_204_886_016, 4_000_787_030_016]));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteInterfaces(Utf8JsonWriter json)
    {
        json.WriteStartArray("interfaces"u8);
        for (var i = 0; i < _hardware.Interfaces; i++)
        {
            var isUp = rng.Chance(0.85);
            json.WriteStartObject();
            json.WriteString("name"u8, $"eth{i}");
            json.WriteString("driver"u8, _hardware.Driver);
            json.WriteString("bus_info"u8, $"0000:0{i / 2}:00.{i % 2}");
            json.WriteString("state"u8, isUp ? "up" : "down");
            json.WriteOrNull("current_speed"u8, isUp ? _hardware.Speed : 0);
            json.WriteNumber("max_speed"u8, _hardware.Speed);
            json.WriteBoolean("pxe"u8, i == 0);
            json.WriteStartArray("offloading_modes"u8);
            foreach (var mode in s_offloading.AsSpan(0, 2 + (i % 4)))
            {
                json.WriteStringValue(mode);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
