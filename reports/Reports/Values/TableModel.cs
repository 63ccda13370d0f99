using System.Text.Json;
using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;

namespace Reports.Values;

/// <summary>A column as people see it.</summary>
internal sealed record ShownColumn(string Name, string Title, string? Is, ColumnFormat Format)
{
    /// <summary>Whether its values stand at the right.</summary>
    public bool IsNumber => Format.IsNumber;

    /// <summary>A column of a report's result, with what the header says of it.</summary>
    public static ShownColumn Of(ReportDefinition report, ResultColumn column)
    {
        if (report.Comparison is not null && !report.Columns.ContainsKey(column.Name) && Compared(report, column) is { } compared)
        {
            return compared;
        }

        var defined = report.Columns.GetValueOrDefault(column.Name);
        var format = defined?.Format ?? ColumnFormat.Infer(column.Name, column.Type);
        return new ShownColumn(column.Name, defined?.Title ?? TitleOf(column.Name, format), defined?.Is, format);
    }

    // The columns that a comparison puts beside a figure; null: it is another one.
    private static ShownColumn? Compared(ReportDefinition report, ResultColumn column)
    {
        if (column.Name.EndsWith(Comparison.Before, StringComparison.Ordinal))
        {
            var figure = Of(report, column with { Name = column.Name[..^Comparison.Before.Length] });
            return figure with { Name = column.Name, Title = figure.Title + " before", Is = null };
        }

        if (!column.Name.EndsWith(Comparison.Change, StringComparison.Ordinal))
        {
            return null;
        }

        var isShare = Of(report, column with { Name = column.Name[..^Comparison.Change.Length] }).Format.Kind == ColumnFormatKind.Percent;
        return new ShownColumn(
            column.Name,
            isShare ? "Change in points" : "Change",
            null,
            new ColumnFormat(ColumnFormatKind.Percent, 1) { IsChange = true }
        );
    }

    // is_virtual → Virtual, p90_s → P90, started_at → Started (UTC): what the ending says, the values show.
    private static string TitleOf(string name, ColumnFormat format)
    {
        var words = name;
        words =
            format.Kind is ColumnFormatKind.Seconds or ColumnFormatKind.DateTime or ColumnFormatKind.Date
            && words.LastIndexOf('_') is > 0 and var at
            && words[at..] is "_s" or "_at" or "_on"
                ? words[..words.LastIndexOf('_')]
                : words;
        words = words.StartsWith("is_", StringComparison.Ordinal) && words.Length > 3 ? words[3..] : words;
        words = words.Replace('_', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..] + (format.Kind == ColumnFormatKind.DateTime ? " (UTC)" : "");
    }
}

/// <summary>A cell as people see it.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Class">Its classes in a page's style; null: none.</param>
internal sealed record ShownCell(string Text, string? Class);

/// <summary>A value that stands for itself.</summary>
/// <param name="Change">How it changed since an earlier period; null: it isn't compared.</param>
internal sealed record Figure(string Title, string Text, string? Is, string? Change = null);

/// <summary>A result as people see it: titles, formatted cells; and the values for charts.</summary>
internal sealed class TableModel(ReportDefinition report, TableSink table)
{
    /// <summary>The columns in the result's order.</summary>
    public IReadOnlyList<ShownColumn> Columns { get; } = [.. table.Columns.Select(c => ShownColumn.Of(report, c))];

    /// <summary>The formatted rows.</summary>
    public IEnumerable<IReadOnlyList<ShownCell>> Rows =>
        Values.Select(r =>
            (IReadOnlyList<ShownCell>)
                [
                    .. r.Select(
                        (value, i) =>
                        {
                            var text = CellText.Of(value, Columns[i].Format);
                            var style =
                                Columns[i].IsNumber ? "n"
                                : Columns[i].Format.Kind is ColumnFormatKind.Date or ColumnFormatKind.DateTime ? "d"
                                : "";
                            style += text is null ? " null" : "";
                            return new ShownCell(text ?? "–", style.Length > 0 ? style.TrimStart() : null);
                        }
                    ),
                ]
        );

    /// <summary>The values of an only row as headed figures, where no chart is asked for; else none.</summary>
    public IReadOnlyList<Figure> Figures => report.Chart is null && Values.Count == 1 ? [.. FiguresOf([.. Rows.First()])] : [];

    // A figure's earlier value and its change stand below it, not beside it.
    private IEnumerable<Figure> FiguresOf(List<ShownCell> cells)
    {
        for (var i = 0; i < cells.Count; i++)
        {
            var isCompared =
                report.Comparison is not null && i + 2 < cells.Count && Columns[i + 1].Name == Columns[i].Name + Comparison.Before;
            yield return new Figure(
                Columns[i].Title,
                cells[i].Text,
                Columns[i].Is,
                isCompared ? $"{cells[i + 2].Text}, before {cells[i + 1].Text}" : null
            );
            i += isCompared ? 2 : 0;
        }
    }

    /// <summary>The values themselves.</summary>
    public IReadOnlyList<JsonElement[]> Values => table.Rows;

    /// <summary>What the report's chart is drawn of: all rows, also those that aren't here.</summary>
    public ChartPoints Points => points ??= table.Points ?? PointsOf(report.Chart!);

    private ChartPoints? points;

    /// <summary>The place of a column.</summary>
    public int IndexOf(string column) => table.Columns.IndexOf(column);

    /// <summary>A value as a number; null for NULL and for what is none.</summary>
    public double? Number(int row, int column) =>
        Values[row][column] is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : null;

    /// <summary>A value as people read it.</summary>
    public string Text(int row, int column) => Text(Values[row][column], column);

    /// <summary>A value of a column as people read it.</summary>
    public string Text(JsonElement value, int column) => CellText.Of(value, Columns[column].Format) ?? "(no value)";

    private ChartPoints PointsOf(ChartDefinition chart)
    {
        var points = new ChartPoints(chart, table.Columns);
        foreach (var row in Values)
        {
            points.Add(JsonSerializer.SerializeToUtf8Bytes(row));
        }

        return points;
    }
}
