using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>A column of an extract: its name and type at the source, and how it is carried over.</summary>
/// <param name="Name">Its name in the extract's SELECT.</param>
/// <param name="PostgresType">PostgreSQL's name of the type.</param>
/// <param name="IsNullable">False for a table's NOT NULL column; true for any other and for each expression.</param>
/// <param name="ValueType">The ClickHouse type, without Nullable, that holds every value of it.</param>
/// <param name="Decoder">How its fields become the warehouse's bytes.</param>
internal sealed record SourceColumn(string Name, string PostgresType, bool IsNullable, string ValueType, ColumnDecoder Decoder)
{
    /// <summary>The landed column's whole ClickHouse type.</summary>
    public string WarehouseType => IsNullable ? $"Nullable({ValueType})" : ValueType;

    /// <summary>Whether this column, as a cursor, is an instant and not a number.</summary>
    public bool IsInstant => PostgresType.StartsWith("timestamp", StringComparison.Ordinal);

    public NativeColumn NewColumn() => new(Name, ValueType, IsNullable);

    /// <summary>The column of that PostgreSQL type (as <c>format_type</c> names it, without modifiers).</summary>
    /// <exception cref="SourceException">The type isn't carried over.</exception>
    public static SourceColumn Of(string name, string type, bool nullable)
    {
        (string ValueType, ColumnDecoder Decoder) mapped = type switch
        {
            "smallint" => ("Int16", new NumberDecoder(2)),
            "integer" => ("Int32", new NumberDecoder(4)),
            "bigint" => ("Int64", new NumberDecoder(8)),
            "real" => ("Float32", new NumberDecoder(4)),
            "double precision" => ("Float64", new NumberDecoder(8)),
            "boolean" => ("Bool", new BoolDecoder()),
            "text" or "character varying" or "character" or "name" or "json" or "bytea" => ("String", new BytesDecoder()),
            "jsonb" => ("String", new BytesDecoder(skip: 1)),
            "uuid" => ("UUID", new UuidDecoder()),
            "date" => ("Date32", new DateDecoder()),
            "timestamp without time zone" or "timestamp with time zone" => ("DateTime64(6, 'UTC')", new TimestampDecoder()),
            _ => throw new SourceException($"column {name} is of type {type}, which is not carried over; cast it in the extract's SELECT, for example {name}::text AS {name}"),
        };
        return new SourceColumn(name, type, nullable, mapped.ValueType, mapped.Decoder);
    }
}
