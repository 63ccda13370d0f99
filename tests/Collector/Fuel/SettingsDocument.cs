using System.Text.Json;

namespace Collector.Fuel;

/// <summary>additional_info of an HTTP request: which settings it changed, and what it was answered.</summary>
internal static class SettingsDocument
{
    private static readonly (string Name, string[] Values)[] s_attributes =
    [
        ("libvirt_type", ["kvm", "qemu", "vCenter"]),
        ("ceilometer", ["true", "false"]),
        ("sahara", ["true", "false"]),
        ("murano", ["true", "false"]),
        ("ironic", ["true", "false"]),
        ("volumes_ceph", ["true", "false"]),
        ("images_ceph", ["true", "false"]),
        ("objects_ceph", ["true", "false"]),
        ("ephemeral_ceph", ["true", "false"]),
        ("volumes_lvm", ["true", "false"]),
        ("osd_pool_size", ["2", "3"]),
        ("kernel_params", ["console=tty0 console=ttyS0,115200", "console=ttyS0,9600 biosdevname=0", "nomodeset crashkernel=none"]),
        ("provision_method", ["image", "cobbler"]),
        ("debug", ["true", "false"]),
        ("auto_assign_floating_ip", ["true", "false"]),
        ("puppet_debug", ["true", "false"]),
    ];

    private static readonly (string Name, string[] Values)[] s_network =
    [
        ("segmentation_type", ["vlan", "gre", "tun"]),
        ("net_l23_provider", ["ovs", "nsx"]),
        ("net_manager", ["FlatDHCPManager", "VlanManager"]),
        ("fixed_networks_vlan_start", ["103", "1000"]),
        ("fixed_network_size", ["256", "64"]),
        ("fixed_networks_amount", ["1", "8"]),
        ("floating_ranges", ["[]"]),
        ("dns_nameservers", ["[]"]),
    ];

    private static readonly (string Name, string[] Values)[] s_nodes =
    [
        ("pending_roles", ["controller", "compute", "cinder", "ceph-osd", "mongo"]),
        ("pending_addition", ["true"]),
        ("pending_deletion", ["true"]),
        ("cluster_id", ["1", "2", "3"]),
        ("disks", ["[]"]),
        ("interfaces", ["[]"]),
    ];

    private static readonly string[] s_refusals =
    [
        "Environment is locked: deployment is running",
        "Invalid data: 'value' is a required property",
        "Not enough controllers",
    ];

    public static void Write(Utf8JsonWriter json, Rng rng, in ActionPlan action)
    {
        json.WriteStartObject("request_data"u8);
        switch (action.Operation)
        {
            case Operation.ClusterAttributes:
                WriteSettings(json, rng, s_attributes);
                break;
            case Operation.NetworkConfiguration:
                WriteSettings(json, rng, s_network);
                break;
            case Operation.NodesCollection:
                WriteSettings(json, rng, s_nodes);
                break;
            case Operation.ClusterInstance:
                json.WriteString("mode"u8, rng.Chance(0.8) ? "ha_compact" : "multinode");
                json.WriteString("net_provider"u8, "neutron"u8);
                break;
        }
        json.WriteEndObject();
        var failed = action.Outcome == Outcome.Error;
        json.WriteStartObject("response_data"u8);
        json.WriteNumber(
            "status_code"u8,
            failed ? 400
                : action.Operation == Operation.DeployChanges ? 202
                : 200
        );
        json.WriteString("request_id"u8, rng.Uuid());
        json.WriteString("content_type"u8, "application/json; charset=utf-8"u8);
        json.WriteNumber("took_ms"u8, (action.EndAt - action.StartAt) / 1000);
        json.WriteNumber("content_length"u8, rng.Between(200, 40_000));
        if (failed)
        {
            json.WriteString("message"u8, rng.Pick(s_refusals));
        }
        json.WriteEndObject();
    }

    // A run of neighbours, so that no setting is named twice.
    private static void WriteSettings(Utf8JsonWriter json, Rng rng, (string Name, string[] Values)[] settings)
    {
        var first = rng.Below(settings.Length);
        for (var count = rng.Between(1, Math.Min(7, settings.Length)); count > 0; count--)
        {
            var (name, values) = settings[(first + count) % settings.Length];
            var value = rng.Pick(values);
            json.WritePropertyName(name);
            if (char.IsAsciiDigit(value[0]) || value is "true" or "false" or "[]")
            {
                json.WriteRawValue(value, skipInputValidation: true);
            }
            else
            {
                json.WriteStringValue(value);
            }
        }
    }
}
