namespace Collector.Openstack;

/// <summary>The kinds of items that clouds charge for, and their flavours. The same for every seed.</summary>
public sealed class Catalog
{
    /// <summary>The kinds by their numbers.</summary>
    public const long Vm = 1,
        Volume = 2,
        FloatingIp = 3,
        Router = 4,
        Network = 5;

    private static readonly DateTime s_created = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    /// <summary>The kinds.</summary>
    public IReadOnlyList<ItemType> Types { get; } =
    [
        new(Vm, "VM", "virtual machine"),
        new(Volume, "Volume", "block storage"),
        new(FloatingIp, "Floating IP", "public address"),
        new(Router, "Router", null),
        new(Network, "Network", null),
    ];

    /// <summary>The flavours.</summary>
    public IReadOnlyList<CatalogItem> Flavours { get; } =
    [
        new(1, Vm, s_created, 1, 1, 512, 1),
        new(2, Vm, s_created, 3, 1, 2048, 20),
        new(3, Vm, s_created, 6, 2, 4096, 40),
        new(4, Vm, s_created, 13, 4, 8192, 80),
        new(5, Vm, s_created, 27, 8, 16384, 160),
        new(6, Vm, s_created, 53, 16, 65536, 10),
        new(7, Vm, s_created.AddYears(3), null, 2, 1536, null),
        new(11, Volume, s_created, 1, null, null, 10),
        new(12, Volume, s_created, 2, null, null, 100),
        new(13, Volume, s_created, 15, null, null, 1000),
        new(21, FloatingIp, s_created, 1, null, null, null),
        new(31, Router, s_created, 0, null, null, null),
        new(41, Network, s_created, null, null, null, null),
    ];

    /// <summary>The flavours of a kind.</summary>
    public CatalogItem[] Of(long type) => [.. Flavours.Where(f => f.ItemTypeId == type)];
}
