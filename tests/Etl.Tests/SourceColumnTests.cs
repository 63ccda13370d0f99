using Etl.Source;
using Xunit;

namespace Etl.Tests;

public sealed class SourceColumnTests
{
    [Theory]
    [InlineData("smallint", "Int16")]
    [InlineData("integer", "Int32")]
    [InlineData("bigint", "Int64")]
    [InlineData("real", "Float32")]
    [InlineData("double precision", "Float64")]
    [InlineData("boolean", "Bool")]
    [InlineData("text", "String")]
    [InlineData("character varying", "String")]
    [InlineData("character", "String")]
    [InlineData("name", "String")]
    [InlineData("json", "String")]
    [InlineData("jsonb", "String")]
    [InlineData("bytea", "String")]
    [InlineData("uuid", "UUID")]
    [InlineData("date", "Date32")]
    [InlineData("timestamp without time zone", "DateTime64(6, 'UTC')")]
    [InlineData("timestamp with time zone", "DateTime64(6, 'UTC')")]
    public void Of_TypeThatIsCarriedOver_HasItsWarehouseType(string type, string warehouse)
    {
        using var plain = SourceColumn.Of("c", type, nullable: false).NewColumn();
        using var nullable = SourceColumn.Of("c", type, nullable: true).NewColumn();

        Assert.Equal(("c", warehouse, $"Nullable({warehouse})"), (plain.Name, plain.Type, nullable.Type));
        Assert.Equal((warehouse, $"Nullable({warehouse})"), (SourceColumn.Of("c", type, false).WarehouseType, SourceColumn.Of("c", type, true).WarehouseType));
    }

    [Theory]
    [InlineData("numeric")]
    [InlineData("interval")]
    [InlineData("integer[]")]
    [InlineData("time without time zone")]
    [InlineData("Text")]
    [InlineData("")]
    public void Of_AnotherType_SaysHowToCastIt(string type) => Assert.Equal(
        $"column price is of type {type}, which is not carried over; cast it in the extract's SELECT, for example price::text AS price",
        Assert.Throws<SourceException>(() => SourceColumn.Of("price", type, nullable: true)).Message);

    [Theory]
    [InlineData("timestamp without time zone", true)]
    [InlineData("timestamp with time zone", true)]
    [InlineData("bigint", false)]
    [InlineData("date", false)]
    public void IsInstant_OfAType_IsForTimestamps(string type, bool instant) =>
        Assert.Equal(instant, SourceColumn.Of("c", type, nullable: false).IsInstant);
}
