using System.Globalization;

namespace Collector.Openstack;

/// <summary>What an <see cref="OpenstackGenerator"/> makes. The same options give exactly the same rows, anywhere.</summary>
public sealed record OpenstackOptions
{
    /// <summary>How many items there ever were.</summary>
    public int Items { get; init; } = 6_000;

    /// <summary>How many days the accounting covers.</summary>
    public int Days { get; init; } = 365;

    /// <summary>The day after the last of these days (UTC). Fixed by default, so that a demo stays the same.</summary>
    public DateOnly End { get; init; } = new(2026, 10, 1);

    /// <summary>Another seed gives another cloud.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Lists every fault at once.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Items is < 1 or > 10_000_000)
        {
            faults.Add($"items: expected 1 to 10,000,000, found {Items}");
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
