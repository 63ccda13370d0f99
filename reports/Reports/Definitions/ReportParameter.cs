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

    /// <summary>What a value of this type looks like, for messages and forms.</summary>
    public string Expected => Type switch
    {
        "Date" => "a day such as 2026-01-31, today or today-90",
        "Int32" or "Int64" or "UInt32" => $"a whole number ({Type})",
        "Float64" => "a number such as 1.5",
        "Bool" => "true or false",
        "Array(Int32)" => "whole numbers with commas between them, such as 1,2,3",
        "Array(String)" => "texts with commas between them, such as a,b",
        _ => "a text",
    };

    /// <summary>
    /// <paramref name="given"/> as a person reads it, with relative days made absolute (UTC), true and false in one spelling;
    /// null where it isn't of this parameter's type.
    /// </summary>
    public string? Resolve(string given, TimeProvider time) => Type switch
    {
        "String" => given,
        "Date" => ResolveDay(given.Trim(), time),
        "Bool" => given.Trim().ToLowerInvariant() switch { "true" or "1" or "yes" => "true", "false" or "0" or "no" => "false", _ => null },
        "Float64" => double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number.ToString("R", CultureInfo.InvariantCulture)
            : null,
        "Array(String)" => string.Join(',', Items(given)),
        "Array(Int32)" => Items(given).Select(i => ResolveWhole(i, "Int32")).ToList() is var items && items.Contains(null) ? null : string.Join(',', items),
        _ => ResolveWhole(given, Type),
    };

    /// <summary>A value that <see cref="Resolve"/> returned, as ClickHouse reads it: arrays in brackets, their texts quoted.</summary>
    public string ToClickHouse(string resolved) => Type switch
    {
        "Array(String)" => $"[{string.Join(',', Items(resolved).Select(SqlText.Quote))}]",
        "Array(Int32)" => $"[{resolved}]",
        _ => resolved,
    };

    private static string[] Items(string given) =>
        given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? ResolveWhole(string given, string type)
    {
        if (!long.TryParse(given, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number))
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

    private static string? ResolveDay(string given, TimeProvider time)
    {
        const string today = "today";
        if (given.StartsWith(today, StringComparison.Ordinal))
        {
            var offset = given[today.Length..].Replace(" ", "", StringComparison.Ordinal);
            var days = 0;
            if (offset.Length > 0 && (offset[0] is not ('+' or '-') || !int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out days) || Math.Abs((long)days) > 36_500))
            {
                return null;
            }

            return Day(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(days));
        }

        // ClickHouse's Date begins in 1970 and ends in 2149.
        return DateOnly.TryParseExact(given, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day >= new DateOnly(1970, 1, 1) && day <= new DateOnly(2149, 6, 6)
            ? Day(day)
            : null;
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
