namespace Collector.Fuel;

/// <summary>A kind of machine that a site bought, or was lent by its hypervisor, several of.</summary>
internal sealed record HardwareBatch
{
    private static readonly Shares<(string? Manufacturer, string Product, string? Family)> s_physical = new(
        (("Dell Inc.", "PowerEdge R630", "PowerEdge"), 15),
        (("Dell Inc.", "PowerEdge R720xd", "PowerEdge"), 6),
        (("DELL", "PowerEdge C6220", null), 2),
        (("HP", "ProLiant DL380 Gen9", "ProLiant"), 10),
        (("HP", "ProLiant BL460c Gen8", "ProLiant"), 6),
        (("HPE", "ProLiant DL360 Gen10", "ProLiant"), 2),
        (("Supermicro", "SYS-6028R-T", "Default string"), 8),
        (("Supermicro", "X9DRW", null), 4),
        (("Intel Corporation", "S2600WT", "Family"), 4),
        (("Cisco Systems Inc", "UCSC-C220-M4S", null), 3),
        (("LENOVO", "System x3650 M5", "System x"), 3),
        (("HUAWEI", "RH2288 V3", null), 3),
        ((null, "To be filled by O.E.M.", null), 1)
    );

    private static readonly Shares<(string? Manufacturer, string Product, string? Family, string Disk, string Driver)> s_virtual = new(
        (("QEMU", "Standard PC (i440FX + PIIX, 1996)", null, "QEMU HARDDISK", "virtio_net"), 14),
        (("innotek GmbH", "VirtualBox", "Virtual Machine", "VBOX HARDDISK", "e1000"), 9),
        (("VMware, Inc.", "VMware Virtual Platform", null, "Virtual disk", "vmxnet3"), 6),
        (("Red Hat", "KVM", "Red Hat Enterprise Linux", "QEMU HARDDISK", "virtio_net"), 3),
        (("OpenStack Foundation", "OpenStack Nova", "Virtual Machine", "QEMU HARDDISK", "virtio_net"), 4),
        ((null, "Bochs", null, "QEMU HARDDISK", "e1000"), 1)
    );

    private static readonly string[] s_disks =
    [
        "ST1000NM0033-9ZM",
        "INTEL SSDSC2BB48",
        "PERC H730 Mini",
        "LOGICAL VOLUME",
        "MZ7KM480HAHP0D3",
    ];
    private static readonly string[] s_drivers = ["ixgbe", "igb", "bnx2x", "tg3", "i40e"];

    /// <summary>Null where the firmware doesn't say.</summary>
    public string? Manufacturer { get; private init; }

    public string Product { get; private init; } = "";

    public string? Family { get; private init; }

    public string Disk { get; private init; } = "";

    public string Driver { get; private init; } = "";

    public int Sockets { get; private init; }

    public int Cores { get; private init; }

    public long MemoryBytes { get; private init; }

    public int Disks { get; private init; }

    public int Interfaces { get; private init; }

    public int Speed { get; private init; }

    public static HardwareBatch Pick(Rng rng) => rng.Chance(0.36) ? Virtual(rng) : Physical(rng);

    private static HardwareBatch Virtual(Rng rng)
    {
        var (manufacturer, product, family, disk, driver) = s_virtual.Pick(rng);
        return new HardwareBatch
        {
            Manufacturer = manufacturer,
            Product = product,
            Family = family,
            Disk = disk,
            Driver = driver,
            Sockets = rng.Pick([1, 1, 2, 4]),
            Cores = rng.Pick([1, 1, 2, 4]),
            MemoryBytes = rng.Pick([2L, 3, 4, 4, 6, 8, 8, 16]) << 30,
            Disks = rng.Pick([1, 2, 3, 3]),
            Interfaces = rng.Pick([3, 4, 5, 5]),
            Speed = 1_000,
        };
    }

    private static HardwareBatch Physical(Rng rng)
    {
        var (manufacturer, product, family) = s_physical.Pick(rng);
        return new HardwareBatch
        {
            Manufacturer = manufacturer,
            Product = product,
            Family = family,
            Disk = rng.Pick(s_disks),
            Driver = rng.Pick(s_drivers),
            Sockets = rng.Pick([1, 2, 2, 2, 4]),
            Cores = rng.Pick([4, 8, 12, 12, 16, 24]),
            MemoryBytes = rng.Pick([32L, 64, 128, 128, 256, 512]) << 30,
            Disks = rng.Pick([1, 2, 2, 3, 4, 6, 12]),
            Interfaces = rng.Pick([2, 4, 4, 6, 8]),
            Speed = rng.Pick([1_000, 10_000, 10_000, 40_000]),
        };
    }
}
