using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What the program writes, of a real ClickHouse, with the key that can only read.</summary>
public sealed class ReportsOutputTests(ReportsProgram reports) : IClassFixture<ReportsProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Csv_IsTheResultAlone()
    {
        var (code, output, errors) = await reports.RunAsync(["run", "fuel/os-distribution"]);

        Assert.Equal((0, ""), (code, errors));
        Assert.StartsWith("os,environments,installations,share\r\nubuntu,16,16,", output, StringComparison.Ordinal);
        Assert.Contains("\r\n'=1+1 <b>,7,7,", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Json_SaysWhatWasAskedAndHowOldTheDataIs()
    {
        var (_, output, _) = await reports.RunAsync(["run", "fuel/os-distribution", "--format", "json", "--params", "release=9.0"]);

        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal("9.0", json.GetProperty("parameters").GetProperty("release").GetString());
        Assert.InRange(
            DateTimeOffset.UtcNow - json.GetProperty("loadedAt").GetDateTimeOffset(),
            TimeSpan.FromHours(1.9),
            TimeSpan.FromHours(2.5)
        );
        Assert.False(json.GetProperty("truncated").GetBoolean());
    }

    [Theory]
    [InlineData("parquet", "Parquet", "PAR1")]
    [InlineData("arrow", "Arrow", "ARROW1")]
    public async Task Run_ColumnarFormat_HoldsTheRowsOfTheCsv(string format, string serverFormat, string magic)
    {
        using var program = reports.Start(["run", "fuel/deployment-time", "--format", format]);
        using var file = new MemoryStream();
        await program.StandardOutput.BaseStream.CopyToAsync(file, Token);
        await program.WaitForExitAsync(Token);
        Assert.Equal(0, program.ExitCode);
        Assert.Equal(magic, System.Text.Encoding.ASCII.GetString(file.ToArray(), 0, magic.Length));

        using var client = reports.Client();
        await client.ExecuteAsync(
            $"CREATE TABLE read_{format} (release String, deployments UInt64, avg_s Float64, p50_s Float64, p90_s Float64) ENGINE = Memory",
            Token
        );
        await client.InsertAsync(
            $"INSERT INTO read_{format} FORMAT {serverFormat}",
            (stream, t) => stream.WriteAsync(file.ToArray(), t).AsTask(),
            Token
        );
        var read = await client.QueryAsync($"SELECT * FROM read_{format}", Token);
        var (_, csv, _) = await reports.RunAsync(["run", "fuel/deployment-time"]);
        Assert.Equal(3, read.Rows.Count);
        Assert.Equal(
            csv.Split("\r\n").Skip(1).Where(l => l.Length > 0),
            read.Rows.Select(r => string.Join(',', r.Select(v => v.ToString())))
        );
    }

    [Theory]
    [InlineData("there is no report 'fuel/os-distributions'; did you mean fuel/os-distribution?", "run", "fuel/os-distributions")]
    [InlineData("it has release (String)", "run", "fuel/os-distribution", "--param", "relaese=9.0")]
    [InlineData("expected a day such as", "run", "fuel/deployment-time", "--param", "from=soon")]
    [InlineData("there is no digest 'nix'", "digest", "nix")]
    [InlineData("there is no system 'nix'", "new", "nix/x")]
    [InlineData("can't write into /proc/nix", "all", "--out", "/proc/nix")]
    public async Task Run_BadInput_IsOneClearLine(string expected, params string[] arguments)
    {
        var (code, output, errors) = await reports.RunAsync(arguments);

        Assert.NotEqual(0, code);
        Assert.Empty(output);
        Assert.Contains(expected, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Warehouse__Password", "wrong", "check Warehouse__User and Warehouse__Password")]
    [InlineData("Warehouse__Database", "nix", "run `make migrate`")]
    [InlineData("Warehouse__Url", "http://127.0.0.1:1", "start it (`make up`), or set Warehouse__Url")]
    public async Task Run_WarehouseRefuses_SaysWhatToDo(string variable, string value, string expected)
    {
        var (code, _, errors) = await reports.RunAsync(["run", "fuel/os-distribution"], (variable, value));

        Assert.Equal(1, code);
        Assert.Contains(expected, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AsAnAccountThatMayWrite_IsReadOnlyAllTheSame()
    {
        var (code, output, _) = await reports.RunAsync(
            ["run", "fuel/os-distribution"],
            ("Warehouse__User", Engines.ClickHouseServer.Administrator),
            ("Warehouse__Password", "")
        );

        Assert.Equal(0, code);
        Assert.Contains("ubuntu", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Digest_WithoutServer_IsAFile()
    {
        var folder = Path.Combine(reports.Folder, "mail");

        var (code, _, errors) = await reports.RunAsync(["digest", "--all", "--out", folder]);

        Assert.Equal(0, code);
        var mail = Assert.Single(Directory.GetFiles(folder));
        Assert.Contains(mail, errors, StringComparison.Ordinal);
        Assert.Contains("multipart/alternative", await File.ReadAllTextAsync(mail, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_Report_RunsAtOnceAndIsNotOverwritten()
    {
        // The project's own folder stays as it is: the program works in a copy of what it reads.
        var root = reports.CopyProject("project");

        Assert.Equal(0, (await reports.RunAsync(["new", "fuel/my-question"], ("WAREHOUSE_ROOT", root))).Code);
        var (code, output, _) = await reports.RunAsync(["run", "fuel/my-question"], ("WAREHOUSE_ROOT", root));
        Assert.Equal((0, "release,sites\r\n10.0,10\r\n8.0,10\r\n9.0,10\r\n"), (code, output));
        Assert.NotEqual(0, (await reports.RunAsync(["new", "fuel/my-question"], ("WAREHOUSE_ROOT", root))).Code);
    }
}
