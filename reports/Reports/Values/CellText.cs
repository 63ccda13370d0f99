using System.Globalization;
using System.Text.Json;
using Reports.Definitions;

namespace Reports.Values;

/// <summary>Values as people read them: in pages and mails, never in CSV or JSON.</summary>
internal static class CellText
{
    private const char Space = '\u00a0';
    private const string Minus = "\u2212";

    /// <summary>A value in its column's format; null for NULL.</summary>
    public static string? Of(JsonElement value, ColumnFormat format) =>
        value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(i => Of(i, format) ?? "–")),
            JsonValueKind.Number when format.Kind is ColumnFormatKind.Whole && value.TryGetDecimal(out var whole) => Signed(
                whole <= -0.5m,
                Math.Abs(whole).ToString("N0", CultureInfo.InvariantCulture)
            ),
            JsonValueKind.Number when format.IsNumber => OfNumber(value.GetDouble(), format),
            JsonValueKind.String => OfText(value.GetString()!, format.Kind),
            _ => value.GetRawText(),
        };

    /// <summary>A number in a format.</summary>
    public static string OfNumber(double value, ColumnFormat format)
    {
        var size = Math.Abs(value);
        var text = format.Kind switch
        {
            ColumnFormatKind.Whole => Fixed(size, 0),
            ColumnFormatKind.Percent => Fixed(size * 100, format.Digits ?? 1) + "%",
            ColumnFormatKind.Seconds => Duration(size),
            ColumnFormatKind.Hours => Duration(size * 3600),
            ColumnFormatKind.Bytes => Bytes(size),
            _ => Fixed(size, format.Digits ?? 2),
        };
        // What rounds to nothing has no sign.
        var isSomething = text.AsSpan().ContainsAnyInRange('1', '9');
        return (format.IsChange && isSomething && value > 0 ? "+" : "") + Signed(isSomething && value < 0, text);
    }

    /// <summary>A number on an axis or in a narrow place: 950, 1.2k, 3M; durations, shares and bytes in their own units.</summary>
    public static string Short(double value, ColumnFormat format)
    {
        if (format.Kind is not (ColumnFormatKind.Whole or ColumnFormatKind.Fixed))
        {
            return OfNumber(
                value,
                format with
                {
                    Digits = format.Kind == ColumnFormatKind.Percent && Math.Abs(value) >= 0.1 ? 0 : format.Digits,
                }
            );
        }

        var (size, unit) = Math.Abs(value) switch
        {
            >= 1e12 => (Math.Abs(value) / 1e12, "T"),
            >= 1e9 => (Math.Abs(value) / 1e9, "G"),
            >= 1e6 => (Math.Abs(value) / 1e6, "M"),
            >= 1e4 => (Math.Abs(value) / 1e3, "k"),
            _ => (Math.Abs(value), ""),
        };
        return Signed(value < 0, size.ToString(size >= 1000 ? "#,0" : "0.##", CultureInfo.InvariantCulture) + unit);
    }

    /// <summary>How long ago that was: "3 hours ago".</summary>
    public static string Ago(TimeSpan age)
    {
        var (number, unit) = age switch
        {
            { TotalSeconds: < 90 } => (0, ""),
            { TotalMinutes: < 90 } => ((int)Math.Round(age.TotalMinutes), "minute"),
            { TotalHours: < 36 } => ((int)Math.Round(age.TotalHours), "hour"),
            { TotalDays: < 60 } => ((int)Math.Round(age.TotalDays), "day"),
            _ => ((int)Math.Round(age.TotalDays / 30.44), "month"),
        };
        return unit.Length == 0 ? "just now" : $"{number} {unit}{(number == 1 ? "" : "s")} ago";
    }

    /// <summary>An instant in UTC, to the minute.</summary>
    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A day as in "5 January 2026".</summary>
    public static string Day(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>"1 row", "12 rows".</summary>
    public static string Count(long number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {what}{(number == 1 ? "" : "s")}");

    private static string OfText(string text, ColumnFormatKind kind)
    {
        if (
            kind == ColumnFormatKind.DateTime
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
        )
        {
            return at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        }

        return kind == ColumnFormatKind.Date && text.Length > 10 ? text[..10] : text;
    }

    private static string Duration(double seconds)
    {
        if (seconds < 9.95)
        {
            return seconds.ToString(seconds is > 0 and < 0.1 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + Space + "s";
        }

        var whole = Math.Round(seconds);
        var minutes = Math.Round(seconds / 60);
        var hours = Math.Round(seconds / 3600);
        return whole < 60 ? $"{whole:0}{Space}s"
            : whole < 3600 ? Two(whole, 60, "min", "s")
            : minutes < 48 * 60 ? Two(minutes, 60, "h", "min")
            : hours < 24 * 1000 ? Two(hours, 24, "d", "h")
            : $"{Fixed(hours / 24, 0)}{Space}d";
    }

    private static string Two(double number, int size, string big, string small)
    {
        var rest = number % size;
        var first = string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number / size):0}{Space}{big}");
        return rest == 0 ? first : string.Create(CultureInfo.InvariantCulture, $"{first}{Space}{rest:0}{Space}{small}");
    }

    private static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        var unit = 0;
        // What would be shown as 1024.0 goes up one unit.
        while (bytes >= 1023.95 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return Fixed(bytes, unit == 0 || bytes == Math.Floor(bytes) ? 0 : 1) + Space + units[unit];
    }

    private static string Fixed(double value, int digits) =>
        value.ToString("N" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Signed(bool isNegative, string text) => isNegative ? Minus + text : text;
}
