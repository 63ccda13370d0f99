using System.Globalization;
using WarehouseSql.Definitions;
using WarehouseSql.Runs;

namespace SourceSql;

/// <summary>Extracts whose data are older than they should be.</summary>
internal static class LateExtracts
{
    // A load takes its time, and its scheduler may be restarted.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    /// <summary>Those of which two scheduled times have passed since the last load, and a while more; in words.</summary>
    public static IReadOnlyList<string> Of(
        IEnumerable<ExtractDefinition> extracts,
        IReadOnlyDictionary<string, ExtractRuns> runs,
        DateTimeOffset now
    ) =>
        [
            .. extracts
                // A system of which nothing was ever loaded isn't installed here.
                .GroupBy(e => e.SystemName)
                .Where(system => system.Any(e => runs.ContainsKey(e.Name)))
                .SelectMany(system => system)
                .Where(e => e.Schedule.Length > 0)
                .Select(e =>
                {
                    var schedule = new Schedule(e.Schedule, TimeZoneInfo.Utc);
                    return runs.GetValueOrDefault(e.Name)?.PublishedAt is not { } at ? $"{e.Name} was never loaded"
                        : schedule.Next(at) is { } due && schedule.Next(due) is { } second && second + Grace < now
                            ? string.Create(
                                CultureInfo.InvariantCulture,
                                $"{e.Name} was last loaded at {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
                            )
                        : "";
                })
                .Where(l => l.Length > 0),
        ];
}
