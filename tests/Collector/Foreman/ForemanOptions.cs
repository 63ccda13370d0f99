using System.Globalization;

namespace Collector.Foreman;

/// <summary>What a <see cref="ForemanLoader"/> fills in. The same options give exactly the same rows, anywhere.</summary>
public sealed record ForemanOptions
{
    /// <summary>How many sites ever uploaded.</summary>
    public int Sites { get; init; } = 6_000;

    /// <summary>The days in which they uploaded for the first time.</summary>
    public int Days { get; init; } = 540;

    /// <summary>The day after the last of these days (UTC). Fixed by default, so that a demo stays the same.</summary>
    public DateOnly End { get; init; } = new(2026, 10, 1);

    /// <summary>
    /// The day before which the uploads were that are there: the source at that time, before later ones overwrote it. Null:
    /// <see cref="End"/>.
    /// </summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>Another seed gives other sites.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Lists every fault at once.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Sites is < 1 or > 1_000_000)
        {
            faults.Add($"sites: expected 1 to 1,000,000, found {Sites}");
        }
        if (Days is < 1 or > 3_660)
        {
            faults.Add($"days: expected 1 to 3,660, found {Days}");
        }
        if (End.Year is < 2020 or > 2100)
        {
            faults.Add($"end: expected a day in 2020 to 2100, found {End.ToString("O", CultureInfo.InvariantCulture)}");
        }
        if (AsOf > End)
        {
            faults.Add($"as of: expected a day up to the end, found {AsOf.Value.ToString("O", CultureInfo.InvariantCulture)}");
        }
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
