using System.Text.Json;

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

    /// <summary>Adds up what <c>EXPLAIN json = 1, indexes = 1</c> says of each table.</summary>
    /// <param name="plan">A node of the plan.</param>
    /// <param name="parts">Table → parts read and parts there.</param>
    public static void AddParts(JsonElement plan, Dictionary<string, (long Read, long All)> parts)
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
