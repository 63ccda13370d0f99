using System.Text.Json;

namespace Collector.Fuel;

/// <summary>additional_info of an ostf run: sets of tests, each test with its status and how long it took.</summary>
internal static class HealthCheckDocument
{
    private static readonly string[] s_sanity =
    [
        "Request flavor list",
        "Request image list using Nova",
        "Request instance list",
        "Request absolute limits list",
        "Request snapshot list",
        "Request volume list",
        "Request user list",
        "Check that required services are running",
        "Check internet connectivity from a compute",
        "Check DNS resolution on compute node",
    ];

    private static readonly string[] s_smoke =
    [
        "Create instance flavor",
        "Check create, update and delete image actions using Glance v2",
        "Create volume and boot instance from it",
        "Create volume and attach it to instance",
        "Check network connectivity from instance via floating IP",
        "Create keypair",
        "Create security group",
        "Check network parameters",
        "Launch instance",
        "Launch instance with file injection",
        "Launch instance, create snapshot",
    ];

    private static readonly string[] s_ha =
    [
        "Check state of haproxy backends on controllers",
        "Check data replication over mysql",
        "Check if amount of tables in databases is the same on each node",
        "Check galera environment state",
        "Check pacemaker status",
        "RabbitMQ availability",
        "RabbitMQ replication",
    ];

    private static readonly string[] s_platform =
    [
        "Typical stack actions: create, delete, show details, etc.",
        "Advanced stack actions: suspend, resume and check",
        "Check stack autoscaling",
        "Check stack rollback",
        "Ceilometer test to check alarm state and get Nova metrics",
        "Sahara test for launching a simple Vanilla2 cluster",
        "Check that Murano environment can be deployed",
    ];

    private static readonly string[] s_failures =
    [
        "Time limit exceeded while waiting for instance to become active to finish. Please refer to OpenStack logs for more details.",
        "Keystone client is not available. Please, refer to OpenStack documentation to fix this problem",
        "Some haproxy backend has down state.",
        "There are no compute nodes to create instance",
        "Connection to instance via floating IP timed out: 'ping' said “Destination Host Unreachable”",
    ];

    public static void Write(Utf8JsonWriter json, Rng rng, in ActionPlan action)
    {
        json.WriteStartArray("testruns"u8);
        var fails = action.Outcome == Outcome.Error;
        var stopsAt = rng.Chance(0.03) ? rng.Below(25) : int.MaxValue;
        WriteSet(json, rng, "sanity", s_sanity, fails, ref stopsAt);
        if (rng.Chance(0.55))
        {
            WriteSet(json, rng, "smoke", s_smoke, fails, ref stopsAt);
        }
        if (action.Nodes >= 4 && rng.Chance(0.6))
        {
            WriteSet(json, rng, "ha", s_ha, fails, ref stopsAt);
        }
        if (rng.Chance(0.2))
        {
            WriteSet(json, rng, "platform_tests", s_platform, fails, ref stopsAt);
        }
        if (rng.Chance(0.04))
        {
            WriteSet(json, rng, "cloudvalidation", ["Check disk space outage on controller and compute nodes"], fails, ref stopsAt);
        }
        json.WriteEndArray();
    }

    private static void WriteSet(Utf8JsonWriter json, Rng rng, string set, string[] names, bool fails, ref int stopsAt)
    {
        json.WriteStartObject();
        json.WriteString("testset"u8, set);
        json.WriteStartArray("tests"u8);
        for (var i = 0; i < names.Length; i++)
        {
            var status =
                stopsAt-- <= 0 ? "stopped"
                : rng.Chance(0.04) ? "skipped"
                : fails && rng.Chance(0.18)
                    ? rng.Chance(0.2) ? "error"
                        : "failure"
                : "success";
            json.WriteStartObject();
            json.WriteString("id"u8, $"fuel_health.tests.{set}.test_{i + 1:00}");
            json.WriteString("name"u8, names[i]);
            json.WriteString("status"u8, status);
            if (status is "skipped" or "stopped")
            {
                json.WriteNull("taken"u8);
            }
            else
            {
                json.WriteNumber("taken"u8, Math.Round(rng.LogNormal(set == "sanity" ? 0.8 : 14, 1), 3));
            }
            json.WriteString("message"u8, status is "failure" or "error" ? rng.Pick(s_failures) : "");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
