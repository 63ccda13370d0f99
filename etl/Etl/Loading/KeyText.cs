using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Etl.Definitions;
using Etl.Source;

namespace Etl.Loading;

/// <summary>A row's key, for messages.</summary>
internal static class KeyText
{
    /// <summary>"(master_node_uid=…, external_id=…)".</summary>
    public static string Of(ExtractDefinition extract, IReadOnlyList<SourceColumn> columns, CopyBatch batch, int row)
    {
        var parts = extract.Key.Select(key =>
        {
            var index = columns.Select((c, i) => (c, i)).First(p => p.c.Name == key).i;
            return $"{key}={Value(columns[index], batch, batch.Column(index)[row])}";
        });
        return $"({string.Join(", ", parts)})";
    }

    private static string Value(SourceColumn column, CopyBatch batch, Field field)
    {
        if (field.Length < 0)
        {
            return "NULL";
        }

        var bytes = batch.Bytes.AsSpan(field.Offset, field.Length);
        return column.PostgresType switch
        {
            "smallint" => BinaryPrimitives.ReadInt16BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
            "integer" => BinaryPrimitives.ReadInt32BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
            "bigint" => BinaryPrimitives.ReadInt64BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
            "uuid" => new Guid(bytes, bigEndian: true).ToString(),
            "text" or "character varying" or "character" or "name" => Encoding.UTF8.GetString(bytes),
            _ => "0x" + Convert.ToHexStringLower(bytes),
        };
    }
}
