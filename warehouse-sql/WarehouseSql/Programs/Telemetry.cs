using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace WarehouseSql.Programs;

/// <summary>Where the programs' metrics and traces begin. They cost next to nothing unless somebody listens.</summary>
public static class Telemetry
{
    /// <summary>The name of the meter and of the source of traces.</summary>
    public const string Name = "warehouse";

    /// <summary>Makes instruments.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>
    /// Begins spans. Whatever asks ClickHouse or PostgreSQL meanwhile is a part of them; ClickHouse is told the trace's id
    /// (<c>traceparent</c>), which it keeps in <c>system.opentelemetry_span_log</c>.
    /// </summary>
    public static ActivitySource Traces { get; } = new(Name);

    /// <summary>Does something within a span; a failure is noted in it.</summary>
    public static async Task<T> TraceAsync<T>(string name, Func<Activity?, Task<T>> work)
    {
        using var span = Traces.StartActivity(name);
        try
        {
            return await work(span);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }
}
