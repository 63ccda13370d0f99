using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Reports.Rendering;

/// <summary>A workbook's file: a zip of parts, written forward only.</summary>
/// <remarks>
/// OpenXml's own package keeps each part whole in memory until it is closed; so only the parts are written with it, and the zip here.
/// Neither can wait for a slow reader, so they write into a pipe that <see cref="FlushAsync"/> empties.
/// A file that isn't ended lacks the zip's directory, and no reader takes it for a workbook.
/// </remarks>
#pragma warning disable CA1001 // To dispose of the zip is to write its directory: a result that failed in the middle would look whole.
internal sealed class XlsxPackage
#pragma warning restore CA1001
{
    private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly ZipArchive zip;

    /// <summary>Begins the file.</summary>
    public XlsxPackage() => zip = new ZipArchive(pipe.Writer.AsStream(), ZipArchiveMode.Create);

    /// <summary>Writes the parts that are known before the first row.</summary>
    public void Begin(Stylesheet styles)
    {
        Part("[Content_Types].xml",
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
              <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
              <Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
              <Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
              <Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
            </Types>
            """u8);
        Part("_rels/.rels",
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
              <Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
            </Relationships>
            """u8);
        Part("xl/_rels/workbook.xml.rels",
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
              <Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
              <Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/>
              <Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>
            </Relationships>
            """u8);
        Part("xl/styles.xml", Xml(styles));
    }

    /// <summary>Begins the sheet of that number; it is ended before the next part begins.</summary>
    public Stream BeginSheet(int number) => zip.CreateEntry(string.Create(CultureInfo.InvariantCulture, $"xl/worksheets/sheet{number}.xml")).Open();

    /// <summary>Writes the workbook itself, and what ends the file.</summary>
    public void End(Workbook workbook)
    {
        Part("xl/workbook.xml", Xml(workbook));
        zip.Dispose();
    }

    /// <summary>Moves what was written so far to its target.</summary>
    public async ValueTask FlushAsync(Stream target, CancellationToken token)
    {
        if (!pipe.Reader.TryRead(out var read))
        {
            return;
        }

        foreach (var memory in read.Buffer)
        {
            await target.WriteAsync(memory, token).ConfigureAwait(false);
        }

        pipe.Reader.AdvanceTo(read.Buffer.End);
    }

    private void Part(string name, ReadOnlySpan<byte> content)
    {
        using var part = zip.CreateEntry(name).Open();
        part.Write(content);
    }

    private static byte[] Xml(OpenXmlElement root) => Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" + root.OuterXml);
}
