using System.Globalization;
using Reports.Running;

namespace Reports.Rendering;

/// <summary>The age of data, as pages and mails say it.</summary>
/// <param name="Short">"3 hours ago", "never loaded".</param>
/// <param name="Long">The absolute time, or what it means.</param>
/// <param name="IsLoaded">Whether there is data at all.</param>
internal sealed record Age(string Short, string Long, bool IsLoaded);

/// <summary>Sentences that pages and mails share.</summary>
internal static class Words
{
    /// <summary>The days that a report looks at, told by its Date parameters <c>from</c> and <c>to</c> (exclusive); null: it has no such.</summary>
    public static string? PeriodOf(ReportRun run)
    {
        var from = DayOf(run, "from");
        var to = DayOf(run, "to");
        return (from, to) switch
        {
            ({ } first, { } end) when end > first => first.AddDays(1) == end ? CellText.Day(first) : $"{CellText.Day(first)} – {CellText.Day(end.AddDays(-1))}",
            ({ }, { }) => "no day: `to` isn't after `from`",
            ({ } first, null) => $"since {CellText.Day(first)}",
            (null, { } end) => $"up to {CellText.Day(end.AddDays(-1))}",
            _ => null,
        };
    }

    /// <summary>The day that a report's period ends before: its Date parameter <c>to</c>; null: it has none.</summary>
    public static DateOnly? EndOf(ReportRun run) => DayOf(run, "to");

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

    private static DateOnly? DayOf(ReportRun run, string name) =>
        run.Parameters.Where(p => p.Parameter.Name == name && p.Parameter.Type == "Date")
            .Select(p => (DateOnly?)DateOnly.ParseExact(p.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture)).FirstOrDefault();
}
