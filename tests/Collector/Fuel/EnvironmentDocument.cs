using System.Text.Json;

namespace Collector.Fuel;

/// <summary>One of clusters[] in an installation's structure.</summary>
internal static class EnvironmentDocument
{
    private static readonly string[] s_optional = ["ceilometer", "heat", "murano", "sahara", "mongo", "ironic"];
    private static readonly string[] s_storage = ["volumes_ceph", "images_ceph", "objects_ceph", "ephemeral_ceph"];

    private static readonly string[] s_kernelParams =
    [
        "console=tty0 net.ifnames=0 biosdevname=0 rootdelay=90 nomodeset",
        "console=ttyS0,9600 console=tty0 rootdelay=90 nomodeset",
        "console=tty0 nomodeset intel_iommu=on iommu=pt hugepagesz=1G hugepages=16",
        "",
    ];

    private static readonly (string Name, string[] Versions)[] s_plugins =
    [
        ("lma_collector", ["0.8.0", "0.9.0", "0.10.1"]),
        ("influxdb_grafana", ["0.9.0", "0.10.0"]),
        ("elasticsearch_kibana", ["0.9.0"]),
        ("contrail", ["3.0.1", "4.0.0"]),
        ("lbaas", ["1.0.0"]),
        ("vpnaas", ["1.1.0", "1.2.0"]),
        ("external_glusterfs", ["1.0.0"]),
        ("zabbix_monitoring", ["2.5.0"]),
        ("detach-database", ["1.1.0"]),
        ("fuel-plugin-nsxv", ["2.0.0", "3.0.0"]),
        ("ldap", ["2.0.0", "3.0.0"]),
        ("emc_vnx", ["3.0.0"]),
        ("cisco_aci", ["8.0.0"]),
        ("calico", ["1.0.0"]),
    ];

    public static void Write(Utf8JsonWriter json, Rng rng, EnvironmentPlan environment, bool isNew, int firstNode)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, environment.Id);
        json.WriteString("mode"u8, environment.Nodes > 2 || rng.Chance(0.4) ? "ha_compact" : "multinode");
        json.WriteString("status"u8, environment.Status);
        json.WriteNumber("nodes_num"u8, environment.Nodes);
        json.WriteString("fuel_version"u8, Releases.Names[environment.Release]);
        json.WriteBoolean("is_customized"u8, rng.Chance(0.08));
        json.WriteString("net_provider"u8, rng.Chance(environment.Release < 3 ? 0.7 : 0.96) ? "neutron" : "nova_network");
        json.WriteStartObject("release"u8);
        json.WriteString("name"u8, $"{environment.OperatingSystem} {Releases.Platforms[environment.Release]}");
        json.WriteString("os"u8, environment.OperatingSystem);
        json.WriteString("version"u8, Releases.Platforms[environment.Release]);
        json.WriteEndObject();
        WriteAttributes(json, rng, environment);
        WriteVmware(json, rng, environment);
        WriteNetwork(json, rng);
        WritePlugins(json, rng, environment);
        WriteNodeGroups(json, rng, environment);
        json.WriteStartArray("nodes"u8);
        var nodes = new NodeDocument(rng, environment);
        for (var i = 0; i < environment.Nodes; i++)
        {
            nodes.Write(json, firstNode + i, i);
        }
        json.WriteEndArray();
        if (isNew)
        {
            json.WriteStrings("components"u8, ["hypervisor:qemu", "network:neutron:ml2:vlan"]);
            json.WriteBoolean("is_locked"u8, rng.Chance(0.5));
        }
        json.WriteEndObject();
    }

    private static void WriteAttributes(Utf8JsonWriter json, Rng rng, EnvironmentPlan environment)
    {
        if (environment.Hypervisor is null && rng.Chance(0.3))
        {
            return;
        }
        json.WriteStartObject("attributes"u8);
        if (environment.Hypervisor is not null)
        {
            json.WriteString("libvirt_type"u8, environment.Hypervisor);
        }
        foreach (var component in s_optional)
        {
            json.WriteBoolean(component, rng.Chance(component == "heat" ? 0.95 : 0.22));
        }
        var usesCeph = rng.Chance(0.45);
        foreach (var storage in s_storage)
        {
            json.WriteBoolean(storage, usesCeph && rng.Chance(0.7));
        }
        json.WriteBoolean("volumes_lvm"u8, !usesCeph);
        json.WriteString("osd_pool_size"u8, usesCeph ? "3" : "2");
        json.WriteString("kernel_params"u8, rng.Pick(s_kernelParams));
        json.WriteString("provision_method"u8, environment.Release < 2 && rng.Chance(0.6) ? "cobbler" : "image");
        json.WriteBoolean("debug_mode"u8, rng.Chance(0.2));
        json.WriteBoolean("auto_assign_floating_ip"u8, rng.Chance(0.1));
        json.WriteString("syslog_port"u8, "514"u8);
        json.WriteBoolean("nova_quota"u8, rng.Chance(0.1));
        json.WriteBoolean("use_cow_images"u8, rng.Chance(0.9));
        json.WriteBoolean("puppet_debug"u8, rng.Chance(0.9));
        json.WriteEndObject();
    }

    private static void WriteVmware(Utf8JsonWriter json, Rng rng, EnvironmentPlan environment)
    {
        json.WriteStartObject("vmware_attributes"u8);
        if (string.Equals(environment.Hypervisor, "vCenter", StringComparison.OrdinalIgnoreCase))
        {
            json.WriteBoolean("vmware_az_cinder_enable"u8, rng.Chance(0.5));
            json.WriteNumber("vmware_az_nova_computes_num"u8, rng.Between(1, 4));
        }
        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, Rng rng)
    {
        json.WriteStartObject("network_configuration"u8);
        json.WriteString(
            "segmentation_type"u8,
            rng.Chance(0.6) ? "vlan"
                : rng.Chance(0.6) ? "tun"
                : "gre"
        );
        json.WriteString("net_l23_provider"u8, rng.Chance(0.96) ? "ovs" : "nsx");
        if (rng.Chance(0.25))
        {
            json.WriteString("net_manager"u8, rng.Chance(0.7) ? "FlatDHCPManager" : "VlanManager");
            json.WriteOrNull("fixed_networks_vlan_start"u8, rng.Chance(0.5) ? 103 : 0);
            json.WriteNumber("fixed_network_size"u8, rng.Pick([64, 256, 256]));
            json.WriteNumber("fixed_networks_amount"u8, rng.Pick([1, 1, 1, 8, 16]));
        }
        json.WriteEndObject();
    }

    private static void WritePlugins(Utf8JsonWriter json, Rng rng, EnvironmentPlan environment)
    {
        if (Releases.IsOld(environment.Release))
        {
            return;
        }
        json.WriteStartArray("installed_plugins"u8);
        var first = rng.Below(s_plugins.Length);
        for (var count = rng.Chance(0.35) ? rng.Between(1, 4) : 0; count > 0; count--)
        {
            var (name, versions) = s_plugins[(first + (count * 3)) % s_plugins.Length];
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteString("version"u8, rng.Pick(versions));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNodeGroups(Utf8JsonWriter json, Rng rng, EnvironmentPlan environment)
    {
        json.WriteStartArray("node_groups"u8);
        var groups = environment.Nodes > 20 && rng.Chance(0.5) ? rng.Between(2, 5) : 1;
        for (var i = 0; i < groups; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, (environment.Id * 10) + i);
            json.WriteString("name"u8, i == 0 ? "default" : $"rack-{i}");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
