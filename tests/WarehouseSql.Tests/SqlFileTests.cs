using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class SqlFileTests
{
    [Fact]
    public void Parse_HeaderAndBody_KeepsBothWithTheirLines()
    {
        var file = SqlFile.Parse("/x/some_fact.sql", "/*---\nabout: it\nkey: [a]\n---*/\n\n  SELECT 1\nFROM t\n");

        Assert.Equal("some_fact", file.Name);
        Assert.Equal("\nabout: it\nkey: [a]\n", file.Header);
        Assert.Equal(1, file.HeaderLine);
        Assert.Equal("SELECT 1\nFROM t", file.Body);
        Assert.Equal(6, file.BodyLine);
    }

    [Fact]
    public void Parse_EmptyLinesBeforeHeader_CountThem()
    {
        var file = SqlFile.Parse("/x.sql", "\n\n/*---\nabout: it\n---*/ SELECT 1");

        Assert.Equal(3, file.HeaderLine);
        Assert.Equal(4, file.LineOfKey("about"));
        Assert.Equal(5, file.BodyLine);
    }

    [Fact]
    public void Parse_WindowsLineEnds_CountsLinesAlike()
    {
        var file = SqlFile.Parse("/x.sql", "/*---\r\nabout: it\r\nkey: [a]\r\n---*/\r\nSELECT 1\r\n");

        Assert.Equal(3, file.LineOfKey("key"));
        Assert.Equal(5, file.BodyLine);
        Assert.Equal("SELECT 1", file.Body);
    }

    [Theory]
    [InlineData("SELECT 1;")]
    [InlineData("SELECT 1 ;\n\n")]
    [InlineData("SELECT 1")]
    public void Parse_ClosingSemicolon_IsNoPartOfTheBody(string sql) =>
        Assert.Equal("SELECT 1", SqlFile.Parse("/x.sql", "/*---\na: b\n---*/\n" + sql).Body);

    [Fact]
    public void Parse_SemicolonInside_Stays() =>
        Assert.Equal("SELECT ';' AS a", SqlFile.Parse("/x.sql", "/*---\na: b\n---*/\nSELECT ';' AS a;").Body);

    [Theory]
    [InlineData("", "/x.sql:1: expected the file to begin with a YAML header between /*--- and ---*/; found none")]
    [InlineData("SELECT 1", "/x.sql:1: expected the file to begin with a YAML header between /*--- and ---*/; found none")]
    [InlineData("/* about: it */ SELECT 1", "/x.sql:1: expected the file to begin with a YAML header between /*--- and ---*/; found none")]
    [InlineData(
        "SELECT 1\n/*---\na: b\n---*/",
        "/x.sql:1: expected the file to begin with a YAML header between /*--- and ---*/; found none"
    )]
    [InlineData("\n\n/*---\na: b\nSELECT 1", "/x.sql:3: expected ---*/ after the header; found the end of the file")]
    [InlineData("/*---*/\nSELECT 1", "/x.sql:1: expected ---*/ after the header; found the end of the file")]
    [InlineData("/*---\na: b\n---*/\n\n", "/x.sql:3: expected SQL after the header; found nothing")]
    [InlineData("/*---\na: b\n---*/\n;\n", "/x.sql:3: expected SQL after the header; found nothing")]
    public void Parse_NotOfTheForm_SaysWhereAndWhatWasExpected(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DefinitionException>(() => SqlFile.Parse("/x.sql", text)).Message);

    [Fact]
    public void LineOfKey_KeyNotThere_IsTheHeadersLine() =>
        Assert.Equal(2, SqlFile.Parse("/x.sql", "\n/*---\nabout: it\n---*/ SELECT 1").LineOfKey("abou"));

    [Fact]
    public void Read_FileBelowTheProject_IsNamedFromTheRoot()
    {
        var path = Project.Here.PathOf("warehouse-sql", "functions", "clickhouse.sql");

        var e = Assert.Throws<DefinitionException>(() => SqlFile.Read(path));

        Assert.StartsWith("warehouse-sql/functions/clickhouse.sql:1: ", e.Message, StringComparison.Ordinal);
    }
}
