using System.Globalization;
using System.Text.RegularExpressions;

namespace Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static partial class Machine
{
    /// <summary>The processor's name, as the system tells it.</summary>
    public static string Processor { get; } =
        File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':', 2)[1]
                .Trim()
                ?? "unknown processor"
            : "unknown processor";

    /// <summary>Processor, cores and memory.</summary>
    public static string Text =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Processor}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0} GB; {System.Runtime.InteropServices.RuntimeInformation.OSDescription}"
        );

    /// <summary>The name of the result page: the processor's.</summary>
    public static string FileName => NoWord().Replace(Processor.ToLowerInvariant(), "-").Trim('-') + ".md";

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoWord();
}
