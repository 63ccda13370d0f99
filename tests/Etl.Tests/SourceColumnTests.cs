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
    [InlineData("time without time zone", "Time64(6)")]
    [InlineData("numeric", "String")]
    [InlineData("numeric(1,0)", "Decimal(1, 0)")]
    [InlineData("numeric(10,2)", "Decimal(10, 2)")]
    [InlineData("numeric(76,76)", "Decimal(76, 76)")]
    [InlineData("numeric(77,0)", "String")]
    [InlineData("numeric(3,5)", "Decimal(5, 5)")] // 0.00999
    [InlineData("numeric(3,77)", "String")]
    [InlineData("numeric(2,-3)", "Decimal(5, 0)")] // 99000
    [InlineData("numeric(73,-3)", "Decimal(76, 0)")]
    [InlineData("numeric(74,-3)", "String")]
    public void Of_TypeThatIsCarriedOver_HasItsWarehouseType(string type, string warehouse)
    {
        using var plain = SourceColumn.Of("c", type, nullable: false).NewColumn();
        using var nullable = SourceColumn.Of("c", type, nullable: true).NewColumn();

        Assert.Equal(("c", warehouse, $"Nullable({warehouse})"), (plain.Name, plain.Type, nullable.Type));
        Assert.Equal(
            (warehouse, $"Nullable({warehouse})"),
            (SourceColumn.Of("c", type, false).WarehouseType, SourceColumn.Of("c", type, true).WarehouseType)
        );
    }

    [Theory]
    [InlineData("interval")]
    [InlineData("interval[]")]
    [InlineData("integer[][]")]
    [InlineData("time with time zone")]
    [InlineData("money")]
    [InlineData("Text")]
    [InlineData("")]
    public void Of_AnotherType_SaysHowToCastIt(string type) =>
        Assert.Equal(
            $"column price is of type {type}, which is not carried over; cast it in the extract's SELECT, for example price::text AS price",
            Assert.Throws<SourceException>(() => SourceColumn.Of("price", type, nullable: true)).Message
        );

    [Theory]
    [InlineData("integer[]", "Array(Nullable(Int32))")]
    [InlineData("jsonb[]", "Array(Nullable(String))")]
    [InlineData("numeric(10,2)[]", "Array(Nullable(Decimal(10, 2)))")]
    public void Of_Array_IsNeverNullAndItsElementsMayBe(string type, string warehouse)
    {
        foreach (var nullable in (bool[])[false, true])
        {
            var column = SourceColumn.Of("c", type, nullable);
            using var made = column.NewColumn();

            Assert.Equal((warehouse, warehouse, type), (column.WarehouseType, made.Type, column.PostgresType));
        }
    }

    [Theory]
    [InlineData("smallint", true)]
    [InlineData("bigint", true)]
    [InlineData("numeric(20,0)", true)]
    [InlineData("date", true)]
    [InlineData("timestamp with time zone", true)]
    [InlineData("text", false)]
    [InlineData("uuid", false)]
    [InlineData("bigint[]", false)]
    [InlineData("timestamp with time zone[]", false)]
    public void IsOrdered_OfAType_IsForNumbersAndTimes(string type, bool ordered) =>
        Assert.Equal(ordered, SourceColumn.Of("c", type, nullable: false).IsOrdered);

    [Theory]
    [InlineData("timestamp without time zone", true)]
    [InlineData("timestamp with time zone", true)]
    [InlineData("bigint", false)]
    [InlineData("date", false)]
    public void IsInstant_OfAType_IsForTimestamps(string type, bool instant) =>
        Assert.Equal(instant, SourceColumn.Of("c", type, nullable: false).IsInstant);
}
