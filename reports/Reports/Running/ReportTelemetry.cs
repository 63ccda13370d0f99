using System.Diagnostics;
using System.Diagnostics.Metrics;
using WarehouseSql.Programs;

namespace Reports.Running;

/// <summary>What monitors are told of reports.</summary>
internal static class ReportTelemetry
{
    private static readonly Histogram<double> Seconds = Telemetry.Meter.CreateHistogram<double>(
        "warehouse.report.duration",
        "s",
        "how long the warehouse took to answer reports, by report and outcome",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.3, 1, 3, 10, 30, 60, 300] }
    );

    /// <summary>Asks the warehouse for a report's rows, within a span of its own.</summary>
    public static Task AskAsync(string report, Func<Task> ask) =>
        Telemetry.TraceAsync(
            $"report {report}",
            async span =>
            {
                span?.SetTag("report", report);
                var began = Stopwatch.GetTimestamp();
                var outcome = "failed";
                try
                {
                    await ask();
                    outcome = "answered";
                    return true;
                }
                finally
                {
                    Seconds.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, new("report", report), new("outcome", outcome));
                }
            }
        );
}
