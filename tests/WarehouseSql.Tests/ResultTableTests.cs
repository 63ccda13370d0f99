using System.Text.Json;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class ResultTableTests
{
    [Fact]
    public void Scalar_OneValue_IsIt() => Assert.Equal(5, Table("[5]").Scalar.GetInt32());

    [Theory]
    [InlineData("expected one value; found 0 rows of 2 columns")]
    [InlineData("expected one value; found 2 rows of 2 columns", "[1]", "[2]")]
    [InlineData("expected one value; found 1 rows of 2 columns", "[1, 2]")]
    public void Scalar_NotOneValue_SaysWhatWasFound(string message, params string[] rows) =>
        Assert.Equal(message, Assert.Throws<WarehouseException>(() => Table(rows).Scalar).Message);

    [Fact]
    public void Texts_OneColumn_AreItsValues() => Assert.Equal(["a", "5"], Table("[\"a\"]", "[5]").Texts);

    // What `etl schema` writes must be what the offline tests read.
    [Fact]
    public void SchemaSnapshot_OfTheProject_IsWrittenAsItWasRead() =>
        Assert.Equal(File.ReadAllText(SchemaSnapshot.PathIn(Project.Here)), SchemaSnapshot.Of(Project.Here).ToYaml());

    private static ResultTable Table(params string[] rows) =>
        new(
            [new ResultColumn("a", "UInt8"), new ResultColumn("b", "UInt8")],
            [.. rows.Select(r => JsonDocument.Parse(r).RootElement.EnumerateArray().ToArray())]
        );
}
