using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class MigrationFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadAll_Files_ComeInTheOrderOfTheirNumbers()
    {
        folder.Write("0010_ten.sql", "SELECT 10");
        folder.Write("0002_two.sql", "SELECT 2");
        folder.Write("0001_one.sql", "SELECT 1");
        folder.Write("readme.md", "none");

        var files = MigrationFile.ReadAll(folder.Path);

        Assert.Equal(
            [(1, "0001_one", "SELECT 1"), (2, "0002_two", "SELECT 2"), (10, "0010_ten", "SELECT 10")],
            files.Select(f => (f.Number, f.Name, f.Text))
        );
    }

    [Theory]
    [InlineData("1_one.sql")]
    [InlineData("00001_one.sql")]
    [InlineData("0001-one.sql")]
    [InlineData("0001_.sql")]
    [InlineData("0001.sql")]
    [InlineData("one.sql")]
    [InlineData("+001_one.sql")]
    [InlineData(" 001_one.sql")]
    public void ReadAll_NameOfAnotherForm_SaysWhichIsExpected(string name)
    {
        var path = folder.Write(name, "SELECT 1");

        Assert.Equal(
            $"{path}: expected a name such as 0007_add_nodes.sql: four digits, '_', what it does",
            Assert.Throws<DefinitionException>(() => MigrationFile.ReadAll(folder.Path)).Message
        );
    }

    [Fact]
    public void ReadAll_NumberTakenTwice_NamesBothFiles()
    {
        folder.Write("0003_one.sql", "SELECT 1");
        var second = folder.Write("0003_two.sql", "SELECT 2");

        Assert.Equal(
            $"{second}: the number 0003 is also that of 0003_one.sql; take the next free one",
            Assert.Throws<DefinitionException>(() => MigrationFile.ReadAll(folder.Path)).Message
        );
    }

    // `printf 'SELECT 1\n' | sha256sum`: the ledger keeps it, so it must never come out otherwise.
    [Fact]
    public void Checksum_OfAText_IsItsSha256() =>
        Assert.Equal("a0a22c9dfa428cdce6fb3e58a40d4052335e17e5fbe42efc2f17f9ca813be62c", File("SELECT 1\n").Checksum);

    [Fact]
    public void Checksum_OtherLineEnds_IsTheSame() => Assert.Equal(File("a\nb\n").Checksum, File("a\r\nb\r\n").Checksum);

    [Theory]
    [InlineData("SELECT 2\n")]
    [InlineData("SELECT 1")]
    [InlineData("SELECT  1\n")]
    [InlineData("select 1\n")]
    public void Checksum_OtherText_Differs(string text) => Assert.NotEqual(File("SELECT 1\n").Checksum, File(text).Checksum);

    [Fact]
    public void ReadAll_OfTheProject_IsWellFormed() => Assert.NotEmpty(MigrationFile.ReadAll(MigrationFile.FolderIn(Project.Here)));

    private static MigrationFile File(string text) => new(1, "0001_x", "0001_x.sql", text);
}
