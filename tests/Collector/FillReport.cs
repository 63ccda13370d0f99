using System.Diagnostics;
using System.Globalization;

namespace Collector;

/// <summary>Tells people how a fill goes: a line a table at most every second, and one when it is done.</summary>
internal sealed class FillReport(TextWriter output) : IProgress<FillProgress>
{
    private readonly Dictionary<string, long> _shownAt = [];

    public void Report(FillProgress value)
    {
        lock (_shownAt)
        {
            var now = Stopwatch.GetTimestamp();
            if (!_shownAt.TryGetValue(value.Table, out var shownAt))
            {
                _shownAt[value.Table] = now;
            }
            else if (Stopwatch.GetElapsedTime(shownAt, now) >= TimeSpan.FromSeconds(1))
            {
                _shownAt[value.Table] = now;
                var of = value.RowsExpected is { } rows ? string.Create(CultureInfo.InvariantCulture, $" of {rows:N0}") : "";
                output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"{value.Table}: {value.Rows:N0}{of} rows, {value.Bytes / 1e6:N0} MB")
                );
            }
        }
    }

    /// <summary>For people.</summary>
    public static string Line(FillResult result) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Table}: {result.Rows:N0} rows, {result.Bytes / 1e6:N1} MB in {result.Elapsed.TotalSeconds:0.00} s, {RowsPerSecond(result):N0} rows/s"
        );

    /// <summary>For a program: step, rows and seconds, separated by tabs.</summary>
    public static string Step(FillResult result) =>
        string.Create(CultureInfo.InvariantCulture, $"fill {result.Table}\t{result.Rows}\t{result.Elapsed.TotalSeconds:0.000}");

    private static double RowsPerSecond(FillResult result) => result.Rows / Math.Max(1e-9, result.Elapsed.TotalSeconds);
}
