using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>What monitors are told of loads.</summary>
internal static class LoadTelemetry
{
    private static readonly Counter<long> Rows = Telemetry.Meter.CreateCounter<long>(
        "warehouse.load.rows",
        "{row}",
        "rows read from sources by loads that were published"
    );
    private static readonly Counter<long> Bytes = Telemetry.Meter.CreateCounter<long>(
        "warehouse.load.size",
        "By",
        "bytes that sources sent to loads that were published"
    );
    private static readonly Counter<long> Quarantined = Telemetry.Meter.CreateCounter<long>(
        "warehouse.load.quarantined",
        "{row}",
        "rows among them that can't be understood"
    );
    private static readonly Histogram<double> Seconds = Telemetry.Meter.CreateHistogram<double>(
        "warehouse.load.duration",
        "s",
        "how long loads took, by extract, kind and outcome",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200] }
    );
    private static readonly ConcurrentDictionary<string, DateTime> UpTo = [];
    private static readonly ConcurrentDictionary<string, double> Lags = [];

    static LoadTelemetry()
    {
        Telemetry.Meter.CreateObservableGauge(
            "warehouse.data.age",
            () => UpTo.Select(d => Measured((DateTime.UtcNow - d.Value).TotalSeconds, "extract", d.Key)),
            "s",
            "how old the data of each extract are: the time since up to which the replica had replayed at its last load"
        );
        Telemetry.Meter.CreateObservableGauge(
            "warehouse.replica.lag",
            () => Lags.Select(l => Measured(l.Value, "extract", l.Key)),
            "s",
            "how far the replica was behind its primary at the extract's last load"
        );
    }

    /// <summary>Notes a load that has ended.</summary>
    public static void Note(RunRecord run)
    {
        KeyValuePair<string, object?> extract = new("extract", run.Extract);
        KeyValuePair<string, object?> kind = new("kind", run.Kind);
        Seconds.Record(run.Seconds, extract, kind, new("outcome", run.Outcome.Name()));
        if (run.Outcome != RunOutcome.Published)
        {
            return;
        }

        Rows.Add(run.RowsRead, extract, kind);
        Bytes.Add(run.BytesRead, extract, kind);
        Quarantined.Add(run.RowsQuarantined, extract, kind);
        UpTo[run.Extract] = run.ReplayedAt ?? run.StartedAt;
        if (run.ReplayedAt is { } replayed)
        {
            Lags[run.Extract] = (run.StartedAt - replayed).TotalSeconds;
        }
    }

    private static Measurement<double> Measured(double value, string name, string of) =>
        new(value, KeyValuePair.Create<string, object?>(name, of));
}
