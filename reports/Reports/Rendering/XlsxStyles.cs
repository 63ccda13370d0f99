using System.Drawing;
using Reports.Definitions;
using SpreadCheetah;
using SpreadCheetah.Styling;

namespace Reports.Rendering;

/// <summary>The looks of a workbook's cells.</summary>
internal sealed class XlsxStyles(Spreadsheet book)
{
    /// <summary>A column's heading.</summary>
    public StyleId Head { get; } =
        book.AddStyle(
            new Style
            {
                Font = { Bold = true },
                Fill = { Color = Color.FromArgb(0xEE, 0xF0, 0xFB) },
                Border = { Bottom = { BorderStyle = BorderStyle.Thin, Color = Color.FromArgb(0xD3, 0xD4, 0xD1) } },
            }
        );

    /// <summary>The report's title.</summary>
    public StyleId Title { get; } = book.AddStyle(new Style { Font = { Bold = true, Size = 16 } });

    /// <summary>What a row of the second sheet is about.</summary>
    public StyleId Term { get; } = book.AddStyle(new Style { Font = { Bold = true }, Alignment = { Vertical = VerticalAlignment.Top } });

    /// <summary>A text of several lines.</summary>
    public StyleId Wrapped { get; } =
        book.AddStyle(
            new Style
            {
                Alignment =
                {
                    Vertical = VerticalAlignment.Top,
                    Horizontal = HorizontalAlignment.Left,
                    WrapText = true,
                },
            }
        );

    /// <summary>A line of SQL.</summary>
    public StyleId Code { get; } = book.AddStyle(new Style { Font = { Name = "Consolas", Size = 10 } });

    /// <summary>What must not be overlooked.</summary>
    public StyleId Notice { get; } =
        book.AddStyle(
            new Style
            {
                Font = { Bold = true, Color = Color.FromArgb(0x8A, 0x4B, 0x08) },
                Fill = { Color = Color.FromArgb(0xFD, 0xF3, 0xE3) },
            }
        );

    /// <summary>The look of values of that format; null: as Excel shows them by itself.</summary>
    public static Style? Of(ColumnFormat format) =>
        CodeOf(format) is not { } code
            ? null
            : new Style
            {
                Format = NumberFormat.Custom(code),
                // Days and instants stand at the left, as on pages.
                Alignment = { Horizontal = format.IsNumber ? HorizontalAlignment.None : HorizontalAlignment.Left },
            };

    // A duration and a size stay the numbers that they are in CSV and JSON, so that they can be reckoned with; their unit is shown.
    private static string? CodeOf(ColumnFormat format) =>
        format.Kind switch
        {
            ColumnFormatKind.Whole => "#,##0",
            ColumnFormatKind.Fixed => "#,##0" + Decimals(format.Digits ?? 2),
            ColumnFormatKind.Percent => "0" + Decimals(format.Digits ?? 1) + "%",
            ColumnFormatKind.Seconds => "[<10]0.0\" s\";#,##0\" s\"",
            ColumnFormatKind.Hours => "#,##0.0\" h\"",
            ColumnFormatKind.Bytes => "#,##0\" B\"",
            ColumnFormatKind.Date => "yyyy\\-mm\\-dd",
            ColumnFormatKind.DateTime => "yyyy\\-mm\\-dd\\ hh:mm:ss",
            _ => null,
        };

    private static string Decimals(int digits) => digits == 0 ? "" : "." + new string('0', digits);
}
