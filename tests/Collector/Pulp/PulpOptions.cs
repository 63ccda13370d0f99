using System.Globalization;

namespace Collector.Pulp;

/// <summary>What a <see cref="PulpLoader"/> fills in. The same options give exactly the same rows, anywhere.</summary>
public sealed record PulpOptions
{
    /// <summary>How many systems checked in during these days; not quite half of them only once.</summary>
    public int Systems { get; init; } = 1_500;

    /// <summary>How many days of check-ins. A real source keeps 14.</summary>
    public int Days { get; init; } = 14;

    /// <summary>The day after the last of these days (UTC). Fixed by default, so that a demo stays the same.</summary>
    public DateOnly End { get; init; } = new(2026, 10, 1);

    /// <summary>Another seed gives other systems.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Lists every fault at once.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Systems is < 1 or > 1_000_000)
        {
            faults.Add($"systems: expected 1 to 1,000,000, found {Systems}");
        }
        if (Days is < 1 or > 3_660)
        {
            faults.Add($"days: expected 1 to 3,660, found {Days}");
        }
        if (End.Year is < 2020 or > 2100)
        {
            faults.Add($"end: expected a day in 2020 to 2100, found {End.ToString("O", CultureInfo.InvariantCulture)}");
        }
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
