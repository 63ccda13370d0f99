using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Reports.Definitions;
using Reports.Values;

namespace Reports.Charts;

/// <summary>One row of bars' values, or one line: a value for each place, null where there is none.</summary>
internal sealed record ChartSeries(string Name, IReadOnlyList<double?> Values, ColumnFormat Format);

/// <summary>What a chart draws.</summary>
internal sealed record ChartData
{
    /// <summary>Lines that can still be told apart; further ones stay in the table.</summary>
    public const int MostSeries = 6;

    // A picture is no wider than so many dots.
    private const int MostPlaces = 1_000;

    /// <summary>A line over the places; else bars.</summary>
    public required bool IsLine { get; init; }

    /// <summary>What is drawn, in words.</summary>
    public required string Title { get; init; }

    /// <summary>The places' names.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The places' instants, where the x column holds such.</summary>
    public IReadOnlyList<DateTime>? Times { get; init; }

    /// <summary>The values.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>Series that were left out.</summary>
    public int SeriesLeftOut { get; init; }

    /// <summary>The rows that there are; of bars, only the first have labels and values here.</summary>
    public required int Rows { get; init; }

    /// <summary>The lowest value and 0, whichever is lower; of bars, those that aren't drawn too.</summary>
    public required double Lowest { get; init; }

    /// <summary>The highest value and 0, whichever is higher; of bars, those that aren't drawn too.</summary>
    public required double Highest { get; init; }

    /// <summary>The chart that the report's header asks for; null where it asks for none or there is no row.</summary>
    public static ChartData? Of(ReportDefinition report, TableModel table)
    {
        if (report.Chart is not { } chart || table.Values.Count == 0)
        {
            return null;
        }

        var x = table.IndexOf(chart.X);
        var y = chart.Y.Select(table.IndexOf).ToList();
        return chart.IsLine ? Lines(table, x, y, chart.Series is { } s ? table.IndexOf(s) : null) : Bars(table, x, y);
    }

    /// <summary>
    /// As it is drawn: a line of more places than a picture has dots keeps of each stretch, and for each series, the first, the lowest, the
    /// highest and the last value, through which the same picture goes (M4 aggregation: Jugel et al., VLDB 2014).
    /// </summary>
    public ChartData Drawn()
    {
        if (!IsLine || Labels.Count <= MostPlaces)
        {
            return this;
        }

        const int stretches = MostPlaces / 4;
        var kept = new SortedSet<int> { 0, Labels.Count - 1 };
        var (first, last) = Times is { } times ? (times[0].Ticks, times[^1].Ticks) : (0, Labels.Count - 1);
        int StretchOf(int place) => (int)((double)((Times?[place].Ticks ?? place) - first) / Math.Max(1, last - first) * (stretches - 1));
        foreach (var values in Series.Select(s => s.Values))
        {
            for (var begin = 0; begin < values.Count; )
            {
                // A gap stays one: its first place is kept, too.
                var (from, to, lowest, highest, gap) = (-1, -1, -1, -1, -1);
                var place = begin;
                for (var stretch = StretchOf(begin); place < values.Count && StretchOf(place) == stretch; place++)
                {
                    if (values[place] is not { } value)
                    {
                        gap = gap < 0 ? place : gap;
                        continue;
                    }

                    from = from < 0 ? place : from;
                    to = place;
                    lowest = lowest < 0 || value < values[lowest] ? place : lowest;
                    highest = highest < 0 || value > values[highest] ? place : highest;
                }

                kept.UnionWith([from, to, lowest, highest, gap]);
                begin = place;
            }
        }

        kept.Remove(-1);
        return this with
        {
            Labels = [.. kept.Select(i => Labels[i])],
            Times = Times is { } all ? [.. kept.Select(i => all[i])] : null,
            Series = [.. Series.Select(s => s with { Values = [.. kept.Select(i => s.Values[i])] })],
        };
    }

    private static ChartData Bars(TableModel table, int x, List<int> y) =>
        new()
        {
            IsLine = false,
            Title = TitleOf(table, x, y),
            Rows = table.Points.Count,
            Lowest = table.Points.Lowest.Take(MostSeries).Min(),
            Highest = table.Points.Highest.Take(MostSeries).Max(),
            Labels = DistinctLabels(table, x),
            Series =
            [
                .. y.Take(MostSeries)
                    .Select(c => new ChartSeries(
                        table.Columns[c].Title,
                        [.. Enumerable.Range(0, table.Values.Count).Select(row => table.Number(row, c))],
                        table.Columns[c].Format
                    )),
            ],
            SeriesLeftOut = Math.Max(0, y.Count - MostSeries),
        };

