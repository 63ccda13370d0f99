using System.Globalization;
using System.Text.Json;
using Reports.Definitions;
using Reports.Rendering;

namespace Reports.Charts;

/// <summary>One row of bars' values, or one line: a value for each place, null where there is none.</summary>
internal sealed record ChartSeries(string Name, IReadOnlyList<double?> Values, ColumnFormat Format);

/// <summary>What a chart draws.</summary>
internal sealed record ChartData
{
    /// <summary>Lines that can still be told apart; further ones stay in the table.</summary>
    public const int MostSeries = 6;

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

    /// <summary>The lowest value and 0, whichever is lower.</summary>
    public double Lowest => Math.Min(0, All.DefaultIfEmpty(0).Min());

    /// <summary>The highest value and 0, whichever is higher.</summary>
    public double Highest => Math.Max(0, All.DefaultIfEmpty(0).Max());

    private IEnumerable<double> All => Series.SelectMany(s => s.Values).OfType<double>();

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

    private static ChartData Bars(TableModel table, int x, List<int> y) => new()
    {
        IsLine = false,
        Title = TitleOf(table, x, y),
        Labels = DistinctLabels(table, x),
        Series = [.. y.Take(MostSeries).Select(c => new ChartSeries(
            table.Columns[c].Title, [.. Enumerable.Range(0, table.Values.Count).Select(row => table.Number(row, c))], table.Columns[c].Format))],
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
        var rows = Enumerable.Range(0, table.Values.Count).ToList();
        var times = rows.Select(r => TimeOf(table.Values[r][x])).ToList();
        var isTime = table.Columns[x].Format.Kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime && times.All(t => t is not null);
        // Each place once and, for instants, in time's order whatever the rows' order is.
        var places = rows.Select(r => (Key: table.Text(r, x), Time: times[r])).DistinctBy(p => p.Key).ToList();
        places = isTime ? [.. places.OrderBy(p => p.Time)] : places;
        var index = places.Select((p, i) => (p.Key, i)).ToDictionary(p => p.Key, p => p.i);

        ChartSeries Line(string name, int column, IEnumerable<int> of)
        {
            var values = new double?[places.Count];
            foreach (var row in of)
            {
                values[index[table.Text(row, x)]] = table.Number(row, column);
            }

            return new ChartSeries(name, values, table.Columns[column].Format);
        }

        List<ChartSeries> lines = series is { } by
            ? [.. rows.GroupBy(r => table.Text(r, by)).Select(g => Line(g.Key, y[0], g)).OrderByDescending(l => l.Values.Sum(v => Math.Abs(v ?? 0)))]
            : [.. y.Select(c => Line(table.Columns[c].Title, c, rows))];
        return new ChartData
        {
            IsLine = true,
            Title = TitleOf(table, x, y) + (series is { } s ? $", by {Lower(table.Columns[s].Title)}" : ""),
            Labels = [.. places.Select(p => p.Key)],
            Times = isTime ? [.. places.Select(p => p.Time!.Value)] : null,
            Series = [.. lines.Take(MostSeries)],
            SeriesLeftOut = Math.Max(0, lines.Count - MostSeries),
        };
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

    private static DateTime? TimeOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.UtcDateTime : null;
}
