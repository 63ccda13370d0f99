namespace Collector;

/// <summary>
/// Distributions made of additions, multiplications and square roots only. IEEE 754 fixes those to the last bit;
/// <see cref="Math.Exp"/> and <see cref="Math.Log(double)"/> come from the machine's C library and differ between machines.
/// </summary>
internal static class Distributions
{
    private const double Ln2 = 0.693147180559945309417232121458;

    /// <summary>Standard normal, near enough: the sum of twelve uniform numbers less six.</summary>
    public static double Normal(this Rng rng)
    {
        var sum = -6.0;
        for (var i = 0; i < 12; i++)
        {
            sum += rng.Unit();
        }
        return sum;
    }

    /// <summary>Half of the values are below <paramref name="median"/>; <paramref name="sigma"/> is that of the logarithm.</summary>
    public static double LogNormal(this Rng rng, double median, double sigma) => median * Exp(sigma * rng.Normal());

    /// <summary>The waiting time for something that happens once in <paramref name="mean"/>.</summary>
    public static double Exponential(this Rng rng, double mean) => -mean * Ln(1.0 - rng.Unit());

    /// <summary>How often something happens in a time in which it happens <paramref name="mean"/> times on average.</summary>
    public static int Poisson(this Rng rng, double mean)
    {
        var limit = Exp(-mean);
        var count = 0;
        for (var product = rng.Unit(); product > limit; product *= rng.Unit())
        {
            count++;
        }
        return count;
    }

    /// <summary>e to the power of x, for |x| up to 700.</summary>
    internal static double Exp(double x)
    {
        var power = Math.Floor((x / Ln2) + 0.5);
        var rest = x - (power * Ln2);
        var sum = 1.0;
        for (var i = 14; i > 0; i--)
        {
            sum = 1.0 + (rest / i * sum);
        }
        return sum * BitConverter.Int64BitsToDouble(((long)power + 1023) << 52);
    }

    /// <summary>The natural logarithm of x, for x above zero.</summary>
    internal static double Ln(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var power = (bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | (1023L << 52));
        var ratio = (mantissa - 1.0) / (mantissa + 1.0);
        var square = ratio * ratio;
        var sum = 0.0;
        for (var i = 33; i > 0; i -= 2)
        {
            sum = (sum * square) + (1.0 / i);
        }
        return (power * Ln2) + (2.0 * ratio * sum);
    }
}

/// <summary>Values and how likely each is, as weights that need not sum to anything.</summary>
internal sealed class Shares<T>(params (T Value, double Weight)[] shares)
{
    private readonly double _total = shares.Sum(share => share.Weight);

    /// <summary>One of the values, by weight.</summary>
    public T Pick(Rng rng)
    {
        var at = rng.Unit() * _total;
        foreach (var (value, weight) in shares)
        {
            if ((at -= weight) < 0)
            {
                return value;
            }
        }
        return shares[^1].Value;
    }
}
