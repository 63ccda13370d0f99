using System.Globalization;
using System.Text.RegularExpressions;

namespace Reports.Definitions;

/// <summary>
/// Days of a time zone and the instants at which they begin; a day can have 23, 24 or 25 hours, or begin at another time than midnight.
/// </summary>
internal static partial class Days
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
    /// The day of a text such as 2026-01-31, today, or the first one of the present week (a Monday), month, quarter or year, each with
    /// how many are to be added: today-90, month-1, 2026-01-31+1; null: it is none, or not between 1970 and 2149, which ClickHouse's Date
    /// ends with.
    /// </summary>
    public static DateOnly? Read(string given, DateOnly today)
    {
        var text = Form().Match(given);
        if (!text.Success)
        {
            return null;
        }

        var count = text.Groups["count"] is { Success: true } more ? int.Parse(more.Value, CultureInfo.InvariantCulture) : 0;
        count = text.Groups["sign"].Value == "-" ? -count : count;
        try
        {
            return text.Groups["word"].Value switch
            {
                "today" => Within(today.AddDays(count)),
                "week" => Within(today.AddDays((7 * count) - (((int)today.DayOfWeek + 6) % 7))),
                "month" => Within(First(today, today.Month).AddMonths(count)),
                "quarter" => Within(First(today, ((today.Month - 1) / 3 * 3) + 1).AddMonths(3 * count)),
                "year" => Within(First(today, 1).AddYears(count)),
                _ => DateOnly.TryParseExact(
                    text.Groups["day"].ValueSpan,
                    "yyyy-MM-dd",
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.None,
                    out var day
                )
                    ? Within(day.AddDays(count))
                    : null,
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

    [GeneratedRegex(
        @"\A(?<word>today|week|month|quarter|year)?(?(word)|(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2}))( *(?<sign>[+-]) *(?<count>[0-9]{1,5}))?\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();
}
