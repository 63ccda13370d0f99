using Etl.Source;

namespace Etl.Loading;

/// <summary>Which of several nodes takes a row.</summary>
internal static class Shards
{
    /// <summary>Deals a batch's rows out to <paramref name="shares"/>, one a node, by the hash of the bytes of one column.</summary>
    public static ReadOnlySpan<CopyBatch> Split(CopyBatch batch, int column, CopyBatch[] shares)
    {
        foreach (var share in shares)
        {
            share.Rows = 0;
            share.Bytes = batch.Bytes;
        }

        var fields = batch.Column(column);
        for (var row = 0; row < fields.Length; row++)
        {
            var value = batch.Bytes.AsSpan(fields[row].Offset, Math.Max(fields[row].Length, 0));
            shares[Of(value, shares.Length)].Add(batch, row);
        }

        return shares;
    }

    /// <summary>The node, from 0, of a value's bytes: FNV-1a, which never changes between versions of anything.</summary>
    public static int Of(ReadOnlySpan<byte> value, int nodes)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in value)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return (int)(hash % (ulong)nodes);
    }
}
