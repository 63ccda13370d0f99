using Reports.Definitions;
using Reports.Running;
using Reports.Values;

namespace Reports.Rendering;

/// <summary>The age of data, as pages and mails say it.</summary>
/// <param name="Short">"3 hours ago", "never loaded".</param>
/// <param name="Long">The absolute time, or what it means.</param>
/// <param name="IsLoaded">Whether there is data at all.</param>
internal sealed record Age(string Short, string Long, bool IsLoaded);

/// <summary>Sentences that pages and mails share.</summary>
internal static class Sentences
{
    /// <summary>
    /// The days that a report looks at, told by its Date parameters <c>from</c> and <c>to</c> (exclusive); null: it has no such.
    /// </summary>
    /// <param name="zone">
    /// The zone of who reads it; null: UTC. Where it or the days' own is another, the words say whose days these are.
    /// </param>
    public static string? PeriodOf(ReportRun run, TimeZoneInfo? zone = null)
    {
        var (from, to) = (BoundOf(run, "from"), BoundOf(run, "to"));
        var days = (from ?? to)?.Zone ?? TimeZoneInfo.Utc;
        var whose = days.Id == "UTC" && zone is null or { Id: "UTC" } ? "" : $" (days of {days.Id})";
        return (from, to) switch
        {
            ({ } first, { } end) when end.Day > first.Day => Span(first.Day, end.Day)
                + whose
                + (run.Report.Comparison is { } earlier ? $", before: {Span(earlier.From, earlier.To)} ({earlier.Distance} earlier)" : ""),
            ({ }, { }) => "no day: `to` isn't after `from`",
            ({ } first, null) => $"since {CellText.Day(first.Day)}{whose}",
            (null, { } end) => $"up to {CellText.Day(end.Day.AddDays(-1))}{whose}",
            _ => null,
        };
    }

    private static string Span(DateOnly first, DateOnly end) =>
        first.AddDays(1) == end ? CellText.Day(first) : $"{CellText.Day(first)} – {CellText.Day(end.AddDays(-1))}";

    /// <summary>The instant that a report's period ends before: its Date parameter <c>to</c>; null: it has none.</summary>
    public static DateTimeOffset? EndOf(ReportRun run) => BoundOf(run, "to") is { } end ? Days.Begin(end.Day, end.Zone) : null;

    /// <summary>How old the data is that a report reads.</summary>
    public static Age AgeOf(Freshness freshness, DateTimeOffset now)
    {
        var missing = freshness.Never.Count > 0 ? $"never loaded: {string.Join(", ", freshness.Never)}" : "";
        return freshness switch
        {
            { Facts.Count: 0 } => new Age("reads no loaded data", "", true),
            { At: null } => new Age("never loaded", string.Join(", ", freshness.Never), false),
            { At: { } at } => new Age(CellText.Ago(now - at), CellText.Instant(at) + (missing.Length > 0 ? $"; {missing}" : ""), true),
        };
    }

    // Where the facts have days and not instants, these are UTC's.
    private static (DateOnly Day, TimeZoneInfo Zone)? BoundOf(ReportRun run, string name) =>
        run
            .Parameters.Where(p => p.Parameter.Name == name && p.Parameter.Type == "Date")
            .Select(p =>
                ((DateOnly, TimeZoneInfo)?)
                    (Days.Read(p.Value, default)!.Value, p.Parameter.IsInstant ? ReportDefinition.ZoneOf(run.Parameters) : TimeZoneInfo.Utc)
            )
            .FirstOrDefault();
}
