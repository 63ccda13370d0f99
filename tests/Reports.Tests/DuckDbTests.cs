using System.Globalization;
using DuckDB.NET.Data;
using Xunit;

namespace Reports.Tests;

/// <summary>Each type of DuckDB becomes a cell of a <see cref="ReportTestResult"/> exactly, or is refused.</summary>
public sealed class DuckDbTests(DuckDb database) : IClassFixture<DuckDb>
{
    [Fact]
    public void Query_FailingStatement_SaysWhy()
    {
        var query = Assert.Throws<DuckDBException>(() => database.Query("SELECT 1 FROM nowhere"));
        var execute = Assert.Throws<DuckDBException>(() => database.Execute("DROP TABLE nowhere"));

        Assert.Contains("nowhere does not exist", query.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere does not exist", execute.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Query_EachType_IsRead()
    {
        var row = Assert.Single(
            database
                .Query(
                    """
                    SELECT true, -1::TINYINT, 255::UTINYINT, (-170141183460469231731687303715884105728)::HUGEINT, 18446744073709551615::UBIGINT,
                      1.5::FLOAT, -12.345::DECIMAL(9, 3), 'twelve bytes', 'more than twelve bytes', TIMESTAMP '1969-12-31 23:59:59.999999',
                      DATE '2024-02-29', '01234567-89ab-cdef-0123-456789abcdef'::UUID,
                      ['a', NULL], $name, NULL
                    """,
                    new Dictionary<string, string?> { ["name"] = "it's", ["unused"] = "x" }
                )
                .Rows
        );

        Assert.Equal(
            "true, -1, 255, -170141183460469231731687303715884105728, 18446744073709551615, 1.5, -12.345, twelve bytes, "
                + "more than twelve bytes, 1969-12-31 23:59:59.999999, 2024-02-29, '01234567-89ab-cdef-0123-456789abcdef', "
                + "[a, null], 'it''s', null",
            string.Join(", ", row.Select(ReportTestValue.Show))
        );
    }

    [Theory]
    [InlineData("INTERVAL 1 DAY", "Interval")]
    [InlineData("INTERVAL 1 MONTH", "Interval")]
    [InlineData("TIME '12:00'", "Time")]
    [InlineData("TIMESTAMPTZ '2024-01-01 00:00:00+00'", "TimestampTz")]
    [InlineData("TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", "TimestampNs")]
    [InlineData("CAST('a' AS ENUM('a'))", "Enum")]
    [InlineData("'01'::BIT", "Bit")]
    [InlineData("'a'::BLOB", "UnmanagedMemoryStream")]
    [InlineData("{a: 1}", "Dictionary`2")]
    [InlineData("[INTERVAL 1 DAY]", "TimeSpan")]
    public void Query_TypeThatNoReportShouldReturn_IsRefusedByItsColumn(string value, string type)
    {
        var fault = Assert.Throws<NotSupportedException>(() => database.Query($"SELECT 1 AS n, {value} AS x"));

        Assert.Equal($"column x: a report can't return DuckDB's type {type}; CAST it to a type that ClickHouse has too", fault.Message);
    }

    // Among them what DuckDB.NET by itself would round, or cut off.
    [Theory]
    [InlineData("DATE 'infinity'")]
    [InlineData("DATE '10000-01-01'")]
    [InlineData("DATE '0044-03-15 (BC)'")]
    [InlineData("TIMESTAMP '-infinity'")]
    [InlineData("TIMESTAMP '10000-01-01'")]
    [InlineData("9922816251426433759354395033.5::DECIMAL(38, 1)")]
    [InlineData("0.000000000000000000000000000001::DECIMAL(38, 30)")]
    [InlineData("340282366920938463463374607431768211455::UHUGEINT")]
    public void Query_ValueThatNoCellHolds_IsRefused(string value)
    {
        Assert.IsNotType<DuckDBException>(Assert.ThrowsAny<Exception>(() => database.Query($"SELECT {value} AS x")));
        Assert.IsNotType<DuckDBException>(Assert.ThrowsAny<Exception>(() => database.Query($"SELECT [{value}] AS x")));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("1.5::FLOAT", 1.5)]
    [InlineData("0.1::FLOAT", (double)0.1f)]
    [InlineData("'nan'::DOUBLE", double.NaN)]
    [InlineData("'-inf'::DOUBLE", double.NegativeInfinity)]
    [InlineData("''", "")]
    [InlineData("'twelve bytes'", "twelve bytes")]
    [InlineData("'más de doce bytes ☃'", "más de doce bytes ☃")]
    [InlineData("'01234567-89ab-cdef-0123-456789abcdef'::UUID", "01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData("'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID", "ffffffff-ffff-ffff-ffff-ffffffffffff")]
    public void Query_SimpleValue_IsTheCell(string value, object cell) => IsRead(value, cell);

    [Theory]
    [InlineData("(-128)::TINYINT", "-128")]
    [InlineData("255::UTINYINT", "255")]
    [InlineData("(-32768)::SMALLINT", "-32768")]
    [InlineData("65535::USMALLINT", "65535")]
    [InlineData("(-2147483648)::INTEGER", "-2147483648")]
    [InlineData("4294967295::UINTEGER", "4294967295")]
    [InlineData("(-9223372036854775808)::BIGINT", "-9223372036854775808")]
    [InlineData("18446744073709551615::UBIGINT", "18446744073709551615")]
    [InlineData("(-170141183460469231731687303715884105728)::HUGEINT", "-170141183460469231731687303715884105728")]
    [InlineData("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727")]
    public void Query_WholeNumber_IsTheCell(string value, string cell) => IsRead(value, Int128.Parse(cell, CultureInfo.InvariantCulture));

    // As text, since 12.340 equals 12.34, but would not be written so into a test file.
    [Theory]
    [InlineData("(-12.340)::DECIMAL(4, 2)", "-12.34")]
    [InlineData("12.340::DECIMAL(9, 3)", "12.34")]
    [InlineData("100::DECIMAL(18, 6)", "100")]
    [InlineData("(-0.5)::DECIMAL(38, 2)", "-0.5")]
    [InlineData("7922816251426433759354395033.5::DECIMAL(38, 1)", "7922816251426433759354395033.5")]
    [InlineData("79228162514264337593543950335::DECIMAL(38, 0)", "79228162514264337593543950335")]
    [InlineData("7.9228162514264337593543950335::DECIMAL(38, 28)", "7.9228162514264337593543950335")]
    public void Query_Decimal_IsExactWithoutTrailingZeros(string value, string cell)
    {
        Assert.Equal(cell, Assert.IsType<decimal>(database.Query($"SELECT {value}").Rows[0][0]).ToString(CultureInfo.InvariantCulture));
        IsRead(value, decimal.Parse(cell, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("0001-01-01")]
    [InlineData("2024-02-29")]
    [InlineData("9999-12-31")]
    public void Query_Day_IsTheCell(string day) => IsRead($"DATE '{day}'", ReportTestValue.Day(day));

    [Theory]
    [InlineData("0001-01-01")]
    [InlineData("1969-12-31 23:59:59.999999")]
    [InlineData("9999-12-31 23:59:59.999999")]
    public void Query_Instant_IsTheCellInUtc(string instant)
    {
        IsRead($"TIMESTAMP '{instant}'", ReportTestValue.Instant(instant));
        Assert.Equal(DateTimeKind.Utc, Assert.IsType<DateTime>(database.Query($"SELECT TIMESTAMP '{instant}'").Rows[0][0]).Kind);
    }

    [Fact]
    public void Query_ListInAList_IsReadWithItsNulls()
    {
        var cells = Assert.Single(database.Query("SELECT [[1.50::DECIMAL(9, 2), NULL], NULL, []], []::INTEGER[], NULL::VARCHAR[]").Rows);

        Assert.Equal("[[1.5, null], null, []], [], null", string.Join(", ", cells.Select(ReportTestValue.Show)));
    }

    [Fact]
    public void Query_Parameters_AreBoundByTheirNamesAndNeedNotBeUsed()
    {
        var values = new Dictionary<string, string?>
        {
            ["first"] = "it's",
            ["unused"] = "x",
            ["nothing"] = null,
            ["second"] = "2",
        };

        Assert.Equal(["2", "it's", null], Assert.Single(database.Query("SELECT $second, $first, $nothing", values).Rows));
    }

    [Fact]
    public void Query_ManyRows_ComeInTheirOrder()
    {
        // More than two of DuckDB's chunks of 2048 rows, with NULLs at other places in each.
        var rows = database.Query("SELECT i, CASE WHEN i % 7 > 0 THEN [i] END AS x FROM range(5000) AS t(i)").Rows;

        Assert.Equal(
            Enumerable.Range(0, 5000).Select(i => $"{i}: {(i % 7 > 0 ? $"[{i}]" : "null")}"),
            rows.Select(r => $"{r[0]}: {ReportTestValue.Show(r[1])}")
        );
    }

    [Fact]
    public void Query_NoRows_LeavesTheColumns()
    {
        var result = database.Query("SELECT 1 AS n, 'a' AS s WHERE false");

        Assert.Equal(["n", "s"], result.Columns);
        Assert.Empty(result.Rows);
    }

    // By itself, beside a NULL, and in a list with one.
    private void IsRead(string value, object? cell)
    {
        var rows = database.Query($"SELECT * FROM (VALUES ({value}, [{value}, NULL]), (NULL, NULL)) AS t(x, items)").Rows;

        Assert.Equal(cell, rows[0][0]);
        Assert.Equal([cell, null], Assert.IsType<List<object?>>(rows[0][1]));
        Assert.Equal([null, null], rows[1]);
    }
}
