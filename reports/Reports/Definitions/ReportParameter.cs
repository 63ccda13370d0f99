using System.Globalization;
using WarehouseSql.Definitions;

namespace Reports.Definitions;

/// <summary>A parameter of a report: a <c>{name:Type}</c> of its SQL, bound by the server and never pasted into the statement.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its ClickHouse type, one of <see cref="Types"/>.</param>
/// <param name="Default">The text that counts where none is given.</param>
/// <param name="Is">Its meaning, in words.</param>
/// <param name="Values">A SELECT of the values that there are, against which one that is given is checked; null: any will do.</param>
public sealed record ReportParameter(string Name, string Type, string Default, string Is, string? Values = null)
{
    /// <summary>The types that a parameter can have.</summary>
    public static IReadOnlyList<string> Types { get; } =
    ["String", "Date", "Int32", "Int64", "UInt32", "Float64", "Bool", "Array(String)", "Array(Int32)"];

    /// <summary>The type by which SQL uses a day as the instant at which it begins.</summary>
    public const string Instant = "DateTime('UTC')";

    /// <summary>What a report has besides whose days are instants to its SQL: the zone that they are of, an IANA name.</summary>
    public static ReportParameter Zone { get; } = new("zone", "String", "UTC", "the time zone whose days these are");

    /// <summary>The value of <see cref="Compare"/> that means the time right before the period, of its length.</summary>
    public const string PeriodBefore = "previous";

    /// <summary>The value of <see cref="Compare"/> that means the same time a year before.</summary>
    public const string YearBefore = "year";

    /// <summary>What each report of a period has besides: the earlier one that its figures are compared with.</summary>
    public static ReportParameter Compare { get; } =
        new("compare", "String", "", "previous or year: with which earlier period figures are compared; empty means none");

    /// <summary>
    /// A SELECT of values that forms suggest, any other being taken too; it may use the report's other parameters, so that the projects are
    /// those of the institution that is chosen. Null: none are.
    /// </summary>
    public string? Suggest { get; init; }

    /// <summary>
    /// Whether its day is the instant to the SQL at which it begins in whose zone it is asked: <c>{name:DateTime('UTC')}</c>.
    /// </summary>
    public bool IsInstant { get; init; }

    /// <summary>What a value of this type looks like, for messages and forms.</summary>
    public string Expected =>
        Type switch
        {
            _ when this == Zone => "a time zone such as UTC or Europe/Berlin",
            _ when this == Compare => $"{PeriodBefore}, {YearBefore} or nothing",
            "Date" => "a day such as 2026-01-31, today-90 or month-1 (last month's first)",
            "Int32" or "Int64" or "UInt32" => $"a whole number ({Type})",
            "Float64" => "a number such as 1.5",
            "Bool" => "true or false",
            "Array(Int32)" => "whole numbers with commas between them, such as 1,2,3",
            "Array(String)" => "texts with commas between them, such as a,b",
            _ => "a text",
        };

    /// <summary>
    /// <paramref name="given"/> as a person reads it, with relative days made absolute, true and false in one spelling;
    /// null where it isn't of this parameter's type.
    /// </summary>
    /// <param name="zone">Whose days are meant; null: UTC's.</param>
    public string? Resolve(string given, TimeProvider time, TimeZoneInfo? zone = null) =>
        Type switch
        {
            _ when this == Zone => Schedule.ZoneOf(given.Trim()) is null ? null : given.Trim(),
            _ when this == Compare => given is "" or PeriodBefore or YearBefore ? given : null,
            "String" => given,
            "Date" => Days.Read(given.Trim(), Days.Of(time.GetUtcNow(), zone ?? TimeZoneInfo.Utc)) is { } day ? Days.Text(day) : null,
            "Bool" => given.Trim().ToLowerInvariant() switch
            {
                "true" or "1" or "yes" => "true",
                "false" or "0" or "no" => "false",
                _ => null,
            },
            "Float64" => double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? number.ToString("R", CultureInfo.InvariantCulture)
                : null,
            "Array(String)" => string.Join(',', Items(given)),
            "Array(Int32)" => Items(given).Select(i => ResolveWhole(i, "Int32")).ToList() is var items && items.Contains(null)
                ? null
                : string.Join(',', items),
            _ => ResolveWhole(given, Type),
        };

    /// <summary>
    /// A value that <see cref="Resolve"/> returned for the same zone, as ClickHouse reads it: arrays in brackets, their texts quoted,
    /// instants in UTC.
    /// </summary>
    public string ToClickHouse(string resolved, TimeZoneInfo? zone = null) =>
        Type switch
        {
            "Date" when IsInstant => Begin(Days.Begin(Days.Read(resolved, default)!.Value, zone ?? TimeZoneInfo.Utc)),
            "Array(String)" => $"[{string.Join(',', Items(resolved).Select(SqlText.Quote))}]",
            "Array(Int32)" => $"[{resolved}]",
            _ => resolved,
        };

    private static string[] Items(string given) => given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? ResolveWhole(string given, string type)
    {
        if (
            !long.TryParse(
                given,
                NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture,
                out var number
            )
        )
        {
            return null;
        }

        var (lowest, highest) = type switch
        {
            "Int32" => (int.MinValue, int.MaxValue),
            "UInt32" => (0, uint.MaxValue),
            _ => (long.MinValue, long.MaxValue),
        };
        return number < lowest || number > highest ? null : number.ToString(CultureInfo.InvariantCulture);
    }

    // ClickHouse's DateTime counts seconds since 1970 in 32 bits; a zone east of Greenwich was in 1970 already when that began.
    private static string Begin(DateTimeOffset at) =>
        DateTimeOffset
            .FromUnixTimeSeconds(Math.Clamp(at.ToUnixTimeSeconds(), 0, uint.MaxValue))
            .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
