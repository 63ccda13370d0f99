using System.Globalization;

namespace Collector.Fuel;

/// <summary>A row of fuel.tasks_history, but for its id.</summary>
/// <param name="MasterNodeUid">The installation.</param>
/// <param name="DeploymentTaskId">The run, a number within the installation.</param>
/// <param name="ClusterId">The environment, a number within the installation.</param>
/// <param name="TaskName">What was run.</param>
/// <param name="NodeId">master, or the node's number within the installation.</param>
/// <param name="TimeStart">UTC; null while it is pending, and where it was skipped.</param>
/// <param name="TimeEnd">UTC; null until it ended.</param>
/// <param name="Status">pending, running, ready, error or skipped.</param>
/// <param name="Summary">What Puppet said of its run, as JSON; null where it didn't run, or hasn't ended.</param>
internal sealed record TaskRow(
    string MasterNodeUid,
    int DeploymentTaskId,
    int ClusterId,
    string TaskName,
    string NodeId,
    DateTime? TimeStart,
    DateTime? TimeEnd,
    string Status,
    string? Summary
);

/// <summary>The tasks of the deployments of one installation in ten: the collector learnt of tasks late.</summary>
internal sealed class TaskHistory(FuelOptions options)
{
    private const int OneIn = 10;
    private const int MostNodes = 8;

    // Each with its median seconds, how often it fails, and whether Puppet does it.
    private static readonly (string Name, double Seconds, double Fails, bool IsPuppet)[] s_onMaster =
    [
        ("upload_configuration", 3, 0.001, false),
        ("generate_keys", 6, 0.001, false),
        ("copy_keys", 4, 0.002, false),
        ("upload_nodes_info", 2, 0.001, false),
    ];

    private static readonly (string Name, double Seconds, double Fails, bool IsPuppet)[] s_onNodes =
    [
        ("sync_time", 5, 0.002, false),
        ("rsync_core_puppet", 9, 0.001, false),
        ("setup_repositories", 12, 0.006, true),
        ("fuel_pkgs", 14, 0.002, true),
        ("hiera", 7, 0.001, true),
        ("globals", 8, 0.001, true),
        ("logging", 11, 0.001, true),
        ("netconfig", 42, 0.012, true),
        ("connectivity_tests", 6, 0.008, false),
        ("firewall", 18, 0.002, true),
        ("hosts", 6, 0.001, true),
        ("tools", 21, 0.003, true),
        ("cluster", 95, 0.01, true),
        ("database", 160, 0.015, true),
        ("rabbitmq", 120, 0.012, true),
        ("keystone", 75, 0.01, true),
        ("openstack-controller", 140, 0.014, true),
        ("top-role-compute", 110, 0.01, true),
        ("top-role-ceph-osd", 130, 0.016, true),
        ("ntp-client", 8, 0.001, true),
    ];

    /// <summary>The rows in the order in which the collector received them, an installation after the other.</summary>
    public IEnumerable<TaskRow> Rows()
    {
        for (var i = 0; i < options.Installations; i += OneIn)
        {
            var installation = InstallationPlan.Create(options, i);
            var rng = new Rng((ulong)options.Seed, i, Streams.TaskHistory);
            var run = 0;
            foreach (var environment in installation.Environments)
            {
                var runs = 1 + rng.Poisson(1.2);
                for (var r = 0; r < runs; r++)
                {
                    run += rng.Between(1, 9);
                    foreach (var row in Run(rng, installation, environment, run))
                    {
                        yield return row;
                    }
                }
            }
        }
    }

    private IEnumerable<TaskRow> Run(Rng rng, InstallationPlan installation, EnvironmentPlan environment, int run)
    {
        var end = Clock.StartOf(options.End);
        var now = end - (options.Days * Clock.Day) + rng.Below(options.Days * Clock.Day);
        var nodes = Enumerable.Range(1, Math.Min(MostNodes, environment.Nodes)).Select(n => n.ToString(CultureInfo.InvariantCulture));
        var steps = s_onMaster
            .Select(t => (Task: t, Node: "master"))
            .Concat(s_onNodes.SelectMany(t => nodes, (t, n) => (Task: t, Node: n)))
            .ToList();
        // What failed once holds up the rest; a run that is going on ends in the middle.
        var failed = false;
        var stopsAt = rng.Chance(0.02) ? rng.Below(steps.Count) : steps.Count;
        for (var s = 0; s < steps.Count; s++)
        {
            var (task, node) = steps[s];
            var began = now;
            var took = (long)(rng.LogNormal(task.Seconds, 0.5) * Clock.Second);
            var status =
                s > stopsAt ? "pending"
                : s == stopsAt ? "running"
                : failed || rng.Chance(0.03) ? "skipped"
                : rng.Chance(task.Fails) ? "error"
                : "ready";
            failed |= status == "error";
            var hasRun = status is "ready" or "error";
            now += hasRun ? took / 4 : 0;
            yield return new TaskRow(
                installation.Uid,
                run,
                environment.Id,
                task.Name,
                node,
                hasRun || status == "running" ? Clock.ToDateTime(began) : null,
                hasRun ? Clock.ToDateTime(began + took) : null,
                status,
                hasRun && task.IsPuppet ? Summary(rng, took, status == "error") : null
            );
        }
    }

    private static string Summary(Rng rng, long took, bool failed)
    {
        var total = rng.Between(12, 180);
        var outOfSync = rng.Below((total / 3) + 1);
        var bad = failed ? rng.Between(1, 3) : 0;
        var retrieval = rng.Between(100, 4000) / 1000.0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"time": {"total": {{took / 1e6:0.000}}, "config_retrieval": {{retrieval:0.000}}}, "resources": {"total": {{total}}, "changed": {{Math.Max(0, outOfSync - bad)}}, "failed": {{bad}}, "out_of_sync": {{outOfSync}}, "failed_to_restart": 0, "skipped": {{bad}}}, "events": {"total": {{outOfSync}}, "success": {{Math.Max(0, outOfSync - bad)}}, "failure": {{bad}}}, "version": {"config": 1, "puppet": "3.8.5"}, "status": "{{(failed ? "failed" : outOfSync > 0 ? "changed" : "unchanged")}}"}"""
        );
    }
}
