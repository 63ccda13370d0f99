using Quartz;

namespace Reports.Definitions;

/// <summary>Quartz's cron expressions and IANA time zones, as headers and digests hold them.</summary>
internal static class Schedules
{
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

    /// <summary>When an expression fires next in a zone; null: never again.</summary>
    /// <remarks>A fixed time that daylight-saving skips fires as soon as the clock has been put forward; one that comes twice fires once, at the first.</remarks>
    public static DateTimeOffset? Next(string cron, TimeZoneInfo zone, DateTimeOffset after) => new CronExpression(cron, zone).GetNextValidTimeAfter(after);

    /// <summary>When it last fired up to <paramref name="now"/>, within the last year; null: never.</summary>
    public static DateTimeOffset? Last(string cron, TimeZoneInfo zone, DateTimeOffset now)
    {
        // Quartz only looks forward: from a little back, or from further back where nothing is found.
        foreach (var hours in (int[])[1, 24, 8 * 24, 35 * 24, 400 * 24])
        {
            if (Due(cron, zone, now.AddHours(-hours), now).LastOrDefault() is { Ticks: > 0 } last)
            {
                return last;
            }
        }

        return null;
    }

    /// <summary>When it fired after the one instant and up to the other, in order.</summary>
    public static IEnumerable<DateTimeOffset> Due(string cron, TimeZoneInfo zone, DateTimeOffset after, DateTimeOffset upTo)
    {
        var expression = new CronExpression(cron, zone);
        for (var at = expression.GetNextValidTimeAfter(after); at is { } time && time <= upTo; at = expression.GetNextValidTimeAfter(time))
        {
            yield return time;
        }
    }

    /// <summary>The zone of an IANA name; null where there is none such.</summary>
    public static TimeZoneInfo? Zone(string name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;
}
