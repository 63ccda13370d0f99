using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Spreadsheet;
using Reports.Definitions;

namespace Reports.Rendering;

/// <summary>The looks of a workbook's cells; cells name them by number.</summary>
internal static class XlsxStyles
{
    /// <summary>A cell as Excel shows it by itself.</summary>
    public const uint Plain = 0;

    /// <summary>A column's heading.</summary>
    public const uint Head = 1;

    /// <summary>A heading over numbers, which stand at the right.</summary>
    public const uint HeadOfNumbers = 2;

    /// <summary>The report's title.</summary>
    public const uint Title = 3;

    /// <summary>What a row of the second sheet is about.</summary>
    public const uint Term = 4;

    /// <summary>A text of several lines.</summary>
    public const uint Wrapped = 5;

    /// <summary>A line of SQL.</summary>
    public const uint Code = 6;

    /// <summary>What must not be overlooked.</summary>
    public const uint Notice = 7;

    private const uint FirstColumn = 8;
    // Excel's own number formats have the numbers below.
    private const uint FirstNumberFormat = 164;

    /// <summary>The look of the values of the column at that place.</summary>
    public static uint OfColumn(int column) => FirstColumn + (uint)column;

    /// <summary>The workbook's style sheet.</summary>
    public static Stylesheet Sheet(IReadOnlyList<ColumnFormat> columns) => new(
        new NumberingFormats(columns.Select((c, i) => new NumberingFormat { NumberFormatId = FirstNumberFormat + (uint)i, FormatCode = CodeOf(c) })),
        new Fonts(
            Font(),
            Font(new Bold()),
            Font(new Bold(), size: 16),
            Font(name: "Consolas", size: 10),
            Font(new Bold(), color: "FF8A4B08")),
        new Fills(
            new Fill(new PatternFill { PatternType = PatternValues.None }),
            new Fill(new PatternFill { PatternType = PatternValues.Gray125 }),
            Fill("FFEEF0FB"),
            Fill("FFFDF3E3")),
        new Borders(
            new Border(new LeftBorder(), new RightBorder(), new TopBorder(), new BottomBorder(), new DiagonalBorder()),
            new Border(new LeftBorder(), new RightBorder(), new TopBorder(), new BottomBorder(new Color { Rgb = "FFD3D4D1" }) { Style = BorderStyleValues.Thin }, new DiagonalBorder())),
        new CellStyleFormats(new CellFormat()),
        new CellFormats(
        [
            Cell(),
            Cell(font: 1, fill: 2, border: 1),
            Cell(font: 1, fill: 2, border: 1, alignment: new Alignment { Horizontal = HorizontalAlignmentValues.Right }),
            Cell(font: 2),
            Cell(font: 1, alignment: new Alignment { Vertical = VerticalAlignmentValues.Top }),
            Cell(alignment: new Alignment { Vertical = VerticalAlignmentValues.Top, Horizontal = HorizontalAlignmentValues.Left, WrapText = true }),
            Cell(font: 3),
            Cell(font: 4, fill: 3),
            // Days and instants stand at the left, as on pages.
            .. columns.Select((c, i) => Cell(
                numberFormat: FirstNumberFormat + (uint)i,
                alignment: c.Kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime ? new Alignment { Horizontal = HorizontalAlignmentValues.Left } : null)),
        ]));

    // A duration and a size stay the numbers that they are in CSV and JSON, so that they can be reckoned with; their unit is shown.
    private static string CodeOf(ColumnFormat format) => format.Kind switch
    {
        ColumnFormatKind.Whole => "#,##0",
        ColumnFormatKind.Fixed => "#,##0" + Decimals(format.Digits ?? 2),
        ColumnFormatKind.Percent => "0" + Decimals(format.Digits ?? 1) + "%",
        ColumnFormatKind.Seconds => "[<10]0.0\" s\";#,##0\" s\"",
        ColumnFormatKind.Hours => "#,##0.0\" h\"",
        ColumnFormatKind.Bytes => "#,##0\" B\"",
        ColumnFormatKind.Date => "yyyy\\-mm\\-dd",
        ColumnFormatKind.DateTime => "yyyy\\-mm\\-dd\\ hh:mm:ss",
        _ => "General",
    };

    private static string Decimals(int digits) => digits == 0 ? "" : "." + new string('0', digits);

    private static Font Font(Bold? bold = null, double size = 11, string color = "FF1A1C21", string name = "Calibri")
    {
        OpenXmlElement[] parts = [new FontSize { Val = size }, new Color { Rgb = color }, new FontName { Val = name }];
        return bold is null ? new Font(parts) : new Font([bold, .. parts]);
    }

    private static Fill Fill(string color) => new(new PatternFill(new ForegroundColor { Rgb = color }) { PatternType = PatternValues.Solid });

    private static CellFormat Cell(uint font = 0, uint fill = 0, uint border = 0, uint numberFormat = 0, Alignment? alignment = null)
    {
        var cell = new CellFormat { FontId = font, FillId = fill, BorderId = border, NumberFormatId = numberFormat, FormatId = 0, ApplyNumberFormat = numberFormat > 0 };
        if (alignment is not null)
        {
            cell.ApplyAlignment = true;
            cell.AppendChild(alignment);
        }

        return cell;
    }
}
