using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Reports.Tests;

/// <summary>
/// Values of test files: read strictly by type, compared with what an engine answered, and shown so that a difference can be seen.
/// </summary>
internal static class ReportTestValue
{
    private const double Tolerance = 1e-9;

    private static readonly string[] InstantForms =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd HH:mm",
        "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd HH:mm:ss.FFFFFF",
        "yyyy-MM-ddTHH:mm:ss.FFFFFF",
        "yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'",
    ];

    /// <summary>Reads a value for a column of that type; false where it isn't of the type.</summary>
    public static bool TryRead(YamlNode node, SchemaColumnType type, out object? value)
    {
        value = null;
        if (node is YamlSequenceNode list)
        {
            return TryReadList(list, type, out value);
        }

        if (node is not YamlScalarNode { Value: { } text } scalar)
        {
            return false;
        }

        if (IsNull(scalar))
        {
            return type.IsNullable;
        }

        var plain = scalar.Style == ScalarStyle.Plain;
        value = type.Kind switch
        {
            SchemaKind.Text => text,
            SchemaKind.Boolean when plain => text switch
            {
                "true" => true,
                "false" => false,
                _ => null,
            },
            SchemaKind.Whole when plain => Whole(text) is { } whole && whole >= type.Range.Lowest && whole <= type.Range.Highest
                ? whole
                : null,
            SchemaKind.Number when plain => Number(text),
            SchemaKind.Decimal when plain => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : null,
            SchemaKind.Day => Day(text),
            SchemaKind.Instant => Instant(text),
            SchemaKind.Uuid => Guid.TryParseExact(text, "D", out var id) ? id.ToString() : null,
            _ => null,
        };
        return value is not null;
    }

    /// <summary>Whether the value <paramref name="actual"/> of an engine is what the file expects.</summary>
    public static bool Matches(YamlNode expected, object? actual)
    {
        if (actual is List<object?> items)
        {
            return expected is YamlSequenceNode list
                && list.Children.Count == items.Count
                && list.Zip(items).All(p => Matches(p.First, p.Second));
        }

        if (expected is not YamlScalarNode { Value: { } text } scalar)
        {
            return false;
        }

        if (actual is null || IsNull(scalar))
        {
            return actual is null && IsNull(scalar);
        }

        var plain = scalar.Style == ScalarStyle.Plain;
        return actual switch
        {
            string value => value == text,
            bool value => plain && text == (value ? "true" : "false"),
            Int128 value => plain && (Whole(text) is { } whole ? whole == value : Number(text) is { } number && number == (double)value),
            double value => plain && Number(text) is { } number && Near(number, value),
            decimal value => plain
                && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number == value,
            DateOnly value => Day(text) == value,
            DateTime value => Instant(text) == value,
            _ => false,
        };
    }

    /// <summary>An engine's value as a test file writes it; texts are quoted where they would read as something else.</summary>
    public static string Show(object? value) =>
        value switch
        {
            null => "null",
            bool flag => flag ? "true" : "false",
            string text => Quote(text),
            double number => ShowNumber(number),
            DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            DateTime instant => instant.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            List<object?> items => $"[{string.Join(", ", items.Select(Show))}]",
            _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        };

    /// <summary>A value of a test file on one line, as it stands there.</summary>
    public static string Show(YamlNode node) =>
        node switch
        {
            YamlScalarNode { Style: ScalarStyle.Plain } scalar => IsNull(scalar) ? "null" : scalar.Value!,
            YamlScalarNode scalar => $"'{scalar.Value}'",
            YamlSequenceNode list => $"[{string.Join(", ", list.Select(Show))}]",
            YamlMappingNode row => $"{{{string.Join(", ", row.Children.Select(c => $"{c.Key}: {Show(c.Value)}"))}}}",
            _ => node.ToString(),
        };

    /// <summary>What kind of value it is, in a word.</summary>
    public static string KindOf(object? value) =>
        value switch
        {
            null => "NULL",
            bool => "boolean",
            string => "text",
            Int128 => "whole number",
            double or decimal => "number",
            DateOnly => "day",
            DateTime => "instant",
            _ => "list",
        };

    /// <summary>The kind of value that a test file's text means by itself.</summary>
    public static string KindOf(YamlNode node) =>
        node switch
        {
            YamlScalarNode scalar when IsNull(scalar) => "NULL",
            YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text } => text is "true" or "false" ? "boolean"
            : Whole(text) is not null ? "whole number"
            : Number(text) is not null ? "number"
            : Day(text) is not null ? "day"
            : Instant(text) is not null ? "instant"
            : "text",
            YamlSequenceNode => "list",
            _ => "text",
        };

    /// <summary>What values a column of that type takes, for messages.</summary>
    public static string Expected(SchemaColumnType type) =>
        type.Kind switch
        {
            SchemaKind.Text => "a text",
            SchemaKind.Boolean => "true or false",
            SchemaKind.Whole => $"a whole number from {type.Range.Lowest} to {type.Range.Highest}",
            SchemaKind.Number or SchemaKind.Decimal => "a number",
            SchemaKind.Day => "a day such as 2026-01-31",
            SchemaKind.Instant => "an instant in UTC such as 2026-01-31 23:59:59",
            SchemaKind.Uuid => "a UUID",
            _ => "a list [a, b]",
        } + (type.IsNullable ? " or null" : "");

    /// <summary>The instant of a text in UTC; null where it is none.</summary>
    public static DateTime? Instant(string text) =>
        DateTime.TryParseExact(
            text,
            InstantForms,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var instant
        )
            ? instant
            : null;

    /// <summary>The day of a text; null where it is none.</summary>
    public static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static bool TryReadList(YamlSequenceNode list, SchemaColumnType type, out object? value)
    {
        var items = new List<object?>();
        value = items;
        foreach (var node in list)
        {
            if (type.Element is null || !TryRead(node, type.Element, out var item))
            {
                return false;
            }

            items.Add(item);
        }

        return type.Kind == SchemaKind.List;
    }

    private static bool IsNull(YamlScalarNode scalar) => scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or null;

    private static Int128? Whole(string text) =>
        Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;

    // The last three are YAML's own spellings.
    private static double? Number(string text) =>
        text switch
        {
            ".nan" => double.NaN,
            ".inf" => double.PositiveInfinity,
            "-.inf" => double.NegativeInfinity,
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? number
                : null,
        };

    private static bool Near(double a, double b) => a.Equals(b) || Math.Abs(a - b) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    private static string ShowNumber(double number) =>
        double.IsNaN(number) ? ".nan"
        : double.IsInfinity(number) ? (number > 0 ? ".inf" : "-.inf")
        : number.ToString("R", CultureInfo.InvariantCulture);

    private static string Quote(string text)
    {
        var bare =
            text.Length > 0
            && text.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '+' or '/' or ' ')
            && char.IsLetter(text[0])
            && text[^1] != ' '
            && text is not ("true" or "false" or "null" or "yes" or "no");
        return bare ? text
            : text.Any(char.IsControl) ? JsonSerializer.Serialize(text)
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }
}
