using System.Globalization;

namespace Benchmarks;

/// <summary>What runs of the same thing took.</summary>
internal sealed class Sample
{
    private readonly List<double> values = [];

    /// <summary>The middle one; of an even number, the mean of the two in the middle.</summary>
    public double Median => Quantile(0.5);

    /// <summary>Adds a run.</summary>
    public void Add(double value) => values.Add(value);

    /// <summary>Between the two neighbours, as in PERCENTILE_CONT.</summary>
    public double Quantile(double p)
    {
        var sorted = values.Order().ToList();
        var at = p * (sorted.Count - 1);
        var below = (int)at;
        return sorted[below] + ((at - below) * (sorted[Math.Min(below + 1, sorted.Count - 1)] - sorted[below]));
    }

    /// <summary>Median, and the lowest and highest: "6.52 (6.40–7.01)".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Median:0.00} ({values.Min():0.00}–{values.Max():0.00})");
}
