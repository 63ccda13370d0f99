using System.Globalization;
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

    /// <summary>
    /// ClickHouse's SQL for the node, from 0, of a fact's row: what <see cref="Of"/> says of the source's value that the fact has in
    /// <paramref name="column"/>.
    /// </summary>
    /// <param name="column">The fact's column, NULL nowhere.</param>
    /// <param name="postgresType">The type that the value has at the source, as <see cref="SourceTypeName"/> makes it.</param>
    /// <param name="isNullable">Whether it may be NULL there, for which facts have 0, or an empty text.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <returns>Null where values of that type can't be told from what the fact has of them.</returns>
    public static string? Sql(string column, string postgresType, bool isNullable, int nodes)
    {
        var bytes = postgresType switch
        {
            "smallint" => Whole(2),
            "integer" => Whole(4),
            "bigint" => Whole(8),
            "uuid" => Text($"UUIDStringToNum(toString({column}))", "16"),
            "text" => Text($"toString({column})", $"length(toString({column}))"),
            _ when postgresType.StartsWith("character varying", StringComparison.Ordinal) => Text(
                $"toString({column})",
                $"length(toString({column}))"
            ),
            _ => null,
        };
        if (bytes is null)
        {
            return null;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"(arrayFold((hash, b) -> bitXor(hash, toUInt64(b)) * toUInt64(1099511628211), {bytes}, toUInt64(14695981039346656037)) % {nodes})"
        );

        string Text(string text, string length) =>
            $"arrayMap(i -> reinterpretAsUInt8(substring({text}, i, 1)), range(1, toUInt64({length}) + 1))";

        // PostgreSQL sends the highest byte first.
        string Whole(int size)
        {
            var bytes =
                $"arrayMap(i -> bitAnd(bitShiftRight(toInt64({column}), i), 255), [{string.Join(", ", Enumerable.Range(1, size).Select(b => (size - b) * 8))}])";
            return isNullable ? $"if({column} = 0, [], {bytes})" : bytes;
        }
    }
}
