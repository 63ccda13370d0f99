using System.Runtime.InteropServices;

namespace Collector.Fuel;

internal enum Operation : byte
{
    Deploy,
    Deployment,
    Provision,
    CheckBeforeDeployment,
    CheckNetworks,
    VerifyNetworks,
    NodeDeletion,
    ClusterDeletion,
    StopDeployment,
    ResetEnvironment,
    Update,
    Ostf,
    DeployChanges,
    ClusterAttributes,
    NetworkConfiguration,
    NodesCollection,
    ClusterInstance,
}

internal enum Outcome : byte
{
    Ready,
    Error,
    Running,
}

/// <summary>In what way a document can't be read.</summary>
internal enum Fault : byte
{
    None,
    Truncated,
    Empty,
    NotAnObject,
    NotADate,
}

/// <summary>
/// One action log before its document is written: all rows have to be ordered by reception, and a plan takes a tenth
/// of the memory of a document.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct ActionPlan
{
    public long ReceivedAt;
    public long StartAt;

    /// <summary>Negative while it runs.</summary>
    public long EndAt;
    public int Installation;
    public int ExternalId;

    /// <summary>The task's number within its installation; 0 for what isn't a task.</summary>
    public int Task;

    /// <summary>The task that this one is part of; 0 for none.</summary>
    public int ParentTask;

    /// <summary>0 where the operation concerns no environment.</summary>
    public int Environment;
    public short Nodes;
    public short Subtasks;
    public Operation Operation;
    public Outcome Outcome;
    public Fault Fault;
}

internal static class Operations
{
    private static readonly (string Name, string Group, bool IsTask)[] s_all =
    [
        ("deploy", "cluster_changes", true),
        ("deployment", "cluster_changes", true),
        ("provision", "cluster_changes", true),
        ("check_before_deployment", "cluster_checking", true),
        ("check_networks", "cluster_checking", true),
        ("verify_networks", "cluster_checking", true),
        ("node_deletion", "cluster_changes", true),
        ("cluster_deletion", "cluster_changes", true),
        ("stop_deployment", "operations", true),
        ("reset_environment", "operations", true),
        ("update", "cluster_changes", true),
        ("ostf", "cluster_checking", false),
        ("deploy_changes", "cluster_changes", false),
        ("cluster_attributes", "cluster_changes", false),
        ("network_configuration", "cluster_changes", false),
        ("nodes_collection", "cluster_changes", false),
        ("cluster_instance", "operations", false),
    ];

    public static string Name(this Operation operation) => s_all[(int)operation].Name;

    public static string Group(this Operation operation) => s_all[(int)operation].Group;

    public static bool IsTask(this Operation operation) => s_all[(int)operation].IsTask;

    public static string Type(this Operation operation) => operation.IsTask() ? "nailgun_task" : "http_request";
}
