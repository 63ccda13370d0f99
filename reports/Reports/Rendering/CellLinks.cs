using System.Text.Json;
using Reports.Definitions;
using Reports.Running;
using Reports.Values;

namespace Reports.Rendering;

/// <summary>The addresses that the cells of a page lead to.</summary>
/// <param name="isWeb">Whether the page is served; else the other report is a file beside it, which shows its defaults.</param>
internal sealed class CellLinks(ReportRun run, TableModel table, bool isWeb)
{
    private readonly Dictionary<string, int> places = table.Columns.Select((c, i) => (c.Name, i)).DistinctBy(c => c.Name).ToDictionary();
    private readonly CellLink?[] links =
    [
        // What a public reader gets has no values.
        .. table.Columns.Select(c => run.PublicNote is null ? run.Report.Columns.GetValueOrDefault(c.Name)?.Link : null),
    ];

    /// <summary>A row's addresses, by column; null: a cell that leads nowhere.</summary>
    public IReadOnlyList<string?> Of(JsonElement[] row) =>
        [
            .. links.Select(link =>
                link?.Of(name => ValueOf(row, name), name => run.Parameters.FirstOrDefault(p => p.Parameter.Name == name).Value)
                    is { } values
                    ? AddressOf(link, values)
                    : null
            ),
        ];

    /// <summary>Whether a cell of it leads anywhere.</summary>
    public bool Any => links.Any(l => l is not null);

    private string AddressOf(CellLink link, IReadOnlyList<KeyValuePair<string, string>> values)
    {
        var query = string.Join('&', values.Select(v => $"{v.Key}={Uri.EscapeDataString(v.Value)}"));
        return (isWeb ? $"/reports/{link.Report}" : $"../{link.Report}.html") + (query.Length > 0 ? "?" + query : "");
    }

    private (bool Is, string? Value) ValueOf(JsonElement[] row, string name) =>
        places.TryGetValue(name, out var column) ? (true, TextOf(row[column], table.Columns[column].Format.Kind)) : (false, null);

    private static string? TextOf(JsonElement value, ColumnFormatKind kind) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => null,
            // Instants are asked about by their day.
            JsonValueKind.String when kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime => value.GetString()
                is { Length: >= 10 } at
                ? at[..10]
                : null,
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(i => i.ToString())),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => value.GetRawText(),
        };
}
