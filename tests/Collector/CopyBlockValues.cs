using System.Buffers.Binary;

namespace Collector;

/// <summary>Values of further types for a <see cref="CopyBlock"/>.</summary>
internal static class CopyBlockValues
{
    private const int TextOid = 25;

    public static void WriteIntOrNull(this CopyBlock block, int? value)
    {
        if (value is { } number)
        {
            block.WriteInt(number);
        }
        else
        {
            block.WriteNull();
        }
    }

    public static void WriteLong(this CopyBlock block, long value)
    {
        var start = block.BeginValue();
        BinaryPrimitives.WriteInt64BigEndian(block.GetSpan(8), value);
        block.Advance(8);
        block.EndValue(start);
    }

    public static void WriteUuid(this CopyBlock block, Guid value)
    {
        var start = block.BeginValue();
        value.TryWriteBytes(block.GetSpan(16), bigEndian: true, out var length);
        block.Advance(length);
        block.EndValue(start);
    }

    /// <summary>A text[]; an item may be NULL.</summary>
    public static void WriteTexts(this CopyBlock block, IReadOnlyList<string?>? items)
    {
        if (items is null)
        {
            block.WriteNull();
            return;
        }
        var start = block.BeginValue();
        ReadOnlySpan<int> header = items.Count == 0 ? [0, 0, TextOid] : [1, items.Contains(null) ? 1 : 0, TextOid, items.Count, 1];
        foreach (var number in header)
        {
            BinaryPrimitives.WriteInt32BigEndian(block.GetSpan(4), number);
            block.Advance(4);
        }
        foreach (var item in items)
        {
            block.WriteText(item);
        }
        block.EndValue(start);
    }
}
