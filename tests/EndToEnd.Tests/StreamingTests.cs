using System.Globalization;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A million rows, whole, by a program whose heap may not grow beyond 32 MB: it fails if it keeps them.</summary>
public sealed class StreamingTests(ReportsProgram reports) : IClassFixture<ReportsProgram>
{
    private static readonly (string, string) SmallHeap = ("DOTNET_GCHeapHardLimit", "0x2000000");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Csv_AMillionRows_AreWhole()
    {
        var (file, errors) = await WriteAsync("csv", 1_000_000);

        var lines = File.ReadLines(file);
        Assert.Equal(1_000_001, lines.Count());
        Assert.Equal("999999,site 999,2026-02-12T01:46:39.000000Z,142857", lines.Last());
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Json_AMillionRows_AreWhole()
    {
        var (file, errors) = await WriteAsync("json", 1_000_000);

        Assert.Equal(1_000_000, File.ReadLines(file).Count(l => l.Contains("\"site\": \"", StringComparison.Ordinal)));
        Assert.Contains("\"truncated\": false", File.ReadLines(file).Last(l => l.Length > 1), StringComparison.Ordinal);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("parquet", "Parquet")]
    [InlineData("arrow", "Arrow")]
    public async Task Columnar_AMillionRows_AreWhole(string format, string serverFormat)
    {
        var (file, errors) = await WriteAsync(format, 1_000_000);

        using var client = reports.Client();
        await client.ExecuteAsync(
            $"CREATE TABLE streamed_{format} (number Int64, site String, started_at DateTime64(6, 'UTC'), took_s Float64) ENGINE = Memory",
            Token
        );
        await client.InsertAsync(
            $"INSERT INTO streamed_{format} FORMAT {serverFormat}",
            async (stream, t) => await stream.WriteAsync(await File.ReadAllBytesAsync(file, t), t),
            Token
        );
        var read = await client.QueryAsync(
            $"SELECT count(), uniqExact(number), max(started_at) = toDateTime64('2026-02-12 01:46:39', 6, 'UTC') FROM streamed_{format}",
            Token
        );
        Assert.Equal(["1000000", "1000000", "1"], read.Rows[0].Select(v => v.ToString()));
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Xlsx_MoreRowsThanASheetHolds_IsCutThereAndSaysSo()
    {
        var (file, errors) = await WriteAsync("xlsx", 1_048_575);

        await using var zip = await ZipFile.OpenReadAsync(file, Token);
        const string cut =
            "Cut off: only the first 1,048,574 rows are here, as many as an Excel sheet holds; CSV holds all of them.</t></is></c></row>";
        Assert.Contains($"{cut}</sheetData>", await EndOfAsync(zip, "xl/worksheets/sheet1.xml"), StringComparison.Ordinal);
        Assert.Contains("<autoFilter ref=\"A1:D1048575\"/>", await EndOfAsync(zip, "xl/tables/table1.xml"), StringComparison.Ordinal);
        Assert.Contains(cut, await EndOfAsync(zip, "xl/worksheets/sheet2.xml"), StringComparison.Ordinal);
        Assert.Equal("cut off: only the first 1,048,574 rows were written\n", errors);
    }

    private async Task<(string File, string Errors)> WriteAsync(string format, int rows)
    {
        var file = Path.Combine(reports.Folder, "many." + format);
        using var program = reports.Start(
            ["run", "fuel/many", "--format", format, "--param", string.Create(CultureInfo.InvariantCulture, $"rows={rows}")],
            ("WAREHOUSE_ROOT", reports.CopyProjectWithManyRows()),
            SmallHeap
        );
        var errors = program.StandardError.ReadToEndAsync(Token);
        await using (var written = File.Create(file))
        {
            await program.StandardOutput.BaseStream.CopyToAsync(written, Token);
        }

        await program.WaitForExitAsync(Token);
        Assert.True(program.ExitCode == 0, await errors);
        return (file, await errors);
    }

    // A part's last letters; the first sheet is big.
    private static async Task<string> EndOfAsync(ZipArchive zip, string name)
    {
        await using var part = await zip.GetEntry(name)!.OpenAsync(Token);
        var block = new byte[1 << 16];
        var end = "";
        for (int read; (read = await part.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, Token)) > 0; )
        {
            end = (end.Length > 10_000 ? end[^10_000..] : end) + Encoding.UTF8.GetString(block, 0, read);
        }

        return end;
    }
}
