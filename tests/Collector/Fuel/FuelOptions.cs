using System.Globalization;

namespace Collector.Fuel;

/// <summary>What a <see cref="FuelGenerator"/> makes. The same options give exactly the same rows, anywhere.</summary>
public sealed record FuelOptions
{
    /// <summary>How many installations ever reported.</summary>
    public int Installations { get; init; } = 2_000;

    /// <summary>How many days of received reports.</summary>
    public int Days { get; init; } = 90;

    /// <summary>The day after the last of these days (UTC). Fixed by default, so that a demo stays the same.</summary>
    public DateOnly End { get; init; } = new(2026, 10, 1);

    /// <summary>Another seed gives other installations.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>One action log in so many has a document that can't be read; 0 for none.</summary>
    public int UnreadableOneIn { get; init; } = 20_000;

    /// <summary>Lists every fault at once.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Installations is < 1 or > 10_000_000)
        {
            faults.Add($"installations: expected 1 to 10,000,000, found {Installations}");
        }
        if (Days is < 1 or > 3_660)
        {
            faults.Add($"days: expected 1 to 3,660, found {Days}");
        }
        if (End.Year is < 2020 or > 2100)
        {
            faults.Add($"end: expected a day in 2020 to 2100, found {End.ToString("O", CultureInfo.InvariantCulture)}");
        }
        if (UnreadableOneIn < 0)
        {
            faults.Add($"unreadable one in: expected 0 or more, found {UnreadableOneIn}");
        }
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
