using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;

namespace Reports.Tests;

/// <summary>A workbook's parts, read as the XML that they are.</summary>
internal sealed class XlsxBook
{
    private static readonly XNamespace Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private readonly Dictionary<string, XElement> parts;

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">It is no whole file.</exception>
    public XlsxBook(Stream file)
    {
        using var zip = new ZipArchive(file);
        parts = zip.Entries.ToDictionary(
            e => e.FullName,
            e =>
            {
                using var part = e.Open();
                return XElement.Load(part, LoadOptions.PreserveWhitespace);
            }
        );
    }

    public IEnumerable<string> SheetNames => parts["xl/workbook.xml"].Descendants(Main + "sheet").Select(s => s.Attribute("name")!.Value);

    public XElement Pane => Sheet(1).Descendants(Main + "pane").Single();

    public IEnumerable<double> Widths => Sheet(1).Descendants(Main + "col").Select(c => (double)c.Attribute("width")!);

    public IEnumerable<XElement> Rows => RowsOf(1);

    /// <summary>The range of the rows' filter.</summary>
    public string Filter => parts["xl/tables/table1.xml"].Element(Main + "autoFilter")!.Attribute("ref")!.Value;

    /// <summary>The headings that the filter goes by; Excel mends a file where they aren't the cells'.</summary>
    public IEnumerable<string> FilterHeadings =>
        parts["xl/tables/table1.xml"].Descendants(Main + "tableColumn").Select(c => c.Attribute("name")!.Value);

    public string About => string.Join('\n', RowsOf(2).Select(r => string.Join('|', CellsOf(r).Select(c => c.Value))));

    /// <summary>The cells that hold something.</summary>
    public static IEnumerable<XElement> CellsOf(XElement row) => row.Elements(Main + "c").Where(c => c.HasElements);

    /// <summary>A row's cells: "text …", "bool …", or a number and its format.</summary>
    public IEnumerable<string> Row(int number) =>
        CellsOf(Rows.ElementAt(number - 1))
            .Select(c =>
                c.Attribute("t")?.Value switch
                {
                    "inlineStr" => "text " + c.Element(Main + "is")!.Element(Main + "t")!.Value,
                    "b" => "bool " + c.Element(Main + "v")!.Value,
                    null => $"{c.Element(Main + "v")!.Value} {FormatOf(c)}",
                    var other => $"{other} {c}",
                }
            );

    public bool IsBold(XElement cell) => Styles("fonts").ElementAt(Index(Look(cell), "fontId")).Element(Main + "b") is not null;

    private string FormatOf(XElement cell) =>
        Styles("numFmts").Single(f => (int)f.Attribute("numFmtId")! == Index(Look(cell), "numFmtId")).Attribute("formatCode")!.Value;

    private XElement Look(XElement cell) => Styles("cellXfs").ElementAt(Index(cell, "s"));

    private IEnumerable<XElement> Styles(string kind) => parts["xl/styles.xml"].Element(Main + kind)!.Elements();

    private static int Index(XElement of, string name) => int.Parse(of.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private IEnumerable<XElement> RowsOf(int sheet) => Sheet(sheet).Descendants(Main + "row");

    private XElement Sheet(int number) => parts[string.Create(CultureInfo.InvariantCulture, $"xl/worksheets/sheet{number}.xml")];
}
