using Reports.Definitions;

namespace Reports.Charts;

/// <summary>A value axis: round steps from a round lowest to a round highest value, 0 among them.</summary>
internal sealed record Scale(double Lowest, double Highest, double Step)
{
    private const double Most = 1e307;

    // Steps that clocks and calendars have.
    private static readonly double[] TimeSteps =
    [
        1,
        2,
        5,
        10,
        15,
        30,
        60,
        120,
        300,
        600,
        900,
        1800,
        3600,
        7200,
        10_800,
        21_600,
        43_200,
        86_400,
    ];

    /// <summary>The values that are written beside the axis, from the lowest.</summary>
    public IEnumerable<double> Ticks =>
        Enumerable.Range(0, (int)Math.Round((Highest / Step) - (Lowest / Step)) + 1).Select(i => Lowest + (i * Step));

    /// <summary>
    /// The axis from at or below <paramref name="lowest"/> to at or above <paramref name="highest"/> in about <paramref name="steps"/>
    /// steps.
    /// </summary>
    public static Scale Of(double lowest, double highest, ColumnFormat format, int steps = 4)
    {
        // Beyond this, rounding up would leave the numbers there are.
        lowest = Math.Max(lowest, -Most);
        highest = Math.Min(highest, Most);
        if (highest <= lowest)
        {
            highest = lowest + 1;
        }

        // Divided before the subtraction: the distance of two huge numbers may be too big for a number.
        var step = StepFor((highest / steps) - (lowest / steps), format);
        return new Scale(Math.Floor(lowest / step) * step, Math.Ceiling(highest / step) * step, step);
    }

    /// <summary>Where a value stands, 0 at the lowest and 1 at the highest.</summary>
    public double At(double value) => ((Math.Clamp(value, Lowest, Highest) / 2) - (Lowest / 2)) / ((Highest / 2) - (Lowest / 2));

    private static double StepFor(double wanted, ColumnFormat format) =>
        format.Kind switch
        {
            ColumnFormatKind.Seconds when wanted is > 1 and <= 86_400 => TimeSteps.First(s => s >= wanted),
            ColumnFormatKind.Seconds when wanted > 86_400 => 86_400 * Round(wanted / 86_400),
            ColumnFormatKind.Bytes => Math.Max(1, Math.Pow(2, Math.Ceiling(Math.Log2(wanted)))),
            ColumnFormatKind.Whole => Math.Max(1, Round(wanted)),
            _ => Round(wanted),
        };

    // The next of 1, 2, 2.5, 5 and 10 times a power of ten.
    private static double Round(double wanted)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(wanted)));
        return power
            * (wanted / power) switch
            {
                <= 1 => 1,
                <= 2 => 2,
                <= 2.5 => 2.5,
                <= 5 => 5,
                _ => 10,
            };
    }
}
