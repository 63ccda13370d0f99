using System.Text.Json;
using Reports.Values;

namespace Reports.Charts;

/// <summary>A chart's data for the script that draws it interactively: the same values, texts and axis as in the picture.</summary>
internal static class ChartJson
{
    /// <summary>The data in JSON.</summary>
    public static string Of(ChartData whole)
    {
        var data = whole.Drawn();
        var places = data.IsLine ? data.Labels.Count : Math.Min(BarChart.MostBars, data.Labels.Count);
        var scale = Scale.Of(data.Lowest, data.Highest, data.Series[0].Format);
        return JsonSerializer.Serialize(
            new
            {
                line = data.IsLine,
                title = data.Title,
                labels = data.Labels.Take(places),
                times = data.Times?.Select(t => new DateTimeOffset(t, TimeSpan.Zero).ToUnixTimeMilliseconds()),
                // Lines get an axis of round numbers; bars are as long as in the picture.
                lowest = data.IsLine ? scale.Lowest : data.Lowest,
                highest = data.IsLine ? scale.Highest : data.Highest,
                step = scale.Step,
                ticks = scale.Ticks.Select(t => CellText.Short(t, data.Series[0].Format)),
                series = data.Series.Select(s => new
                {
                    name = s.Name,
                    values = s.Values.Take(places),
                    texts = s.Values.Take(places).Select(v => v is { } number ? CellText.OfNumber(number, s.Format) : "–"),
                }),
            }
        );
    }
}