    // Bars of one name can't be told apart: they get the row's other texts too, until each name is there once.
    private static string[] DistinctLabels(TableModel table, int x)
    {
        string[] labels = [.. Enumerable.Range(0, table.Values.Count).Select(row => table.Text(row, x))];
        for (var c = 0; c < table.Columns.Count && labels.Distinct().Count() < labels.Length; c++)
        {
            if (c != x && table.Values.Any(r => r[c].ValueKind == JsonValueKind.String))
            {
                labels = [.. labels.Select((label, row) => $"{label} · {table.Text(row, c)}")];
            }
        }

        return labels;
    }

    private static ChartData Lines(TableModel table, int x, List<int> y, int? series)
    {
        var points = table.Points;
        var isDay = table.Columns[x].Format.Kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime;
        DateTime?[] times = isDay ? [.. points.Places.Select(TimeOf)] : [];
        var isTime = isDay && times.All(t => t is not null);
        // Each value of x is a place, however alike two of them look. What has several rows at one of them has as many places there: none
        // is left out.
        var turns = new Dictionary<(int Place, int Series), int>();
        var index = new Dictionary<(int Place, int Turn), int>();
        var rows = new (int Place, int Turn)[points.Count];
        for (var row = 0; row < rows.Length; row++)
        {
            ref var turn = ref CollectionsMarshal.GetValueRefOrAddDefault(turns, (points.PlaceOf(row), points.SeriesOf(row)), out _);
            rows[row] = (points.PlaceOf(row), turn++);
            index.TryAdd(rows[row], index.Count);
        }

        // For instants in time's order, whatever the rows' order is.
        (int Place, int Turn)[] places = [.. index.Keys];
        if (isTime)
        {
            places = [.. places.OrderBy(p => times[p.Place]).ThenBy(p => p.Turn)];
            for (var i = 0; i < places.Length; i++)
            {
                index[places[i]] = i;
            }
        }

        ChartSeries Line(string name, int of, int? only)
        {
            var line = new double?[places.Length];
            for (var row = 0; row < rows.Length; row++)
            {
                if (only is null || points.SeriesOf(row) == only)
                {
                    line[index[rows[row]]] = points.Number(row, of);
                }
            }

            return new ChartSeries(name, line, table.Columns[y[of]].Format);
        }

        // The series of the largest values first.
        var sums = new double[points.Names.Count];
        for (var row = 0; series is not null && row < rows.Length; row++)
        {
            sums[points.SeriesOf(row)] += Math.Abs(points.Number(row, 0) ?? 0);
        }

        List<ChartSeries> drawn = series is { } by
            ?
            [
                .. Enumerable
                    .Range(0, sums.Length)
                    .OrderByDescending(s => sums[s])
                    .Take(MostSeries)
                    .Select(s => Line(table.Text(Json(points.Names[s]), by), 0, s)),
            ]
            : [.. y.Take(MostSeries).Select((c, i) => Line(table.Columns[c].Title, i, null))];
        var numbers = drawn.SelectMany(s => s.Values).OfType<double>().Append(0).ToList();
        return new ChartData
        {
            IsLine = true,
            Title = TitleOf(table, x, y) + (series is { } s ? $", by {Lower(table.Columns[s].Title)}" : ""),
            Rows = points.Count,
            Lowest = numbers.Min(),
            Highest = numbers.Max(),
            Labels = new PlaceLabels([.. places.Select(p => points.Places[p.Place])], value => table.Text(value, x)),
            Times = isTime ? [.. places.Select(p => times[p.Place]!.Value)] : null,
            Series = drawn,
            SeriesLeftOut = Math.Max(0, (series is null ? y.Count : sums.Length) - MostSeries),
        };
    }

    private static JsonElement Json(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private static string TitleOf(TableModel table, int x, List<int> y)
    {
        var names = y.Select((c, i) => i == 0 ? table.Columns[c].Title : Lower(table.Columns[c].Title)).ToList();
        var values = names.Count == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
        return $"{values} by {Lower(table.Columns[x].Title)}";
    }

    // Not an abbreviation's: P90 stays, Day becomes day.
    private static string Lower(string title) =>
        title.Length > 1 && char.IsLower(title[1]) ? char.ToLowerInvariant(title[0]) + title[1..] : title;

    private static DateTime? TimeOf(string json) =>
        json[0] == '"'
        && DateTimeOffset.TryParse(json.AsSpan()[1..^1], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at.UtcDateTime
            : null;

    // Made when they are asked for: of a million places, few are written.
    private sealed class PlaceLabels(IReadOnlyList<string> places, Func<JsonElement, string> text) : IReadOnlyList<string>
    {
        public int Count => places.Count;

        // Instants of one second would all be called the same: such are called by what they are.
        public string this[int index] =>
            Shown(index) is var shown && (IsAlike(index, index - 1, shown) || IsAlike(index, index + 1, shown))
                ? places[index].Trim('"')
                : shown;

        public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private string Shown(int index) => text(Json(places[index]));

        private bool IsAlike(int index, int other, string shown) =>
            other >= 0 && other < Count && places[other] != places[index] && Shown(other) == shown;
    }
}
