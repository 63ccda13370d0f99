using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using Xunit;

namespace Reports.Tests;

public sealed class SchemaTests
{
    [Fact]
    public void Snapshot_ReadAndWritten_IsTheSameText() =>
        Assert.Equal(File.ReadAllText(SchemaSnapshot.PathIn(Project.Here)), SchemaSnapshot.Of(Project.Here).ToYaml());

    [Fact]
    public void Snapshot_Missing_SaysHowToMakeIt()
    {
        var fault = Assert.Throws<DefinitionException>(() => SchemaSnapshot.Read("/nowhere/schema.yaml"));

        Assert.StartsWith("/nowhere/schema.yaml: not there: write it with `make migrate schema`", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshot_Written_OnlyWhereItDiffers()
    {
        var path = Path.GetTempFileName();
        try
        {
            Assert.True(SchemaSnapshot.Of(Project.Here).Write(path));
            Assert.False(SchemaSnapshot.Of(Project.Here).Write(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Snapshot_HoldsEveryFactAndView()
    {
        var schema = SchemaSnapshot.Of(Project.Here);

        Assert.Equal(
            Project.Here.Facts().Keys.Concat(["etl_backup", "etl_run"]).Order(StringComparer.Ordinal),
            schema.Tables.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            Project.Here.Views().Select(v => v.Name).Order(StringComparer.Ordinal),
            schema.Views.Keys.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("String", "VARCHAR", "''")]
    [InlineData("LowCardinality(Nullable(String))", "VARCHAR", "null")]
    [InlineData("Nullable(Int32)", "INTEGER", "null")]
    [InlineData("UInt16", "USMALLINT", "0")]
    [InlineData("Int64", "BIGINT", "0")]
    [InlineData("Bool", "BOOLEAN", "false")]
    [InlineData("Float64", "DOUBLE", "0")]
    [InlineData("Decimal(9, 2)", "DECIMAL(9, 2)", "0")]
    [InlineData("Date", "DATE", "1970-01-01")]
    [InlineData("DateTime64(6, 'UTC')", "TIMESTAMP", "1970-01-01 00:00:00")]
    [InlineData("DateTime('UTC')", "TIMESTAMP", "1970-01-01 00:00:00")]
    [InlineData("UUID", "UUID", "'00000000-0000-0000-0000-000000000000'")]
    [InlineData("Array(LowCardinality(String))", "VARCHAR[]", "[]")]
    public void ColumnType_OfClickHouse_HasDuckDbsTypeAndItsDefault(string type, string duckDb, string value)
    {
        var parsed = SchemaColumnType.Parse(type);

        Assert.Equal((type, duckDb, value), (parsed.ClickHouse, parsed.DuckDb, ReportTestValue.Show(parsed.Default)));
    }

    [Theory]
    [InlineData("UInt8", 0, 255)]
    [InlineData("Int8", -128, 127)]
    [InlineData("UInt32", 0, 4294967295)]
    [InlineData("Int64", long.MinValue, long.MaxValue)]
    public void ColumnType_Whole_KnowsItsRange(string type, long lowest, long highest) =>
        Assert.Equal(((Int128)lowest, (Int128)highest), SchemaColumnType.Parse(type).Range);

    [Theory]
    [InlineData("Map(String, String)")]
    [InlineData("DateTime64(3)")]
    public void ColumnType_Unknown_IsNamed(string type) =>
        Assert.Contains(type, Assert.Throws<NotSupportedException>(() => SchemaColumnType.Parse(type)).Message, StringComparison.Ordinal);
}
