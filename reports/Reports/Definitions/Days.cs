using System.Globalization;

namespace Reports.Definitions;

/// <summary>Days of a time zone and the instants at which they begin; a day can have 23, 24 or 25 hours, or begin at another time than midnight.</summary>
internal static class Days
{
    private static readonly string[] s_local = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
    private static readonly string[] s_offset = ["yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"];

    /// <summary>The day of an instant, as the zone counts it.</summary>
    public static DateOnly Of(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    /// <summary>The first instant of a day.</summary>
    public static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone) => At(day.ToDateTime(TimeOnly.MinValue), zone);

    /// <summary>The day of a text such as 2026-01-31, today or today-90; null: it is none, or not between 1970 and 2149, which ClickHouse's Date ends with.</summary>
    public static DateOnly? Read(string given, DateOnly today)
    {
        const string word = "today";
        if (given.StartsWith(word, StringComparison.Ordinal))
        {
            var offset = given[word.Length..].Replace(" ", "", StringComparison.Ordinal);
            var days = 0;
            return offset.Length > 0 && (offset[0] is not ('+' or '-') || !int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out days) || Math.Abs((long)days) > 36_500)
                ? null
                : today.AddDays(days);
        }

        return DateOnly.TryParseExact(given, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day >= new DateOnly(1970, 1, 1) && day <= new DateOnly(2149, 6, 6)
            ? day
            : null;
    }

    /// <summary>The instant of a text: a day's beginning in the zone, or a time of it, as 2026-01-31 07:30, or with the offset, as 2026-01-31T07:30:00Z; null: it is none that ClickHouse's DateTime holds.</summary>
    public static DateTimeOffset? ReadInstant(string given, DateOnly today, TimeZoneInfo zone)
    {
        // A zone east of Greenwich was in 1970 already when seconds began to be counted.
        DateTimeOffset? at = Read(given, today) is { } day ? Begin(day, zone) is var begin && begin > DateTimeOffset.UnixEpoch ? begin : DateTimeOffset.UnixEpoch
            : DateTime.TryParseExact(given, s_local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? At(local, zone)
            : DateTimeOffset.TryParseExact(given, s_offset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant) ? instant.ToUniversalTime()
            : null;
        // Its 32 bits count seconds since 1970.
        return at?.ToUnixTimeSeconds() is >= 0 and <= uint.MaxValue ? at : null;
    }

    /// <summary>As people read it, and as <see cref="ReadInstant"/> reads it again: the day that begins then in the zone, else the time in UTC.</summary>
    public static string Text(DateTimeOffset at, TimeZoneInfo zone) => Of(at, zone) is var day && Begin(day, zone) == at ? Text(day) : at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A day as texts have it.</summary>
    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // A time that was skipped is the first one after it; one that came twice is the earlier.
    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
