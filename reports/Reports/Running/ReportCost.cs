using System.Text.Json;
using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>What a report reads of a table.</summary>
/// <param name="Table">The table; of a view that is kept, the one with its rows.</param>
/// <param name="Rows">The rows that the server expects to read, of all its reads of the table.</param>
/// <param name="Parts">The parts that it reads.</param>
/// <param name="AllParts">The parts that the table has.</param>
internal sealed record TableCost(string Table, long Rows, long Parts, long AllParts);

/// <summary>What a report costs the warehouse.</summary>
/// <param name="Tables">What it reads, the most first.</param>
/// <param name="Seconds">How long each run took on the server.</param>
/// <param name="Rows">The rows of its result.</param>
/// <param name="RowsRead">The rows that it read.</param>
/// <param name="BytesRead">Their size, uncompressed.</param>
internal sealed record ReportCost(IReadOnlyList<TableCost> Tables, IReadOnlyList<double> Seconds, long Rows, long RowsRead, long BytesRead)
{
    /// <summary>The median of the runs.</summary>
    public double Median => Seconds.Order().ElementAt(Seconds.Count / 2);

    /// <summary>Reads what the server said.</summary>
    /// <param name="estimate">Its <c>EXPLAIN ESTIMATE</c>: database, table, parts, rows of each read.</param>
    /// <param name="plan">Its <c>EXPLAIN json = 1, indexes = 1</c>.</param>
    /// <param name="runs">Its answers to the runs, one row with their number of rows, in the format JSONCompact.</param>
    public static ReportCost Of(ResultTable estimate, string plan, IReadOnlyList<JsonElement> runs)
    {
        var parts = new Dictionary<string, (long Read, long All)>();
        using var json = JsonDocument.Parse(plan);
        AddParts(json.RootElement[0].GetProperty("Plan"), parts);
        var tables = estimate
            .Rows.GroupBy(r => $"{r[0].GetString()}.{r[1].GetString()}")
            .Select(t => new TableCost(
                t.First()[1].GetString()!,
                t.Sum(r => r[3].GetInt64()),
                parts.TryGetValue(t.Key, out var of) ? of.Read : t.Sum(r => r[2].GetInt64()),
                parts.GetValueOrDefault(t.Key).All
            ));
        var last = runs[^1].GetProperty("statistics");
        return new ReportCost(
            [.. tables.OrderByDescending(t => t.Rows)],
            [.. runs.Select(r => r.GetProperty("statistics").GetProperty("elapsed").GetDouble())],
            runs[^1].GetProperty("data")[0][0].GetInt64(),
            last.GetProperty("rows_read").GetInt64(),
            last.GetProperty("bytes_read").GetInt64()
        );
    }

    // What each node of the plan says of its table.
    private static void AddParts(JsonElement plan, Dictionary<string, (long Read, long All)> parts)
    {
        if (
            plan.TryGetProperty("Indexes", out var indexes)
            && indexes.ValueKind == JsonValueKind.Array
            && indexes.GetArrayLength() > 0
            && plan.TryGetProperty("Description", out var table)
        )
        {
            var (read, all) = parts.GetValueOrDefault(table.GetString()!);
            parts[table.GetString()!] = (
                read + indexes.EnumerateArray().Last().GetProperty("Selected Parts").GetInt64(),
                all + indexes.EnumerateArray().First().GetProperty("Initial Parts").GetInt64()
            );
        }

        if (plan.TryGetProperty("Plans", out var below))
        {
            foreach (var node in below.EnumerateArray())
            {
                AddParts(node, parts);
            }
        }
    }
}
