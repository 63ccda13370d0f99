using Xunit;

namespace EndToEnd.Tests;

/// <summary>The seeds of generated rows whose figures are compared with the source's.</summary>
public static class Seeds
{
    /// <summary>One; where <c>ALL_CASES=1</c> says so (<c>make chaos</c>), three.</summary>
    public static TheoryData<long> All => Environment.GetEnvironmentVariable("ALL_CASES") == "1" ? [1, 2, 3] : [1];
}
