namespace Collector.Foreman;

/// <summary>What one site told last.</summary>
/// <param name="Uuid">Null where the site didn't name itself.</param>
/// <param name="CoreVersion">Of the provisioning tool itself.</param>
/// <param name="CreatedAt">Microseconds since 1970.</param>
/// <param name="UpdatedAt">Microseconds since 1970.</param>
/// <param name="Proxies">In the order of their ids, as the lists that follow.</param>
/// <param name="Plugins">A name may stand twice.</param>
/// <param name="ComputeResources">Types; one may stand twice.</param>
internal sealed record Upload(
    string? Uuid,
    string? CoreVersion,
    long? CreatedAt,
    long? UpdatedAt,
    IReadOnlyList<Proxy> Proxies,
    IReadOnlyList<Plugin> Plugins,
    IReadOnlyList<string?> ComputeResources
);

/// <summary>A proxy of a site.</summary>
internal sealed record Proxy(string? Version, IReadOnlyList<string?>? Features);

/// <summary>A plugin of a site.</summary>
internal sealed record Plugin(string? Name, string? Version);
