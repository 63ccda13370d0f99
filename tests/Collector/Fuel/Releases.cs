namespace Collector.Fuel;

/// <summary>Releases of the installer, and how its documents changed with them.</summary>
internal static class Releases
{
    public static readonly string[] Names = ["6.0", "6.1", "7.0", "8.0", "9.0", "9.1", "10.0"];

    /// <summary>The platform's release that each installs, as environments name it.</summary>
    public static readonly string[] Platforms =
    [
        "2014.2-6.0",
        "2014.2.2-6.1",
        "2015.1.0-7.0",
        "liberty-8.0",
        "mitaka-9.0",
        "mitaka-9.1",
        "newton-10.0",
    ];

    private static readonly Shares<int> s_old = new((0, 12), (1, 18), (2, 26), (3, 26), (4, 12), (5, 6));
    private static readonly Shares<int> s_recent = new((0, 1), (1, 3), (2, 8), (3, 18), (4, 27), (5, 32), (6, 11));

    /// <summary>6.0 and 6.1: several fields didn't exist yet.</summary>
    public static bool IsOld(int release) => release <= 1;

    /// <summary>9.1 and 10.0: fields that nobody has described yet.</summary>
    public static bool IsNew(int release) => release >= 5;

    /// <summary>What an installation begins with, by the days from then to the end of the period.</summary>
    public static int Pick(Rng rng, long daysAgo) => (daysAgo > 200 ? s_old : s_recent).Pick(rng);
}
