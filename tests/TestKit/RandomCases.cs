namespace TestKit;

/// <summary>Runs a property on many random cases; a failing one names its seed, which <c>TEST_SEED</c> runs again.</summary>
public static class RandomCases
{
    /// <summary>
    /// Runs <paramref name="property"/> <paramref name="count"/> times, each time with a source of random numbers of its own.
    /// </summary>
    public static void Check(int count, Action<Random> property)
    {
        var named = Environment.GetEnvironmentVariable("TEST_SEED");
        var first = named is null ? Random.Shared.Next() : int.Parse(named, System.Globalization.CultureInfo.InvariantCulture);
        for (var i = 0; i < (named is null ? count : 1); i++)
        {
            var seed = unchecked(first + i);
            try
            {
                property(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"with TEST_SEED={seed}: {e.Message}", e);
            }
        }
    }
}
