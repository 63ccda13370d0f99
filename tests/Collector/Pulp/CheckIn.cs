namespace Collector.Pulp;

/// <summary>What one system told on one day.</summary>
/// <param name="System">The system's own id.</param>
/// <param name="CreatedAt">Microseconds since 1970.</param>
/// <param name="FirstSeenAt">That of the system's first check-in ever.</param>
/// <param name="PostgresqlVersion">libpq's number; 0 where it is unknown.</param>
/// <param name="Access">Users and what they may.</param>
/// <param name="Size">Processes and hosts.</param>
/// <param name="Components">A name stands once.</param>
internal sealed record CheckIn(
    Guid System,
    long CreatedAt,
    long FirstSeenAt,
    int PostgresqlVersion,
    AccessNumbers Access,
    SizeNumbers Size,
    IReadOnlyList<ComponentVersion> Components
);

/// <summary>Null is what the system didn't tell.</summary>
internal sealed record AccessNumbers(int? Users, int? Groups, int? Domains, int? Policies, int? Roles);

/// <summary>Null is what the system didn't tell.</summary>
internal sealed record SizeNumbers(int? ContentProcesses, int? ContentHosts, int? WorkerProcesses, int? WorkerHosts);

/// <summary>A component as a system names it.</summary>
internal readonly record struct ComponentVersion(string Name, string Version);
