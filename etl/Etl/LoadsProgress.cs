using System.Globalization;
using Etl.Loading;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl;

/// <summary>How far loads are that run side by side, in one line on stderr. Safe for many threads.</summary>
internal sealed class LoadsProgress : IDisposable
{
    private readonly Lock gate = new();
    private readonly ProgressLine line = new();
    private readonly SortedDictionary<string, (string Text, long Began)> going = new(StringComparer.Ordinal);

    /// <summary>An extract's load begins.</summary>
    public void Begin(string extract, LoadKind kind)
    {
        lock (gate)
        {
            var text = $"{extract}: {kind.Name()}";
            going[extract] = (text, TimeProvider.System.GetTimestamp());
            line.Show(text, always: true);
        }
    }

    /// <summary>How far a load is that began.</summary>
    public void Show(LoadProgress progress)
    {
        lock (gate)
        {
            if (going.TryGetValue(progress.Extract, out var load))
            {
                going[progress.Extract] = (Describe(progress, TimeProvider.System.GetElapsedTime(load.Began)), load.Began);
                line.Show(Line());
            }
        }
    }

    /// <summary>A load has ended.</summary>
    public void End(string extract)
    {
        lock (gate)
        {
            going.Remove(extract);
        }
    }

    public void Dispose() => line.Dispose();

    private string Line() => string.Join(" · ", going.Values.Select(g => g.Text));

    private static string Describe(LoadProgress progress, TimeSpan elapsed)
    {
        var rate = progress.Moved.Rows / Math.Max(elapsed.TotalSeconds, 0.001);
        var left =
            progress.Expected is { } expected && expected > progress.Moved.Rows && rate > 0
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $" of {ProgressLine.Number(expected)} rows, about {(expected - progress.Moved.Rows) / rate:0} s left"
                )
                : " rows";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Extract}: {progress.Doing}, {ProgressLine.Number(progress.Moved.Rows)}{left}, {ProgressLine.Number((long)rate)} rows/s, {ProgressLine.Bytes(progress.Moved.Bytes)}"
        );
    }
}
