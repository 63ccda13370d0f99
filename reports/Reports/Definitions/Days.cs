using System.Globalization;

namespace Reports.Definitions;

/// <summary>
/// Days of a time zone and the instants at which they begin; a day can have 23, 24 or 25 hours, or begin at another time than midnight.
/// </summary>
internal static class Days
{
    /// <summary>The day of an instant, as the zone counts it.</summary>
    public static DateOnly Of(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    /// <summary>The first instant of a day.</summary>
    public static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone)
    {
        // A midnight that was skipped is the first time after it; one that came twice is the earlier.
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>
    /// The day of a text such as 2026-01-31, today-90 or month-1 (the first day of last month; weeks begin on Mondays); null: it is none, or
    /// not between 1970 and 2149, which ClickHouse's Date ends with.
    /// </summary>
    public static DateOnly? Read(string given, DateOnly today)
    {
        var word = given.TrimEnd("0123456789+- ".ToCharArray());
        if (word.Length == 0)
        {
            return DateOnly.TryParseExact(given, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                ? Within(day)
                : null;
        }

        var offset = given[word.Length..].Replace(" ", "", StringComparison.Ordinal);
        var count = 0;
        if (
            offset.Length > 0
            && (
                offset[0] is not ('+' or '-')
                || !int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out count)
                || Math.Abs((long)count) > 36_500
            )
        )
        {
            return null;
        }

        try
        {
            return word switch
            {
                "today" => Within(today.AddDays(count)),
                "week" => Within(today.AddDays(7 * count - ((int)today.DayOfWeek + 6) % 7)),
                "month" => Within(First(today, today.Month).AddMonths(count)),
                "quarter" => Within(First(today, (today.Month - 1) / 3 * 3 + 1).AddMonths(3 * count)),
                "year" => Within(First(today, 1).AddYears(count)),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }

        static DateOnly First(DateOnly day, int month) => new(day.Year, month, 1);
        static DateOnly? Within(DateOnly day) => day >= new DateOnly(1970, 1, 1) && day <= new DateOnly(2149, 6, 6) ? day : null;
    }

    /// <summary>A day as texts have it.</summary>
    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
