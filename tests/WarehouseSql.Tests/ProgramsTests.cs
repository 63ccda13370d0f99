using System.Globalization;
using Microsoft.Extensions.Configuration;
using WarehouseSql.Programs;
using Xunit;

namespace WarehouseSql.Tests;

/// <summary>What programs read from, and write to, the world around them.</summary>
[Collection(nameof(ProcessWide))]
public sealed class ProgramsTests : IDisposable
{
    private static readonly string BesideProgram = Path.Combine(AppContext.BaseDirectory, "appsettings.json");
    private readonly TempFolder folder = new();
    private readonly string before = Environment.CurrentDirectory;

    public void Dispose()
    {
        Environment.CurrentDirectory = before;
        Environment.SetEnvironmentVariable("Sample__C", null);
        Environment.SetEnvironmentVariable("STEPS_FILE", null);
        File.Delete(BesideProgram);
        folder.Dispose();
    }

    [Fact]
    public void ReadSettings_SameSettingInSeveralPlaces_TheLastPlaceCounts()
    {
        File.WriteAllText(BesideProgram, """{"Sample": {"A": "program", "B": "program", "C": "program"}}""");
        folder.Write("appsettings.json", """{"Sample": {"B": "folder", "C": "folder"}}""");
        Environment.CurrentDirectory = folder.Path;
        Environment.SetEnvironmentVariable("Sample__C", "environment");

        var settings = Settings.Read().GetSection("Sample");

        Assert.Equal(("program", "folder", "environment"), (settings["A"], settings["B"], settings["C"]));
    }

    [Fact]
    public void ReadSettings_NoFile_IsTheEnvironment()
    {
        Environment.CurrentDirectory = folder.Path;
        Environment.SetEnvironmentVariable("Sample__C", "environment");

        Assert.Equal("environment", Settings.Read()["Sample:C"]);
    }

    [Fact]
    public void ReadSettings_NoJson_NamesTheFile()
    {
        var path = folder.Write("appsettings.json", "{\n\"Sample\": \n");
        Environment.CurrentDirectory = folder.Path;

        Assert.Contains(path, Assert.Throws<InvalidDataException>(Settings.Read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoteStep_FileNamed_AppendsALine()
    {
        var path = Path.Combine(folder.Path, "steps");
        Environment.SetEnvironmentVariable("STEPS_FILE", path);
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            Steps.Note("incremental fuel/action_logs", 1234567, TimeSpan.FromMilliseconds(1500));
            Steps.Note("second", 0, TimeSpan.Zero);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        Assert.Equal("incremental fuel/action_logs\t1234567\t1.500\nsecond\t0\t0.000\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void NoteStep_NoFileNamed_DoesNothing(string? file)
    {
        Environment.CurrentDirectory = folder.Path;
        Environment.SetEnvironmentVariable("STEPS_FILE", file);

        Steps.Note("step", 1, TimeSpan.Zero);

        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(12345678, "12,345,678")]
    [InlineData(-1234, "-1,234")]
    public void Number_Any_HasThousandsApart(long value, string text) => Assert.Equal(text, ProgressLine.Number(value));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1 kB")]
    [InlineData(1550, "1.6 kB")]
    [InlineData(999_900, "999.9 kB")]
    [InlineData(999_999, "1 MB")]
    [InlineData(1_000_000, "1 MB")]
    [InlineData(1_234_000_000, "1.2 GB")]
    [InlineData(5_000_000_000_000_000, "5000 TB")]
    public void Bytes_Any_AreInTheUnitThatFits(long value, string text) => Assert.Equal(text, ProgressLine.Bytes(value));
}
