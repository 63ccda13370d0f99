using Etl.Loading;
using Etl.Source;
using Xunit;

namespace Etl.Tests;

public sealed class ShardsTests
{
    // FNV-1a's published values for 64 bits. They must never change: rows would move to other nodes, away from those of their installation.
    [Theory]
    [InlineData("", 0xcbf29ce484222325)]
    [InlineData("a", 0xaf63dc4c8601ec8c)]
    [InlineData("foobar", 0x85944171f73967e8)]
    public void Of_KnownValue_IsStable(string value, ulong hash)
    {
        int[] nodes = [1, 2, 3, 7, 1_000_003, int.MaxValue];

        Assert.Equal(nodes.Select(n => (int)(hash % (ulong)n)), nodes.Select(n => Shards.Of(CopyText.Text(value), n)));
    }

    [Fact]
    public void Split_AnyRows_DealsEachOnceInOrderToTheNodeOfItsValue() =>
        RandomCases.Check(
            15,
            random =>
            {
                var batch = Samples.Batch([
                    .. Enumerable
                        .Range(0, random.Next(1, CopyBatch.MaxRows))
                        .Select(i => new[] { CopyText.Int32(i), random.Next(5) == 0 ? null : CopyText.Text($"site {random.Next(50)}") }),
                ]);
                var shares = Enumerable.Range(0, random.Next(1, 6)).Select(_ => new CopyBatch(2)).ToArray();
                shares[0].Rows = 3; // what an earlier batch left must not count

                var dealt = Shards.Split(batch, 1, shares).ToArray();

                var rows = dealt
                    .SelectMany(
                        (share, node) =>
                            Enumerable.Range(0, share.Rows).Select(r => (Node: node, Row: Row(share, 0, r)!, Site: Row(share, 1, r)))
                    )
                    .ToList();
                Assert.Equal(
                    Enumerable.Range(0, batch.Rows).Select(CopyText.Int32).Select(Convert.ToHexString).Order(),
                    rows.Select(r => r.Row).Order()
                );
                Assert.All(rows.GroupBy(r => r.Site), site => Assert.Single(site.Select(r => r.Node).Distinct()));
                Assert.All(rows, r => Assert.Equal(Shards.Of(r.Site is null ? [] : Convert.FromHexString(r.Site), dealt.Length), r.Node));
                Assert.All(rows.GroupBy(r => r.Node), node => Assert.Equal(node.Select(r => r.Row).Order(), node.Select(r => r.Row)));
            }
        );

    [Fact]
    public void Of_ManyValues_AreSpreadEvenly()
    {
        var counts = new int[4];
        for (var i = 0; i < 40_000; i++)
        {
            counts[Shards.Of(CopyText.Uuid(new Guid(i, 0, 0, new byte[8])), 4)]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 9000, 11_000));
    }

    private static string? Row(CopyBatch batch, int column, int row)
    {
        var field = batch.Column(column)[row];
        return field.Length < 0 ? null : Convert.ToHexString(batch.Bytes, field.Offset, field.Length);
    }
}
