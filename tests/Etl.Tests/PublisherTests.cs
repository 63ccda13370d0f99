using Etl.Loading;
using WarehouseSql.ClickHouse;
using Xunit;

namespace Etl.Tests;

public sealed class PublisherTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 100)]
    [InlineData(100, 100)]
    [InlineData(100, 200)]
    [InlineData(100, 99)]
    [InlineData(700, 693)]
    [InlineData(1_000_000_000_000, 990_000_000_000)]
    public void RefuseLoss_UpToOneInAHundred_IsPublished(long before, long after) => Publisher.RefuseLoss([Change(before, after)]);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(99, 98)]
    [InlineData(100, 98)]
    [InlineData(700, 692)]
    [InlineData(1_000_000, 0)]
    [InlineData(1_000_000_000_000, 989_999_999_999)]
    public void RefuseLoss_More_IsRefused(long before, long after)
    {
        var e = Assert.Throws<WarehouseException>(() => Publisher.RefuseLoss([Change(10, 10), Change(before, after)]));

        Assert.Equal(
            $"thing, partition 202601, would go from {before} to {after} rows; nothing was published — find out where they went, or say FORCE=1",
            e.Message
        );
    }

    [Fact]
    public void RefuseLoss_SeveralPartitions_NamesTheOneThatLosesMost()
    {
        var e = Assert.Throws<WarehouseException>(() => Publisher.RefuseLoss([Change(10, 0), Change(5000, 4000), Change(9, 0)]));

        Assert.Contains("from 5000 to 4000 rows", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefuseLoss_Nothing_IsPublished() => Publisher.RefuseLoss([]);

    private static PartitionChange Change(long before, long after) => new("thing", "202601", before, after, Same: false);
}
