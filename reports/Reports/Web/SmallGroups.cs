using System.Globalization;
using System.Text;
using System.Text.Json;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Web;

/// <summary>A report's rows as the public gets them: no row tells of fewer sites than the header's <c>min_group</c>, and nothing tells what was hidden.</summary>
/// <remarks>
/// Groups of fewer sites become one row, "other", together with the smallest group that has enough. A site may be in several groups, so the
/// sum of small groups' sites doesn't tell how many sites there are; the large one among them makes sure that there are enough. Since
/// nothing is left out, sums stay what they were and no total of one state of the data gives a small group away; two states, before and after a
/// load, can still be compared. What can't be added up is empty in that row.
/// </remarks>
internal sealed class SmallGroups(PublicDefinition rule, IReadOnlyList<IRowSink> sinks) : IRowSink
{
    /// <summary>What the merged groups are called.</summary>
    public const string Other = "other";

    /// <summary>Rows that are groups; a report with more isn't one for the public.</summary>
    public const int MostGroups = 10_000;

    private readonly List<JsonElement[]> rows = [];
    private IReadOnlyList<ResultColumn> columns = [];
    private int group;
    private int sites;

    /// <summary>The rows that went on. How many there were before would tell how many were merged.</summary>
    public long Shown { get; private set; }

    /// <summary>What readers are told.</summary>
    public static string NoteOf(PublicDefinition rule) => string.Create(CultureInfo.InvariantCulture,
        $"Groups of fewer than {rule.MinGroup} sites, and the smallest other one with them, are shown together as “{Other}”.");

    public void Begin(IReadOnlyList<ResultColumn> of)
    {
        columns = of;
        group = IndexOf(rule.Group);
        sites = IndexOf(rule.Sites);
        foreach (var sink in sinks)
        {
            sink.Begin(columns);
        }
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        if (rows.Count == MostGroups)
        {
            throw new ReportException($"the report has more than {MostGroups} rows, too many to be shown to the public");
        }

        rows.Add(JsonSerializer.Deserialize<JsonElement[]>(row)!);
    }

    public ValueTask FlushAsync(CancellationToken token) => ValueTask.CompletedTask;

    public async ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        if (rows.Select(r => r[group].ToString()).Distinct(StringComparer.Ordinal).Count() < rows.Count)
        {
            throw new ReportException($"a group has several rows (column {rule.Group}), and a report for the public has one a group");
        }

        foreach (var row in Merged())
        {
            Shown++;
            foreach (var sink in sinks)
            {
                sink.Row(row);
            }
        }

        foreach (var sink in sinks)
        {
            await sink.FlushAsync(token).ConfigureAwait(false);
            await sink.EndAsync(cutAfter, token).ConfigureAwait(false);
        }
    }

    private IEnumerable<byte[]> Merged()
    {
        var shown = rows.Where(r => SitesOf(r) >= rule.MinGroup).ToList();
        if (shown.Count == rows.Count)
        {
            return rows.Select(r => JsonSerializer.SerializeToUtf8Bytes(r));
        }

        // A group that calls itself "other" can't be told from the merged ones, so it is one of them.
        var smallest = shown.OrderBy(SitesOf).ThenByDescending(shown.IndexOf).FirstOrDefault();
        shown.RemoveAll(r => r == smallest || r[group].ToString() == Other);
        var merged = rows.Except(shown).ToList();
        return [.. shown.Select(r => JsonSerializer.SerializeToUtf8Bytes(r)), OtherRow(merged, isEnough: smallest is not null)];
    }

    // Where even all sites together are too few, the row says that and nothing else.
    private byte[] OtherRow(List<JsonElement[]> merged, bool isEnough)
    {
        var text = new StringBuilder("[");
        for (var c = 0; c < columns.Count; c++)
        {
            text.Append(c > 0 ? "," : "").Append(
                c == group ? JsonSerializer.Serialize(isEnough ? Other : string.Create(CultureInfo.InvariantCulture, $"fewer than {rule.MinGroup} sites"))
                : isEnough && (c == sites || rule.Add.Contains(columns[c].Name)) ? SumOf(merged, c)
                : "null");
        }

        return Encoding.UTF8.GetBytes(text.Append(']').ToString());
    }

    private string SumOf(List<JsonElement[]> merged, int column)
    {
        var values = merged.Select(r => r[column]).Where(v => v.ValueKind != JsonValueKind.Null).ToList();
        return values.All(v => v.ValueKind == JsonValueKind.Number && v.TryGetDecimal(out _)) ? values.Sum(v => v.GetDecimal()).ToString(CultureInfo.InvariantCulture)
            : throw new ReportException($"the column {columns[column].Name} ({columns[column].Type}) can't be added up");
    }

    private long SitesOf(JsonElement[] row) => row[sites].ValueKind == JsonValueKind.Number && row[sites].TryGetInt64(out var number) ? number : 0;

    private int IndexOf(string column) => columns.Select((c, i) => (c.Name, i)).First(c => c.Name == column).i;
}
