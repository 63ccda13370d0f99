using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Reports.Rendering;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

/// <summary>Workbooks as other programs read them: each finds the same sheets and values.</summary>
public sealed class XlsxReadersTests
{
    private const string SheetJs = """
        const xlsx = require(process.argv[1]);
        const book = xlsx.readFile(process.argv[2]);
        const rows = sheet => xlsx.utils.sheet_to_json(sheet, { header: 1, defval: null });
        console.log(JSON.stringify([book.SheetNames, ...book.SheetNames.map(n => rows(book.Sheets[n]))]));
        """;

    private const string OpenPyxl = """
        import json, sys, openpyxl
        from openpyxl.utils.datetime import to_excel
        book = openpyxl.load_workbook(sys.argv[1])
        value = lambda v: to_excel(v) if hasattr(v, 'year') else v
        print(json.dumps([book.sheetnames, *([[value(v) for v in row] for row in sheet.iter_rows(values_only=True)] for sheet in book)]))
        """;

    private const string ExpectedRows = """
        [
          ["X", "N", "F", "On", "At (UTC)", "Is", "Empty"],
          ["Zürich 東京 🙂 <b> & \"q\" 'a'", 1234, 0.125, 46053, 46053.5, true, null],
          ["=1+1", 999999999999999, -1e-7, 61, 46053.75, false, null],
          ["  blanks  ", "18446744073709551615", 0, "1900-02-28", 46203.25, null, null],
          ["two\nlines\tand a tab", -5, 1e300, null, "1900-01-01T00:00:00.000000Z", true, null]
        ]
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SheetJs_Workbook_HoldsTheSameValues() =>
        AssertSame(await ReadAsync("node", "-e", SheetJs, Project.Here.PathOf("tests", "Engines", "node_modules", "xlsx")));

    [Fact]
    public async Task OpenPyxl_Workbook_HoldsTheSameValues()
    {
        // Debian's packages belong to Debian's own Python, which need not be the first on PATH.
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        using var probe = TryStart(python, "-c", "import openpyxl");
        await (probe?.WaitForExitAsync(Token) ?? Task.CompletedTask);
        Assert.SkipUnless(probe?.ExitCode == 0, "no openpyxl (Debian: python3-openpyxl)");

        AssertSame(await ReadAsync(python, "-c", OpenPyxl));
    }

    private static void AssertSame(JsonArray read)
    {
        Assert.Equal(["sample", "About this report"], read[0]!.AsArray().Select(n => n!.GetValue<string>()));
        var expected = JsonNode.Parse(ExpectedRows)!;
        Assert.True(JsonNode.DeepEquals(expected, read[1]), $"expected {expected.ToJsonString()}\nread     {read[1]!.ToJsonString()}");
        Assert.Equal("A sample", read[2]![0]![0]!.GetValue<string>());
        Assert.Contains("[\"Data loaded\",\"2026-03-15 09:00 UTC\",", read[2]!.ToJsonString(), StringComparison.Ordinal);
    }

    private static async Task<JsonArray> ReadAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.xlsx");
        try
        {
            await WriteAsync(path);
            using var reader = TryStart(program, [.. arguments, path]) ?? throw new InvalidOperationException($"{program} is not there");
            var errors = reader.StandardError.ReadToEndAsync(Token);
            var output = await reader.StandardOutput.ReadToEndAsync(Token);
            await reader.WaitForExitAsync(Token);
            Assert.True(reader.ExitCode == 0, await errors);
            return JsonNode.Parse(output)!.AsArray();
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task WriteAsync(string path)
    {
        await using var file = File.Create(path);
        var sink = new XlsxSink(file, Samples.Run(Samples.Report("columns: {x: {is: any text}}")));
        sink.Begin([
            new("x", "String"),
            new("n", "UInt64"),
            new("f", "Float64"),
            new("on", "Date32"),
            new("at", "DateTime64(6, 'UTC')"),
            new("is", "Nullable(Bool)"),
            new("empty", "Nullable(String)"),
        ]);
        string[] rows =
        [
            """["Zürich 東京 🙂 <b> & \"q\" 'a'",1234,0.125,"2026-01-31","2026-01-31T12:00:00.000000Z",true,null]""",
            """["=1+1",999999999999999,-1e-7,"1900-03-01","2026-01-31T18:00:00.000000Z",false,null]""",
            """["  blanks  ",18446744073709551615,-0,"1900-02-28","2026-06-30T06:00:00.000000Z",null,null]""",
            """["two\nlines\tand a tab",-5,1e300,null,"1900-01-01T00:00:00.000000Z",true,null]""",
        ];
        foreach (var row in rows)
        {
            sink.Row(Encoding.UTF8.GetBytes(row));
        }

        await sink.EndAsync(cutAfter: null, Token);
    }

    private static Process? TryStart(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
