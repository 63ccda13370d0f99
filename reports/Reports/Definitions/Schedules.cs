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

    /// <summary>The zone of an IANA name; null where there is none such.</summary>
    public static TimeZoneInfo? Zone(string name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;
}
