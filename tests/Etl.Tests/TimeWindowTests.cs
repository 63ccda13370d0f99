using System.Globalization;
using Etl.Loading;
using WarehouseSql.Definitions;
using Xunit;

namespace Etl.Tests;

public sealed class TimeWindowTests
{
    private const string Day = "toYYYYMMDD(made_at)";
    private const string Month = "toYYYYMM(made_at)";
    private const string Year = "toYear(made_at)";

    [Theory]
    [InlineData("2026-01-10", "2026-01-12", Day, "2026-01-10 to 2026-01-12")]
    [InlineData("2026-01-10", "2026-01-12", Month, "2026-01-01 to 2026-02-01")]
    [InlineData("2026-01-01", "2026-02-01", Month, "2026-01-01 to 2026-02-01")]
    [InlineData("2026-01-31", "2026-02-02", Month, "2026-01-01 to 2026-03-01")]
    [InlineData("2025-12-31", "2026-01-01", Month, "2025-12-01 to 2026-01-01")]
    [InlineData("2026-12-01", "2026-12-02", Month, "2026-12-01 to 2027-01-01")]
    [InlineData("2024-02-29", "2024-03-01", Month, "2024-02-01 to 2024-03-01")]
    [InlineData("2026-01-01", "2027-01-01", Year, "2026-01-01 to 2027-01-01")]
    [InlineData("2025-12-31", "2026-01-02", Year, "2025-01-01 to 2027-01-01")]
    // A backfill "up to for ever": the calendar ends before the next month does.
    [InlineData("2026-01-10", "9999-12-31", Month, "2026-01-01 to 9999-12-31")]
    [InlineData("2026-01-10", "9999-12-31", Year, "2026-01-01 to 9999-12-31")]
    public void Align_OneFact_IsItsWholePartitions(string from, string to, string partition, string expected) =>
        Assert.Equal(expected, Window(from, to).Align([Samples.Fact(partition)]).ToString());

    [Theory]
    [InlineData(Day, Month, "2026-03-01 to 2026-04-01")]
    [InlineData(Year, Month, "2026-01-01 to 2027-01-01")]
    [InlineData(Day, Day, "2026-03-05 to 2026-03-06")]
    public void Align_SeveralFacts_IsWholePartitionsOfEach(string one, string other, string expected) =>
        Assert.Equal(expected, Window("2026-03-05", "2026-03-06").Align([Samples.Fact(one), Samples.Fact(other)]).ToString());

    [Fact]
    public void Align_NoFacts_IsTheSame() => Assert.Equal(Window("2026-03-05", "2026-03-06"), Window("2026-03-05", "2026-03-06").Align([]));

    [Theory]
    [InlineData("toMonday(made_at)")]
    [InlineData("site")]
    [InlineData("tuple()")]
    public void Align_OtherPartitions_SaysWhichAreExpected(string partition)
    {
        var e = Assert.Throws<DefinitionException>(() => Window("2026-03-05", "2026-03-06").Align([Samples.Fact(partition)]));

        Assert.EndsWith(
            $"thing.sql: expected a partition by toYYYYMMDD, toYYYYMM or toYear, so that a backfill knows its bounds; found {partition}",
            e.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(Month, "202601", true)]
    [InlineData(Month, "202602", true)]
    [InlineData(Month, "202512", false)]
    [InlineData(Month, "202603", false)]
    [InlineData(Month, "197001", false)]
    [InlineData(Month, "20260101", false)]
    [InlineData(Month, "all", false)]
    [InlineData(Month, "d41d8cd98f00b204e9800998ecf8427e", false)]
    [InlineData(Day, "20260101", true)]
    [InlineData(Day, "20260228", true)]
    [InlineData(Day, "20260301", false)]
    [InlineData(Day, "202601", false)]
    public void Contains_Partition_IsWhetherItBeginsInTheWindow(string partition, string id, bool contained) =>
        Assert.Equal(contained, Window("2026-01-01", "2026-03-01").Contains(Samples.Fact(partition), id));

    [Theory]
    [InlineData("2025", false)]
    [InlineData("2026", true)]
    [InlineData("2027", false)]
    public void Contains_Year_IsWhetherItBeginsInTheWindow(string id, bool contained) =>
        Assert.Equal(contained, Window("2026-01-01", "2027-01-01").Contains(Samples.Fact(Year), id));

    [Fact]
    public void ToText_OtherCulture_IsIso()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("ar-SA");
        try
        {
            Assert.Equal("2026-01-01 to 2026-03-01", Window("2026-01-01", "2026-03-01").ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static TimeWindow Window(string from, string to) =>
        new(DateOnly.Parse(from, CultureInfo.InvariantCulture), DateOnly.Parse(to, CultureInfo.InvariantCulture));
}
