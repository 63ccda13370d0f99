using System.Globalization;
using System.Text.RegularExpressions;

namespace Reports.Definitions;

/// <summary>How a column's values are shown to people. CSV and JSON hold the values themselves.</summary>
public enum ColumnFormatKind
{
    /// <summary>As it is.</summary>
    Text,

    /// <summary>A whole number with thousands separators.</summary>
    Whole,

    /// <summary>A number with a fixed count of digits after the point.</summary>
    Fixed,

    /// <summary>A share (0.25) as 25 %.</summary>
    Percent,

    /// <summary>Seconds as a duration such as "1 h 12 min".</summary>
    Seconds,

    /// <summary>Hours as a duration.</summary>
    Hours,

    /// <summary>Bytes as KiB, MiB, GiB …</summary>
    Bytes,

    /// <summary>A day.</summary>
    Date,

    /// <summary>An instant, in UTC.</summary>
    DateTime,
}

/// <summary>A format of a header: its kind and, where it has them, its digits after the point.</summary>
public readonly partial record struct ColumnFormat(ColumnFormatKind Kind, int? Digits = null)
{
    /// <summary>Every format by the name that headers use.</summary>
    public static IReadOnlyDictionary<string, ColumnFormatKind> Names { get; } =
        new Dictionary<string, ColumnFormatKind>
        {
            ["integer"] = ColumnFormatKind.Whole,
            ["decimal"] = ColumnFormatKind.Fixed,
            ["percent"] = ColumnFormatKind.Percent,
            ["seconds"] = ColumnFormatKind.Seconds,
            ["hours"] = ColumnFormatKind.Hours,
            ["bytes"] = ColumnFormatKind.Bytes,
            ["date"] = ColumnFormatKind.Date,
            ["datetime"] = ColumnFormatKind.DateTime,
            ["text"] = ColumnFormatKind.Text,
        };

    /// <summary>Whether it is a change, which has its sign also where it is more.</summary>
    public bool IsChange { get; init; }

    /// <summary>Whether values are numbers, which stand at the right.</summary>
    public bool IsNumber =>
        Kind
            is ColumnFormatKind.Whole
                or ColumnFormatKind.Fixed
                or ColumnFormatKind.Percent
                or ColumnFormatKind.Seconds
                or ColumnFormatKind.Hours
                or ColumnFormatKind.Bytes;

    /// <summary>Reads <c>integer</c>, <c>decimal(2)</c> …; null where it is none.</summary>
    public static ColumnFormat? Parse(string text)
    {
        var match = Form().Match(text);
        if (!match.Success || !Names.TryGetValue(match.Groups["name"].Value, out var kind))
        {
            return null;
        }

        var digits = match.Groups["digits"];
        if (digits.Success && kind is not (ColumnFormatKind.Fixed or ColumnFormatKind.Percent))
        {
            return null;
        }

        return new ColumnFormat(kind, digits.Success ? int.Parse(digits.Value, CultureInfo.InvariantCulture) : null);
    }

    /// <summary>
    /// The format of a column that names none: by its ClickHouse type, and by the project's rule that <c>_s</c> are seconds.
    /// </summary>
    public static ColumnFormat Infer(string column, string type)
    {
        var plain = Wrapper().Replace(type, "").TrimEnd(')');
        if (plain.StartsWith("DateTime", StringComparison.Ordinal))
        {
            return new ColumnFormat(ColumnFormatKind.DateTime);
        }

        if (plain.StartsWith("Date", StringComparison.Ordinal))
        {
            return new ColumnFormat(ColumnFormatKind.Date);
        }

        var whole = plain.StartsWith("Int", StringComparison.Ordinal) || plain.StartsWith("UInt", StringComparison.Ordinal);
        if (!whole && !plain.StartsWith("Float", StringComparison.Ordinal) && !plain.StartsWith("Decimal", StringComparison.Ordinal))
        {
            return new ColumnFormat(ColumnFormatKind.Text);
        }

        return column.EndsWith("_s", StringComparison.Ordinal) ? new ColumnFormat(ColumnFormatKind.Seconds)
            : column.EndsWith("_bytes", StringComparison.Ordinal) ? new ColumnFormat(ColumnFormatKind.Bytes)
            : new ColumnFormat(whole ? ColumnFormatKind.Whole : ColumnFormatKind.Fixed);
    }

    [GeneratedRegex(@"^(?<name>[a-z]+)(\((?<digits>[0-6])\))?$")]
    private static partial Regex Form();

    [GeneratedRegex(@"^((LowCardinality|Nullable)\()+")]
    private static partial Regex Wrapper();
}
