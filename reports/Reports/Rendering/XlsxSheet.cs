using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Reports.Rendering;

/// <summary>Writes one sheet of a workbook, cell by cell, through OpenXml's streaming writer.</summary>
internal sealed partial class XlsxSheet
{
    /// <summary>The characters that a cell can hold.</summary>
    public const int MostCharacters = 32_767;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    // One of each, written again and again: an object for each of a million cells is what makes this writer slow.
    private static readonly (Row Row, Cell Cell, CellValue Value, InlineString Inline, Text Text) Tag = (new(), new(), new(), new(), new());
    private static readonly List<OpenXmlAttribute> None = [];
    private static readonly List<OpenXmlAttribute> KeepBlanks = [new("xml:space", "http://www.w3.org/XML/1998/namespace", "preserve")];

    private readonly Stream part;
    private readonly OpenXmlWriter writer;
    private readonly List<OpenXmlAttribute> attributes = [];
    private readonly string[] letters;
    private string number = "";

    /// <summary>Begins the sheet.</summary>
    /// <param name="part">Where it is written; ended with the sheet.</param>
    /// <param name="widths">The columns' widths in characters.</param>
    /// <param name="hasHead">Whether its first row is a head that stays in sight.</param>
    public XlsxSheet(Stream part, IReadOnlyList<int> widths, bool hasHead)
    {
        this.part = part;
        letters = [.. widths.Select((_, i) => LettersOf(i))];
        writer = OpenXmlWriter.Create(part, Utf8);
        writer.WriteStartDocument();
        writer.WriteStartElement(new Worksheet());
        var view = new SheetView { WorkbookViewId = 0, TabSelected = hasHead };
        if (hasHead)
        {
            view.AppendChild(new Pane { VerticalSplit = 1, TopLeftCell = "A2", ActivePane = PaneValues.BottomLeft, State = PaneStateValues.Frozen });
        }

        writer.WriteElement(new SheetViews(view));
        writer.WriteElement(new Columns(widths.Select((w, i) => new Column { Min = (uint)i + 1, Max = (uint)i + 1, Width = w, CustomWidth = true })));
        writer.WriteStartElement(new SheetData());
    }

    /// <summary>The rows begun so far.</summary>
    public int Rows { get; private set; }

    /// <summary>The texts that were too long for a cell and were cut there.</summary>
    public long CutTexts { get; private set; }

    /// <summary>The range of the columns from the first row to the last one so far.</summary>
    public string Range => string.Create(CultureInfo.InvariantCulture, $"A1:{letters[^1]}{Rows}");

    /// <summary>Begins a row.</summary>
    public void BeginRow()
    {
        number = (++Rows).ToString(CultureInfo.InvariantCulture);
        attributes.Clear();
        attributes.Add(new OpenXmlAttribute("r", "", number));
        writer.WriteStartElement(Tag.Row, attributes);
    }

    /// <summary>Ends it.</summary>
    public void EndRow() => writer.WriteEndElement();

    /// <summary>A number, as XML writes numbers.</summary>
    public void Number(int column, string value, uint style) => Value(column, value, style, type: null);

    /// <summary>A truth value.</summary>
    public void Truth(int column, bool value, uint style) => Value(column, value ? "1" : "0", style, "b");

    /// <summary>A text; it is never taken for a formula.</summary>
    public void Text(int column, string text, uint style)
    {
        Begin(column, style, "inlineStr");
        writer.WriteStartElement(Tag.Inline, None);
        writer.WriteStartElement(Tag.Text, text.Length > 0 && (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1])) ? KeepBlanks : None);
        writer.WriteString(Escape(Fit(text)));
        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    /// <summary>Ends the sheet.</summary>
    /// <param name="filter">The range whose columns can be filtered; null: none.</param>
    public void End(string? filter)
    {
        writer.WriteEndElement();
        if (filter is not null)
        {
            writer.WriteElement(new AutoFilter { Reference = filter });
        }

        writer.WriteEndElement();
        writer.Dispose();
        part.Dispose();
    }


    /// <summary>What XML can't hold, in the way that workbooks spell it (_x0001_); such spellings in a text itself stay text.</summary>
    public static string Escape(string text) => Unwritable().Replace(text, m =>
        m.Value[0] == '_' ? "_x005F_" : string.Create(CultureInfo.InvariantCulture, $"_x{(int)m.Value[0]:X4}_"));

    private string Fit(string text)
    {
        if (text.Length <= MostCharacters)
        {
            return text;
        }

        CutTexts++;
        var end = MostCharacters - 1;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }

    private void Value(int column, string value, uint style, string? type)
    {
        Begin(column, style, type);
        writer.WriteStartElement(Tag.Value, None);
        writer.WriteString(value);
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private void Begin(int column, uint style, string? type)
    {
        attributes.Clear();
        attributes.Add(new OpenXmlAttribute("r", "", letters[column] + number));
        attributes.Add(new OpenXmlAttribute("s", "", style.ToString(CultureInfo.InvariantCulture)));
        if (type is not null)
        {
            attributes.Add(new OpenXmlAttribute("t", "", type));
        }

        writer.WriteStartElement(Tag.Cell, attributes);
    }

    // A, B … Z, AA, AB …
    private static string LettersOf(int column) => (column >= 26 ? LettersOf((column / 26) - 1) : "") + (char)('A' + (column % 26));

    // A carriage return would be read back as a line feed.
    [GeneratedRegex(@"[^\t\n\x20-\uFFFD]|_(?=x[0-9A-Fa-f]{4}_)")]
    private static partial Regex Unwritable();
}
