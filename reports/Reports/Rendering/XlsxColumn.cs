using System.Globalization;
using System.Text;
using System.Text.Json;
using Reports.Definitions;
using Reports.Values;
using SpreadCheetah;

namespace Reports.Rendering;

/// <summary>A column of a workbook: makes cells of its values, which come as JSON.</summary>
internal sealed class XlsxColumn(ShownColumn shown, string type)
{
    /// <summary>The values by which its width is chosen.</summary>
    public const int Sample = 100;

    // Excel shows 15 digits of a number, and loses the rest when someone edits it.
    private const int MostDigits = 15;
    private const int MostWidth = 60;

    // Days are counted from here, as if 1900 had been a leap year; so they are right from its March on.
    private static readonly DateTime Epoch = new(1899, 12, 30);
    private static readonly DateTime FirstDay = new(1900, 3, 1);

    private readonly ColumnFormatKind kind = ColumnFormat.Infer("", type).Kind;
    private readonly bool isShownAsTime = IsTime(shown.Format.Kind);
    private readonly bool isFloat = type.Contains("Float", StringComparison.Ordinal);
    private int widest;
    private int measured;

    /// <summary>Its heading.</summary>
    public string Heading { get; } =
        shown.Title
        + (shown.Format.Kind == ColumnFormatKind.DateTime && !shown.Title.Contains("UTC", StringComparison.Ordinal) ? " (UTC)" : "");

    /// <summary>How its cells show their values: what the report's header says counts where it fits the type.</summary>
    public ColumnFormat Format =>
        kind switch
        {
            ColumnFormatKind.Text => new ColumnFormat(kind),
            _ when IsTime(kind) => isShownAsTime ? shown.Format : new ColumnFormat(kind),
            _ => isShownAsTime ? new ColumnFormat(ColumnFormatKind.Text) : shown.Format,
        };

    /// <summary>Its width in characters, by the values so far; beside the heading stands the button of its filter.</summary>
    public int Width => Math.Min(Math.Max(Heading.Length + 4, widest + 2), MostWidth);

    /// <summary>The texts so far that were too long for a cell and were cut there.</summary>
    public long CutTexts { get; private set; }

    /// <summary>The value on which the reader stands, as a cell; NULL makes an empty one.</summary>
    public DataCell Read(ref Utf8JsonReader json)
    {
        if (measured++ < Sample)
        {
            var value = json;
            widest = Math.Max(widest, CellText.Of(JsonElement.ParseValue(ref value), shown.Format)?.Length ?? 0);
        }

        return json.TokenType switch
        {
            JsonTokenType.Null => default,
            JsonTokenType.True or JsonTokenType.False => new DataCell(json.GetBoolean()),
            JsonTokenType.String when IsTime(kind) && json.TryGetDateTime(out var at) && at >= FirstDay => new DataCell(
                (at - Epoch).TotalDays
            ),
            // Big numbers (Int128 …) come as texts.
            JsonTokenType.Number => Number(json.ValueSpan),
            JsonTokenType.String when kind is ColumnFormatKind.Whole or ColumnFormatKind.Fixed => Number(json.ValueSpan),
            JsonTokenType.String => Text(json.GetString()!),
            _ => Text(CellText.Of(JsonElement.ParseValue(ref json), shown.Format)!),
        };
    }

    // A number of more digits than Excel keeps is a text, whole, rather than a number that isn't the one; so are nan and inf.
    private DataCell Number(ReadOnlySpan<byte> number) =>
        (isFloat || Digits(number) <= MostDigits)
        && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && double.IsFinite(value)
            ? new DataCell(value == 0 ? 0 : value) // Not -0.
            : new DataCell(Encoding.UTF8.GetString(number));

    // The digits from the first to the last that isn't 0.
    private static int Digits(ReadOnlySpan<byte> number)
    {
        var digits = number.Trim("-.0"u8);
        return digits.Length - (digits.Contains((byte)'.') ? 1 : 0);
    }

    private static bool IsTime(ColumnFormatKind kind) => kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime;

    private DataCell Text(string text)
    {
        CutTexts += text.Length > XlsxText.MostCharacters ? 1 : 0;
        return new DataCell(XlsxText.OfCell(text));
    }
}
