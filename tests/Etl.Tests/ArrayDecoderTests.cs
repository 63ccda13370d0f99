using System.Runtime.InteropServices;
using System.Text;
using Etl.Source;
using WarehouseSql.Native;
using Xunit;

namespace Etl.Tests;

public sealed class ArrayDecoderTests
{
    private static readonly byte[] One = CopyText.Int32(1);

    [Fact]
    public void Decode_Arrays_AreEndsFlagsAndElements()
    {
        using var target = Decode(
            "integer[]",
            CopyText.Array(One, null, CopyText.Int32(-2)),
            CopyText.Array(),
            CopyText.Array([null]),
            CopyText.Array(One)
        );

        Assert.Equal([3UL, 3, 4, 5], Ends(target));
        Assert.Equal([0, 1, 0, 1, 0], target.Nulls!.Written.ToArray());
        Assert.Equal([1, 0, -2, 0, 1], MemoryMarshal.Cast<byte, int>(target.Values.Written.Span).ToArray());
    }

    [Fact]
    public void Decode_SecondBatchOfABlock_CountsOn()
    {
        using var target = Decode("integer[]", CopyText.Array(One, One));

        Append("integer[]", target, CopyText.Array(One), CopyText.Array());

        Assert.Equal([2UL, 3, 3], Ends(target));
    }

    [Fact]
    public void Decode_TextArray_KeepsEmptyAndNullApart()
    {
        using var target = Decode("text[]", CopyText.Array(CopyText.Text(""), null, CopyText.Text("ž")));

        Assert.Equal([0, 1, 0], target.Nulls!.Written.ToArray());
        Assert.Equal([0, 0, 2, .. Encoding.UTF8.GetBytes("ž")], target.Values.Written.ToArray());
    }

    [Fact]
    public void Decode_OnlyEmptyArrays_HasNoElements()
    {
        using var target = Decode("numeric[]", CopyText.Array(), CopyText.Array());

        Assert.Equal([0UL, 0], Ends(target));
        Assert.Equal(0, target.Values.Length);
    }

    public static TheoryData<string, byte[]?, string> Refused =>
        new()
        {
            { "integer[]", null, "NULL, and an array in the warehouse is never NULL; write coalesce(…, '{}') in the extract" },
            { "integer[]", CopyText.Array(0, [One]), "an array whose elements are numbered from 0, where the warehouse's are from 1" },
            { "integer[]", [.. CopyText.Int32(2), .. new byte[36]], "an array of 2 dimensions, of which one is carried over" },
            {
                "integer[]",
                [1],
                "a field that is not of the 12 and more bytes that its type has (did the column's type change while it was read? run the load again)"
            },
            { "date[]", CopyText.Array(One, null, CopyText.Int32(int.MaxValue)), "element 3 is infinity" },
        };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Decode_ArrayThatTheWarehouseCannotHold_NamesTheRow(string type, byte[]? array, string reason)
    {
        var e = Assert.Throws<ValueException>(() => Decode(type, CopyText.Array(One), CopyText.Array(), array, CopyText.Array(One)));

        Assert.Equal((2, reason), (e.Row, e.Message));
    }

    private static NativeColumn Decode(string type, params byte[]?[] arrays)
    {
        var target = SourceColumn.Of("c", type, nullable: true).NewColumn();
        Append(type, target, arrays);
        return target;
    }

    private static void Append(string type, NativeColumn target, params byte[]?[] arrays)
    {
        var batch = Samples.Batch([.. arrays.Select(a => new[] { a })]);
        SourceColumn.Of("c", type, nullable: true).Decoder.Decode(batch.Bytes, batch.Column(0), target);
    }

    private static ulong[] Ends(NativeColumn column) => MemoryMarshal.Cast<byte, ulong>(column.Offsets!.Written.Span).ToArray();
}
