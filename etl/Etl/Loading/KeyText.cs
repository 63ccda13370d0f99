using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Etl.Source;

namespace Etl.Loading;

/// <summary>A row's key, for messages.</summary>
internal static class KeyText
{
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>"(master_node_uid=…, external_id=…)".</summary>
    public static string Of(ExtractDefinition extract, IReadOnlyList<SourceColumn> columns, CopyBatch batch, int row)
    {
        return $"({string.Join(", ", extract.Key.Select(key => $"{key}={Value(key, columns, batch, row)}"))})";
    }

    /// <summary>One column's value, as text; NULL for none.</summary>
    public static string Value(string name, IReadOnlyList<SourceColumn> columns, CopyBatch batch, int row)
    {
        var index = columns.Select((c, i) => (c, i)).First(p => p.c.Name == name).i;
        return Value(columns[index], batch, batch.Column(index)[row]);
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
            "boolean" => bytes[0] == 0 ? "false" : "true",
            "uuid" => new Guid(bytes, bigEndian: true).ToString(),
            "text" or "character varying" or "character" or "name" => Encoding.UTF8.GetString(bytes),
            "date" => Day(BinaryPrimitives.ReadInt32BigEndian(bytes)),
            "timestamp without time zone" or "timestamp with time zone" => Instant(BinaryPrimitives.ReadInt64BigEndian(bytes)),
            _ when column.PostgresType.StartsWith("numeric", StringComparison.Ordinal) && NumericField.TryRead(bytes, out var value) =>
                Numeric(value),
            _ => "0x" + Convert.ToHexStringLower(bytes),
        };
    }

    private static string Day(int days) =>
        days switch
        {
            int.MaxValue => "infinity",
            int.MinValue => "-infinity",
            >= -730_119 and <= 2_921_939 => Epoch.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => string.Create(CultureInfo.InvariantCulture, $"2000-01-01 {days:+0;-0} days"),
        };

    private static string Instant(long micros) =>
        micros switch
        {
            long.MaxValue => "infinity",
            long.MinValue => "-infinity",
            > -63_000_000_000_000_000 and < 252_000_000_000_000_000 => Epoch
                .AddMicroseconds(micros)
                .ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            _ => string.Create(CultureInfo.InvariantCulture, $"2000-01-01 {micros:+0;-0} microseconds"),
        };

    private static string Numeric(NumericField value)
    {
        var text = new byte[value.Room];
        value.Write(text);
        return Encoding.ASCII.GetString(text, 0, value.TextLength);
    }
}
