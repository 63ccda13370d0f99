namespace Collector.Fuel;

/// <summary>Instants and spans as microseconds, as finely as the source keeps them; instants count from 1970 (UTC).</summary>
internal static class Clock
{
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;

    /// <summary>For an installation that never leaves.</summary>
    public const long Never = long.MaxValue;

    public static long StartOf(DateOnly day) => (day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * Day;

    public static DateTime ToDateTime(long instant) => DateTime.UnixEpoch.AddTicks(instant * 10);

    public static bool IsWeekend(long instant) => ToDateTime(instant).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
}
