namespace Collector.Fuel;

/// <summary>
/// Numbers of the random streams of one installation. Each purpose has its own, so that a change to one document leaves the others as they
/// were.
/// </summary>
internal static class Streams
{
    public const long Installation = 1;
    public const long Simulation = 2;
    public const long Delivery = 3;
    public const long Structure = 4;
    public const long Tasks = 5;
    public const long StructureDates = 6;
    public const long TaskHistory = 8;

    /// <summary>The stream of one action log's document; none of the above, as external ids are positive.</summary>
    public static long Document(int externalId) => 1_000_000L + externalId;
}
