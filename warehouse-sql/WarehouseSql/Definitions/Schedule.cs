using Quartz;

namespace WarehouseSql.Definitions;

/// <summary>When something is due.</summary>
/// <param name="Cron">A Quartz cron expression; empty: never.</param>
/// <param name="Zone">The zone that it is meant in.</param>
public sealed record Schedule(string Cron, TimeZoneInfo Zone)
{
    /// <summary>What has no schedule.</summary>
    public static Schedule Never { get; } = new("", TimeZoneInfo.Utc);

    /// <summary>The expression and the zone's IANA name.</summary>
    public override string ToString() => $"{Cron} {Zone.Id}";

    /// <summary>What is wrong with a cron expression, in words; null where nothing is.</summary>
    public static string? FaultOf(string cron)
    {
        try
        {
            CronExpression.Parse(cron);
            return null;
        }
        catch (FormatException e)
        {
            return $"expected a Quartz cron expression such as '0 0 7 ? * MON' (second minute hour day month weekday); found '{cron}': {e.Message.ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>When it is due next; null: never again.</summary>
    /// <remarks>
    /// A fixed time that daylight-saving skips fires as soon as the clock has been put forward; one that comes twice fires once, at the
    /// first.
    /// </remarks>
    public DateTimeOffset? Next(DateTimeOffset after) =>
        Cron.Length == 0 ? null : new CronExpression(Cron, Zone).GetNextValidTimeAfter(after);

    /// <summary>When it was last due up to <paramref name="now"/>, within the last year; null: never.</summary>
    public DateTimeOffset? Last(DateTimeOffset now)
    {
        // Quartz only looks forward: from a little back, or from further back where nothing is found.
        foreach (var hours in (int[])[1, 24, 8 * 24, 35 * 24, 400 * 24])
        {
            if (Due(now.AddHours(-hours), now).LastOrDefault() is { Ticks: > 0 } last)
            {
                return last;
            }
        }

        return null;
    }

    /// <summary>When it was due after the one instant and up to the other, in order.</summary>
    public IEnumerable<DateTimeOffset> Due(DateTimeOffset after, DateTimeOffset upTo)
    {
        for (var at = Next(after); at is { } time && time <= upTo; at = Next(time))
        {
            yield return time;
        }
    }

    /// <summary>The zone of an IANA name; null where there is none such.</summary>
    public static TimeZoneInfo? ZoneOf(string name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;
}
