using System.Globalization;

namespace Collector.Fuel;

/// <summary>What tasks say when they end.</summary>
internal static class TaskMessages
{
    private static readonly string[] s_failures =
    [
        "Deployment has failed. Method granular_deploy. Failed to execute hook 'puppet' on node {0}.\nInspect Astute logs for the details",
        "Provision has failed. Too many nodes failed to provision: node {0} did not come back in 3600 seconds",
        "Deployment has failed. Timeout of deployment is exceeded. Task[netconfig/{0}] is still running",
        "Failed to execute task \"upload_cirros\": Upload cirros \"TestVM\" image failed on node {0}",
        "Method deploy. Deployment failed: MCagent {0} isn't answering to the ‘puppetd’ agent.\nCheck that the node is booted",
        "Node {0}: not enough free disk space to place volume group \"os\" (needs 10\u00a0GiB)",
        "Deployment has failed. Critical nodes failed: node-{0} (status=error, error_type=deploy, progress=47).",
        "Retries are over: [Errno 113] EHOSTUNREACH, no route to node {0}; the run of hiera/globals was interrupted",
    ];

    private static readonly string[] s_networkFailures =
    [
        "Verification failed. Node {0}, interface eth1: expected VLANs 101, 102; missing 102",
        "Network verification has failed: no traffic for untagged network on node {0}, interface eth0",
        "Address intersection between networks: public, storage (node {0})",
        "DHCP server discovered on node {0}: rogue server in the admin network",
    ];

    public static int NodesOf(Operation operation, int nodes, Rng rng) =>
        operation switch
        {
            Operation.Deploy or Operation.Deployment or Operation.Provision => nodes,
            Operation.ResetEnvironment or Operation.Update or Operation.VerifyNetworks => nodes,
            Operation.NodeDeletion => rng.Between(1, Math.Max(1, nodes / 3)),
            _ => 0,
        };

    public static string Of(in ActionPlan action, Rng rng)
    {
        if (action.Outcome == Outcome.Running)
        {
            return "";
        }
        if (action.Outcome == Outcome.Error)
        {
            var isNetwork = action.Operation is Operation.VerifyNetworks or Operation.CheckNetworks;
            var text = rng.Pick(isNetwork ? s_networkFailures : s_failures);
            return string.Format(CultureInfo.InvariantCulture, text, rng.Between(1, Math.Max(1, (int)action.Nodes)));
        }
        return action.Operation switch
        {
            Operation.Deploy or Operation.Deployment => "Deployment of environment is done. Access the dashboard at its public address",
            Operation.Provision => "Provision of environment is done. All nodes came back after the reboot",
            Operation.VerifyNetworks => "Network verification has succeeded: all nodes see each other on every network",
            Operation.NodeDeletion => "Nodes were removed from the environment and booted into the discovery image",
            Operation.CheckBeforeDeployment => "Nodes, roles, disks and networks of the environment are ready for the deployment",
            Operation.CheckNetworks => "Networks of the environment do not overlap, and no address is used by two nodes at once",
            Operation.ResetEnvironment => "Environment was reset: its nodes are being booted into the discovery image",
            _ => "",
        };
    }
}
