using System.Globalization;
using System.Text.Json;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Web;

/// <summary>
/// A report's rows as the public gets them: no row tells of fewer sites than the header's <c>min_group</c>, and nothing tells what was
/// hidden.
/// </summary>
/// <remarks>
/// Groups of fewer sites become one row, "other", together with the smallest group that has enough. A site may be in several groups, so the
/// sum of small groups' sites doesn't tell how many sites there are; the large one among them makes sure that there are enough. Since
/// nothing is left out, no total of one state of the data gives a small group away; two states, before and after a load, can still be
/// compared, up to what the figures are rounded to. What can't be added up is empty in that row.
/// </remarks>
internal sealed class SmallGroups(PublicDefinition rule, IReadOnlyList<IRowSink> sinks) : IRowSink
{
    /// <summary>What the merged groups are called.</summary>
    public const string Other = "other";

    /// <summary>Groups that are looked at; what comes after them is merged, however many sites it has.</summary>
    public const int MostGroups = 10_000;

    private readonly List<JsonElement[]> rows = [];
    private IReadOnlyList<ResultColumn> columns = [];
    private int[] added = [];
    private int group;
    private int sites;
    private int known;
    private Merged? rest;

    /// <summary>The rows that went on. How many there were before would tell how many were merged.</summary>
    public long Shown { get; private set; }

    public void Begin(IReadOnlyList<ResultColumn> of)
    {
        // The last one says how many sites count towards min_group; it isn't shown.
        columns = rule.Of is null ? of : [.. of.SkipLast(1)];
        (group, sites) = (columns.IndexOf(rule.Group), columns.IndexOf(rule.Sites));
        known = rule.Of is null ? sites : columns.Count;
        added = [sites, .. rule.Add.Concat(rule.Cap.Keys).Select(columns.IndexOf).Where(c => c != sites)];
        foreach (var sink in sinks)
        {
            sink.Begin(columns);
        }
    }

    public void Row(ReadOnlySpan<byte> row)
    {
        var values = JsonSerializer.Deserialize<JsonElement[]>(row)!;
        if (rows.Count == MostGroups)
        {
            (rest ??= new Merged(this)).Add(values);
        }
        else
        {
            rows.Add(values);
        }
    }

    public ValueTask FlushAsync(CancellationToken token) => ValueTask.CompletedTask;

    public async ValueTask EndAsync(long? cutAfter, CancellationToken token)
    {
        if (rows.Select(r => r[group].ToString()).Distinct(StringComparer.Ordinal).Count() < rows.Count)
        {
            throw new ReportException($"a group has several rows (column {rule.Group}), and a report for the public has one a group");
        }

        foreach (var row in Shares(Merge()))
        {
            Shown++;
            foreach (var sink in sinks)
            {
                sink.Row(JsonSerializer.SerializeToUtf8Bytes(row));
            }
        }

        foreach (var sink in sinks)
        {
            await sink.FlushAsync(token);
            await sink.EndAsync(cutAfter, token);
        }
    }

    // The rows that are shown, then the merged one. Of a row that is its own, every value goes on that isn't counted anew.
    private List<object?[]> Merge()
    {
        var shown = rows.Where(r => KnownOf(r) >= rule.MinGroup).ToList();
        if (shown.Count == rows.Count && rest is null)
        {
            return [.. shown.Select(Own)];
        }

        // A group that calls itself "other" can't be told from the merged ones, so it is one of them.
        var smallest = shown.OrderBy(KnownOf).ThenByDescending(shown.IndexOf).FirstOrDefault();
        shown.RemoveAll(r => r == smallest || r[group].ToString() == Other);
        var merged = rest ?? new Merged(this);
        rows.Except(shown).ToList().ForEach(merged.Add);
        // Where even all sites together are too few, the row says that and nothing else.
        var isEnough = smallest is not null;
        var name = isEnough ? Other : string.Create(CultureInfo.InvariantCulture, $"fewer than {rule.MinGroup} sites");
        object? Value(int column) =>
            column == group ? name
            : isEnough && Array.IndexOf(added, column) is >= 0 and var i ? Rounded(merged.Sums[i])
            : null;
        return [.. shown.Select(Own), [.. columns.Select((_, c) => Value(c))]];
    }

    private object?[] Own(JsonElement[] row) =>
        [.. columns.Select((_, c) => rule.RoundTo > 1 && added.Contains(c) ? Rounded(Number(row[c], c)) : (object?)row[c])];

    // A share of exact figures would tell them.
    private List<object?[]> Shares(List<object?[]> shown)
    {
        foreach (var (share, of) in rule.Share.Select(s => (columns.IndexOf(s.Key), columns.IndexOf(s.Value))))
        {
            var parts = shown.Select(r => r[of] is JsonElement value ? Number(value, of) : r[of] as decimal?).ToList();
            var total = parts.Sum();
            shown.Zip(parts).ToList().ForEach(p => p.First[share] = total > 0 ? (double?)(p.Second / total) : null);
        }

        return shown;
    }

    private decimal? Rounded(decimal? number) =>
        number is { } value && rule.RoundTo > 1 ? Math.Round(value / rule.RoundTo, MidpointRounding.AwayFromZero) * rule.RoundTo : number;

    private decimal? Number(JsonElement value, int column) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.Number when value.TryGetDecimal(out var number) => number,
            _ => throw new ReportException($"the column {columns[column].Name} ({columns[column].Type}) can't be added up"),
        };

    private long KnownOf(JsonElement[] row) =>
        row[known].ValueKind == JsonValueKind.Number && row[known].TryGetInt64(out var number) ? number : 0;

    /// <summary>The sums of rows that are one row.</summary>
    private sealed class Merged(SmallGroups groups)
    {
        public decimal[] Sums { get; } = new decimal[groups.added.Length];

        public void Add(JsonElement[] row)
        {
            for (var i = 0; i < Sums.Length; i++)
            {
                Sums[i] += groups.Number(row[groups.added[i]], groups.added[i]) ?? 0;
            }
        }
    }
}
