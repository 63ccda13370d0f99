using System.Text.RegularExpressions;

namespace Reports.Tests;

/// <summary>What kind of values a column holds, whichever engine keeps them.</summary>
internal enum SchemaKind
{
    Text,
    Boolean,
    Whole,
    Number,
    Decimal,
    Day,
    Instant,
    Uuid,
    List,
}

/// <summary>A column's type, as ClickHouse writes it and as DuckDB does.</summary>
/// <param name="ClickHouse">For example <c>LowCardinality(Nullable(String))</c>.</param>
/// <param name="Kind">What values it holds.</param>
/// <param name="IsNullable">Whether NULL is one of them.</param>
/// <param name="DuckDb">The type of DuckDB that holds the same values.</param>
/// <param name="Element">The items' type of a list.</param>
internal sealed partial record SchemaColumnType(
    string ClickHouse,
    SchemaKind Kind,
    bool IsNullable,
    string DuckDb,
    SchemaColumnType? Element = null
)
{
    private static readonly Dictionary<string, (SchemaKind Kind, string DuckDb)> Simple = new()
    {
        ["String"] = (SchemaKind.Text, "VARCHAR"),
        ["Bool"] = (SchemaKind.Boolean, "BOOLEAN"),
        ["Int8"] = (SchemaKind.Whole, "TINYINT"),
        ["Int16"] = (SchemaKind.Whole, "SMALLINT"),
        ["Int32"] = (SchemaKind.Whole, "INTEGER"),
        ["Int64"] = (SchemaKind.Whole, "BIGINT"),
        ["UInt8"] = (SchemaKind.Whole, "UTINYINT"),
        ["UInt16"] = (SchemaKind.Whole, "USMALLINT"),
        ["UInt32"] = (SchemaKind.Whole, "UINTEGER"),
        ["UInt64"] = (SchemaKind.Whole, "UBIGINT"),
        ["Float32"] = (SchemaKind.Number, "FLOAT"),
        ["Float64"] = (SchemaKind.Number, "DOUBLE"),
        ["Date"] = (SchemaKind.Day, "DATE"),
        ["Date32"] = (SchemaKind.Day, "DATE"),
        ["UUID"] = (SchemaKind.Uuid, "UUID"),
    };

    /// <summary>The type of ClickHouse's name for it.</summary>
    /// <exception cref="NotSupportedException">It has no counterpart here yet.</exception>
    public static SchemaColumnType Parse(string type)
    {
        if (Inner(type, "LowCardinality") is { } plain)
        {
            return Parse(plain) with { ClickHouse = type };
        }

        if (Inner(type, "Nullable") is { } nullable)
        {
            return Parse(nullable) with { ClickHouse = type, IsNullable = true };
        }

        if (Inner(type, "Array") is { } item)
        {
            var element = Parse(item);
            return new SchemaColumnType(type, SchemaKind.List, false, element.DuckDb + "[]", element);
        }

        if (Simple.TryGetValue(type, out var simple))
        {
            return new SchemaColumnType(type, simple.Kind, false, simple.DuckDb);
        }

        // Instants are UTC everywhere (CONVENTIONS), and DuckDB's TIMESTAMP has no zone and microseconds.
        return Instant().IsMatch(type) ? new SchemaColumnType(type, SchemaKind.Instant, false, "TIMESTAMP")
            : DecimalType().Match(type) is { Success: true } match
                ? new SchemaColumnType(type, SchemaKind.Decimal, false, $"DECIMAL({match.Groups["digits"]})")
            : throw new NotSupportedException(
                $"the offline tests know no DuckDB type for ClickHouse's {type}; add it to {nameof(SchemaColumnType)}"
            );
    }

    /// <summary>What ClickHouse stores where a row says nothing, as <see cref="ReportTestValue"/> reads it.</summary>
    public object? Default =>
        IsNullable
            ? null
            : Kind switch
            {
                SchemaKind.Text => "",
                SchemaKind.Boolean => false,
                SchemaKind.Whole => (Int128)0,
                SchemaKind.Number => 0d,
                SchemaKind.Decimal => 0m,
                SchemaKind.Day => DateOnly.FromDateTime(DateTime.UnixEpoch),
                SchemaKind.Instant => DateTime.UnixEpoch,
                SchemaKind.Uuid => Guid.Empty.ToString(),
                _ => new List<object?>(),
            };

    /// <summary>The lowest and highest whole number of the type.</summary>
    public (Int128 Lowest, Int128 Highest) Range
    {
        get
        {
            var bits = DuckDb.TrimStart('U') switch
            {
                "TINYINT" => 8,
                "SMALLINT" => 16,
                "INTEGER" => 32,
                _ => 64,
            };
            return DuckDb[0] == 'U' ? (0, ((Int128)1 << bits) - 1) : (-((Int128)1 << (bits - 1)), ((Int128)1 << (bits - 1)) - 1);
        }
    }

    /// <summary>What stands in the brackets of <c>wrapper(…)</c>; null where the type isn't wrapped so.</summary>
    public static string? Inner(string type, string wrapper) =>
        type.StartsWith(wrapper + "(", StringComparison.Ordinal) && type[^1] == ')' ? type[(wrapper.Length + 1)..^1] : null;

    [GeneratedRegex(@"^DateTime(64\([0-6], 'UTC'\)|\('UTC'\))$")]
    private static partial Regex Instant();

    [GeneratedRegex(@"^Decimal\((?<digits>\d+, ?\d+)\)$")]
    private static partial Regex DecimalType();
}
