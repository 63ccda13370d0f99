using System.Text;
using System.Text.Json;
using Reports.Definitions;
using WarehouseSql.ClickHouse;

namespace Reports.Running;

/// <summary>What a chart needs of each of a result's rows, so that it is drawn of all of them, however few a page or mail shows.</summary>
internal sealed class ChartPoints
{
    private readonly bool isLine;
    private readonly int x;
    private readonly int series;
    private readonly int[] y;
    private readonly double[] values;
    private readonly Texts places = new();
    private readonly Texts names = new();
    private readonly List<int> placeOf = [];
    private readonly List<int> seriesOf = [];
    private readonly List<double> numbers = [];

    /// <summary>The points of no row yet.</summary>
    public ChartPoints(ChartDefinition chart, IReadOnlyList<ResultColumn> columns)
    {
        isLine = chart.IsLine;
        x = columns.IndexOf(chart.X);
        y = [.. chart.Y.Select(columns.IndexOf)];
        series = chart.Series is { } by ? columns.IndexOf(by) : -1;
        values = new double[y.Length];
        Lowest = new double[y.Length];
        Highest = new double[y.Length];
    }

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>The lowest value of each y and 0, whichever is lower.</summary>
    public double[] Lowest { get; }

    /// <summary>The highest value of each y and 0, whichever is higher.</summary>
    public double[] Highest { get; }

    /// <summary>
    /// The different values of x, as JSON, in the order of the rows that have them first; of bars, which are drawn of the first rows, none.
    /// </summary>
    public IReadOnlyList<string> Places => places.All;

    /// <summary>The different series, as JSON.</summary>
    public IReadOnlyList<string> Names => names.All;

    /// <summary>Which of <see cref="Places"/> a row is at.</summary>
    public int PlaceOf(int row) => placeOf[row];

    /// <summary>Which of <see cref="Names"/> a row belongs to.</summary>
    public int SeriesOf(int row) => seriesOf[row];

    /// <summary>A row's value of the y of that number.</summary>
    public double? Number(int row, int of) => numbers[(row * y.Length) + of] is var number && double.IsNaN(number) ? null : number;

    /// <summary>Takes one row: a JSON array with a value for each column.</summary>
    public void Add(ReadOnlySpan<byte> row)
    {
        var reader = new Utf8JsonReader(row);
        reader.Read();
        values.AsSpan().Fill(double.NaN);
        var (place, name) = (0, 0);
        for (var column = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; column++)
        {
            var start = (int)reader.TokenStartIndex;
            var number =
                reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var read) && double.IsFinite(read) ? read : double.NaN;
            reader.Skip();
            if (isLine && column == x)
            {
                place = places.Number(row[start..(int)reader.BytesConsumed]);
            }

            if (isLine && column == series)
            {
                name = names.Number(row[start..(int)reader.BytesConsumed]);
            }

            for (var i = Array.IndexOf(y, column); i >= 0; i = Array.IndexOf(y, column, i + 1))
            {
                values[i] = number;
                Lowest[i] = double.IsNaN(number) ? Lowest[i] : Math.Min(Lowest[i], number);
                Highest[i] = double.IsNaN(number) ? Highest[i] : Math.Max(Highest[i], number);
            }
        }

        Count++;
        if (isLine)
        {
            placeOf.Add(place);
            seriesOf.Add(name);
            numbers.AddRange(values);
        }
    }

    // Texts that come many times, each kept once.
    private sealed class Texts
    {
        private readonly Dictionary<string, int> known = new(StringComparer.Ordinal);
        private readonly List<string> all = [];

        public IReadOnlyList<string> All => all;

        public int Number(ReadOnlySpan<byte> utf8)
        {
            Span<char> buffer = utf8.Length <= 256 ? stackalloc char[utf8.Length] : new char[utf8.Length];
            var text = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
            if (!known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var number))
            {
                number = all.Count;
                all.Add(text.ToString());
                known.Add(all[number], number);
            }

            return number;
        }
    }
}
