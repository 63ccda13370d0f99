using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>
/// Bytes that are carried over as they are (text, json, bytea …), less a prefix of <paramref name="skip"/> bytes (jsonb's version).
/// </summary>
internal sealed class BytesDecoder(int skip = 0) : ValueDecoder
{
    protected override void DecodeValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<Field> fields, ColumnBuffer target)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            var field = fields[i];
            var length = Math.Max(field.Length - skip, 0);
            var value = target.Take(length + VarintBytes.MaxLength);
            var prefix = VarintBytes.Write(value, (uint)length);
            bytes.Slice(field.Length < 0 ? 0 : field.Offset + skip, length).CopyTo(value[prefix..]);
            target.Return(VarintBytes.MaxLength - prefix);
        }
    }
}
