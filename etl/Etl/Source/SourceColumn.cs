using System.Globalization;
using System.Text.RegularExpressions;
using WarehouseSql.Native;

namespace Etl.Source;

/// <summary>A column of an extract: its name and type at the source, and how it is carried over.</summary>
/// <param name="Name">Its name in the extract's SELECT.</param>
/// <param name="PostgresType">PostgreSQL's name of the type, as <see cref="SourceTypeName"/> makes it.</param>
/// <param name="IsNullable">False for a table's NOT NULL column; true for any other and for each expression.</param>
/// <param name="ValueType">The ClickHouse type, without Nullable, that holds every value of it, or of an array's elements.</param>
/// <param name="Decoder">How its fields become the warehouse's bytes.</param>
internal sealed partial record SourceColumn(string Name, string PostgresType, bool IsNullable, string ValueType, ColumnDecoder Decoder)
{
    private const string ArraySuffix = "[]";

    /// <summary>The landed column's whole ClickHouse type.</summary>
    public string WarehouseType => NativeColumn.TypeOf(ValueType, IsNullable || IsArray, IsArray);

    /// <summary>Whether this column, as a cursor, is an instant and not a number.</summary>
    public bool IsInstant => PostgresType.StartsWith("timestamp", StringComparison.Ordinal);

    /// <summary>Whether a load can go on from its highest value: a number or a time, which an overlap can be taken from.</summary>
    public bool IsOrdered =>
        !IsArray
        && (
            IsInstant
            || PostgresType is "smallint" or "integer" or "bigint" or "real" or "double precision" or "date"
            || PostgresType.StartsWith("numeric", StringComparison.Ordinal)
        );

    /// <summary>A condition on this column, as a cursor: what a load can go on from; null: any value.</summary>
    public string? SoundLimit =>
        IsInstant || PostgresType == "date" ? $"<= now()::{PostgresType}"
        : IsFloating ? $"< {Infinity}"
        : null;

    /// <summary>As <see cref="SoundLimit"/>: what can only be a fault at the source.</summary>
    public string? OddLimit =>
        IsInstant || PostgresType == "date" ? $"> (now() + '1 day'::interval)::{PostgresType}"
        : IsFloating ? $">= {Infinity}"
        : null;

    // A numeric with limits holds NaN, which is above infinity, but can't be infinite.
    private string Infinity => $"'Infinity'::{(PostgresType.StartsWith("numeric", StringComparison.Ordinal) ? "numeric" : PostgresType)}";

    private bool IsFloating => PostgresType is "real" or "double precision" || PostgresType.StartsWith("numeric", StringComparison.Ordinal);

    /// <summary>
    /// Whether <paramref name="cursor"/>, a text that an earlier load kept of this column, means one value whatever the session's
    /// DateStyle.
    /// </summary>
    public bool IsClear(string cursor) => !(IsInstant || PostgresType == "date") || UnambiguousTime().IsMatch(cursor);

    private bool IsArray => PostgresType.EndsWith(ArraySuffix, StringComparison.Ordinal);

    public NativeColumn NewColumn() => new(Name, ValueType, IsNullable || IsArray, IsArray);

    /// <summary>The column of that PostgreSQL type (as <see cref="SourceTypeName"/> makes it).</summary>
    /// <exception cref="SourceException">The type isn't carried over.</exception>
    public static SourceColumn Of(string name, string type, bool nullable)
    {
        var isArray = type.EndsWith(ArraySuffix, StringComparison.Ordinal);
        var (valueType, decoder) =
            Mapped(isArray ? type[..^ArraySuffix.Length] : type)
            ?? throw new SourceException(
                $"column {name} is of type {type}, which is not carried over; cast it in the extract's SELECT, for example {name}::text AS {name}"
            );
        return new SourceColumn(name, type, nullable, valueType, isArray ? new ArrayDecoder(decoder) : decoder);
    }

    private static (string ValueType, ValueDecoder Decoder)? Mapped(string type) =>
        type switch
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
            "time without time zone" => ("Time64(6)", new NumberDecoder(8)),
            "timestamp without time zone" or "timestamp with time zone" => ("DateTime64(6, 'UTC')", new TimestampDecoder()),
            "numeric" => ("String", new NumericTextDecoder()),
            _ when LimitedNumeric().Match(type) is { Success: true, Groups: var limits } => Limited(Number(limits[1]), Number(limits[2])),
            _ => null,
        };

    // A negative scale rounds to tens and more, which takes as many digits more; a scale above the precision is that many zeros behind the
    // point.
    private static (string ValueType, ValueDecoder Decoder) Limited(int precision, int scale)
    {
        var digits = scale < 0 ? precision - scale : Math.Max(precision, scale);
        var decimals = Math.Max(scale, 0);
        return digits <= DecimalDecoder.MostDigits
            ? (string.Create(CultureInfo.InvariantCulture, $"Decimal({digits}, {decimals})"), new DecimalDecoder(digits, decimals))
            : ("String", new NumericTextDecoder());
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d{4,}-\d\d-\d\d|-?infinity$)")]
    private static partial Regex UnambiguousTime();

    [GeneratedRegex(@"^numeric\((\d+),(-?\d+)\)$")]
    private static partial Regex LimitedNumeric();
}
