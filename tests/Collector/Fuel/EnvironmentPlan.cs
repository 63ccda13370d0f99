namespace Collector.Fuel;

/// <summary>What is fixed about an environment (a cluster) before any document mentions it.</summary>
internal sealed class EnvironmentPlan
{
    private static readonly Shares<string> s_statuses = new(
        ("operational", 62),
        ("error", 13),
        ("new", 12),
        ("stopped", 4),
        ("deployment", 3),
        ("update", 2),
        ("update_error", 2),
        ("remove", 2)
    );

    private static readonly Shares<string> s_systems = new(
        ("Ubuntu", 50),
        ("ubuntu", 32),
        ("CentOS", 11),
        ("centos", 5),
        ("UBUNTU", 1),
        ("RHEL", 1)
    );

    private static readonly Shares<string?> s_hypervisors = new(
        ("kvm", 52),
        ("qemu", 27),
        ("vCenter", 7),
        ("vcenter", 2),
        ("KVM", 2),
        (null, 10)
    );

    private EnvironmentPlan(int id, long createdAt, int release)
    {
        Id = id;
        CreatedAt = createdAt;
        Release = release;
    }

    public int Id { get; }

    public long CreatedAt { get; }

    /// <summary>The release it was installed with, which an upgrade of the installation leaves alone.</summary>
    public int Release { get; }

    /// <summary>When a cluster_deletion removed it; <see cref="Clock.Never"/> for one that stands.</summary>
    public long DeletedAt { get; set; } = Clock.Never;

    public string Status { get; private init; } = "";

    public string OperatingSystem { get; private init; } = "";

    /// <summary>libvirt_type; null where the document doesn't say.</summary>
    public string? Hypervisor { get; private init; }

    /// <summary>How many nodes the site says it has.</summary>
    public int Nodes { get; private init; }

    public static EnvironmentPlan Create(Rng rng, int id, long createdAt, int release, int atMostNodes) =>
        new(id, createdAt, release)
        {
            Status = s_statuses.Pick(rng),
            OperatingSystem = s_systems.Pick(rng),
            Hypervisor = s_hypervisors.Pick(rng),
            Nodes = Math.Clamp((int)rng.LogNormal(8, 0.95), 1, Math.Max(1, Math.Min(200, atMostNodes))),
        };
}
