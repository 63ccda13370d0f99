using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace WarehouseSql.ClickHouse;

/// <summary>A column of a result: its name and ClickHouse type.</summary>
public readonly record struct ResultColumn(string Name, string Type);

/// <summary>The columns of a result.</summary>
public static class ResultColumns
{
    /// <summary>The place of the first column of that name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static int IndexOf(this IReadOnlyList<ResultColumn> columns, string name) =>
        columns.Select((c, i) => (c.Name, i)).First(c => c.Name == name).i;
}

/// <summary>A small result, whole in memory.</summary>
/// <param name="Columns">The columns in order.</param>
/// <param name="Rows">
/// The rows in order; each has a value per column, in JSON (64-bit integers as numbers, instants and days as text, NULL as null).
/// </param>
public sealed record ResultTable(IReadOnlyList<ResultColumn> Columns, IReadOnlyList<JsonElement[]> Rows)
{
    internal const string Format = "JSONCompactEachRowWithNamesAndTypes";

    /// <summary>The value in the only row and column.</summary>
    /// <exception cref="WarehouseException">There isn't exactly one row with one column.</exception>
    public JsonElement Scalar =>
        Rows is [[var value]]
            ? value
            : throw new WarehouseException(
                string.Create(CultureInfo.InvariantCulture, $"expected one value; found {Rows.Count} rows of {Columns.Count} columns")
            );

    /// <summary>The values of the only column as text.</summary>
    public IEnumerable<string> Texts => Rows.Select(r => r[0].ToString());

    /// <summary>
    /// A line of a result as UTF-8: a text of the server's may hold any bytes, and what is none becomes U+FFFD. Null where it is UTF-8 as
    /// it stands.
    /// </summary>
    public static byte[]? MendedUtf8(ReadOnlySpan<byte> line) =>
        Utf8.IsValid(line) ? null : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line));

    /// <summary>Reads what the server sends as <see cref="Format"/>: a line of names, one of types, one a row.</summary>
    /// <exception cref="JsonException">It isn't that.</exception>
    /// <exception cref="InvalidOperationException">It isn't that.</exception>
    internal static ResultTable Parse(ReadOnlyMemory<byte> lines)
    {
        var rows = new List<JsonElement[]>();
        while (lines.Length > 0)
        {
            var end = lines.Span.IndexOf((byte)'\n');
            var line = end < 0 ? lines : lines[..end];
            lines = end < 0 ? default : lines[(end + 1)..];
            if (line.Length > 0)
            {
                using var document = JsonDocument.Parse(MendedUtf8(line.Span) ?? line);
                rows.Add([.. document.RootElement.EnumerateArray().Select(e => e.Clone())]);
            }
        }

        if (rows.Count < 2)
        {
            return new ResultTable([], []);
        }

        var columns = rows[0].Zip(rows[1], (name, type) => new ResultColumn(name.GetString()!, type.GetString()!));
        return new ResultTable([.. columns], rows[2..]);
    }
}
