using System.Text.RegularExpressions;
using Reports.Definitions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Reports.Running;

/// <summary>
/// A report's result as Parquet or Arrow: each column of a type that pandas, DuckDB, arrow-js and Excel's readers take for what it is.
/// </summary>
/// <remarks>
/// The server writes these files. By itself it makes numbers of instants and enums, bytes of large numbers and of UUIDs, and files that
/// readers refuse of texts that are no UTF-8; so the report stands in a SELECT that casts its columns.
/// </remarks>
internal static partial class ColumnarExport
{
    // Whole numbers of so many digits are decimals to every reader.
    private const string Most = "99999999999999999999999999999999999999";

    /// <summary>Settings for files that readers take without more ado: arrow-js knows no compression, Excel not every one.</summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } =
        new Dictionary<string, string>
        {
            ["output_format_arrow_compression_method"] = "none",
            ["output_format_arrow_string_as_string"] = "1",
            ["output_format_arrow_low_cardinality_as_dictionary"] = "0",
            ["output_format_parquet_compression_method"] = "snappy",
            ["output_format_parquet_string_as_string"] = "1",
            [Comparison.KeepOrder] = "0",
        };

    /// <summary>The statement to run.</summary>
    /// <param name="sql">What it would ask else, with these columns.</param>
    /// <exception cref="ReportException">A column has a type that these formats can't hold, or two have one name.</exception>
    public static string Of(ReportRun run, string sql, IReadOnlyList<ResultColumn> columns)
    {
        var path = Project.Relative(run.Report.Path);
        if (columns.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ReportException(
                $"{path}: two columns are called '{twice.Key}', and a file of columns has each name once: give one another name, or take CSV or JSON"
            );
        }

        var cast = columns.Select(c => $"{Cast($"_result.{ComparedColumn.Quote(c.Name)}", c.Type, c)} AS {ComparedColumn.Quote(c.Name)}");
        return $"SELECT {string.Join(", ", cast)} FROM ({sql}\n) AS _result";

        string Cast(string value, string type, ResultColumn column) =>
            Expression(value, type, column.Name)
            ?? throw new ReportException(
                $"{path}: the column '{column.Name}' is {column.Type}, which Parquet and Arrow have no counterpart of: CAST it to a type that they have, or take CSV or JSON"
            );
    }

    // The value in a type that readers know; null: there is none.
    private static string? Expression(string value, string type, string column)
    {
        var (name, arguments) = Split(type);
        return name switch
        {
            "Nullable" or "LowCardinality" when arguments == "Nothing" => $"CAST({value} AS Nullable(String))",
            "Nullable" or "LowCardinality" => Expression(value, arguments, column),
            "SimpleAggregateFunction" when Halves(arguments) is [_, var stored] => Expression(value, stored, column),
            "Array" => Nested(value, arguments, column),
            "Nothing" => $"CAST({value} AS Nullable(String))",
            "String" => $"toValidUTF8({value})",
            "FixedString" => $"toValidUTF8(toString({value}))",
            "Bool"
            or "Int8"
            or "Int16"
            or "Int32"
            or "Int64"
            or "UInt8"
            or "UInt16"
            or "UInt32"
            or "UInt64"
            or "Float32"
            or "Float64"
            or "Date"
            or "Date32" => value,
            "BFloat16" => $"toFloat32({value})",
            "DateTime" => $"toDateTime64({value}, 3, 'UTC')",
            "DateTime64" => $"toTimeZone({value}, 'UTC')",
            // Larger ones would be wrong in silence, or an error that names no column.
            "Int128" or "UInt128" =>
                $"if(throwIf({value} > toInt128('{Most}') OR {value} < toInt128('-{Most}'), {SqlText.Quote($"the column '{column}' has a number of more than 38 digits, the most that Parquet and Arrow hold: take CSV or JSON")}) = 0, CAST(toString({value}) AS Nullable(Decimal(38, 0))), NULL)",
            "Decimal" when int.Parse(arguments.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture) <= 38 => value,
            "Decimal" or "Int256" or "UInt256" or "Enum8" or "Enum16" or "UUID" or "IPv4" or "IPv6" or "Time" or "Time64" =>
                $"toString({value})",
            "JSON" or "Dynamic" or "Variant" => $"toValidUTF8(toString({value}))",
            _ when name.StartsWith("Interval", StringComparison.Ordinal) => $"toString({value})",
            "Map" => Halves(arguments) is [var key, var item]
            && Expression("k", key, column) is { } of
            && Expression("v", item, column) is { } to
                ? $"mapApply((k, v) -> ({of}, {to}), {value})"
                : null,
            // Its parts as they are, where they are such that need no cast.
            "Tuple" => Odd().IsMatch(arguments) ? null : value,
            _ => null,
        };
    }

    private static string? Nested(string value, string type, string column) =>
        Expression("x", type, column) is { } item
            ? item == "x"
                ? value
                : $"arrayMap(x -> {item}, {value})"
            : null;

    private static (string Name, string Arguments) Split(string type) =>
        type.IndexOf('(', StringComparison.Ordinal) is > 0 and var open && type[^1] == ')'
            ? (type[..open], type[(open + 1)..^1])
            : (type, "");

    // A map's key and value: split at the comma that stands in no brackets.
    private static string[] Halves(string arguments)
    {
        var depth = 0;
        for (var i = 0; i < arguments.Length; i++)
        {
            depth +=
                arguments[i] == '(' ? 1
                : arguments[i] == ')' ? -1
                : 0;
            if (arguments[i] == ',' && depth == 0)
            {
                return [arguments[..i].Trim(), arguments[(i + 1)..].Trim()];
            }
        }

        return [];
    }

    [GeneratedRegex(
        @"\b(FixedString|BFloat16|DateTime\b(?!64)|U?Int(128|256)|Decimal\((39|[4-7]\d)|Enum|UUID|IPv[46]|Time\b|Time64|Nothing|Interval|JSON|Dynamic|Variant|Aggregate)"
    )]
    private static partial Regex Odd();
}
