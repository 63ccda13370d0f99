using System.Text.RegularExpressions;

namespace Reports.Definitions;

/// <summary>
/// Where a column's cells lead: another report, with values made of the row and of this report's own. Written
/// <c>system/report?release={release}&amp;to={day}+1</c>; <c>{name}</c> is a column of the row or, where there is none such, a parameter.
/// </summary>
/// <param name="Report">"system/report".</param>
/// <param name="Values">The other report's parameters and the texts that their values are made of.</param>
public sealed partial record CellLink(string Report, IReadOnlyList<KeyValuePair<string, string>> Values)
{
    /// <summary>What headers look like, for messages.</summary>
    public const string Form = "system/report?parameter={column}";

    /// <summary>The columns and parameters that the values are made of.</summary>
    public IEnumerable<string> Names => Values.SelectMany(v => Place().Matches(v.Value)).Select(m => m.Groups["name"].Value);

    /// <summary>Reads a header's text; null: it isn't of the form.</summary>
    public static CellLink? Parse(string text)
    {
        var whole = Whole().Match(text);
        return whole.Success
            ? new CellLink(
                whole.Groups["report"].Value,
                [.. whole.Groups["name"].Captures.Zip(whole.Groups["value"].Captures, (n, v) => KeyValuePair.Create(n.Value, v.Value))]
            )
            : null;
    }

    /// <summary>The values for one row, those left out that are empty; null: a column that they are made of has no value there.</summary>
    /// <param name="column">A column's value in the row; null: it has none, or an empty one.</param>
    /// <param name="parameter">A parameter's value.</param>
    public IReadOnlyList<KeyValuePair<string, string>>? Of(Func<string, (bool Is, string? Value)> column, Func<string, string?> parameter)
    {
        var made = new List<KeyValuePair<string, string>>();
        foreach (var (name, text) in Values)
        {
            var isMissing = false;
            var value = Place()
                .Replace(
                    text,
                    place =>
                    {
                        var (isColumn, cell) = column(place.Groups["name"].Value);
                        isMissing |= isColumn && string.IsNullOrEmpty(cell);
                        return (isColumn ? cell : parameter(place.Groups["name"].Value)) ?? "";
                    }
                );
            if (isMissing)
            {
                return null;
            }

            if (value.Length > 0)
            {
                made.Add(KeyValuePair.Create(name, value));
            }
        }

        return made;
    }

    /// <summary>What is wrong with it beside the other reports; null: nothing.</summary>
    /// <param name="columns">The columns of the report that it stands in; null: they aren't known.</param>
    internal string? FaultIn(
        ReportDefinition report,
        IReadOnlyList<string>? columns,
        IReadOnlyDictionary<string, ReportDefinition> reports
    ) =>
        !reports.TryGetValue(Report, out var other) ? $"there is no report '{Report}'{Closest.Of(Report, reports.Keys, "reports")}"
        : Values.FirstOrDefault(v => other.Find(v.Key) is null).Key is { } unknown
            ? ParameterFault.Unknown(other.Name, unknown, other.Parameters).Message
        : columns is not null && Names.FirstOrDefault(n => !columns.Contains(n) && report.Find(n) is null) is { } none
            ? $"{report.Name} has neither a column nor a parameter '{none}'"
        : null;

    [GeneratedRegex(@"\A(?<report>[a-z0-9_-]+/[a-z0-9_-]+)(?:\?(?:(?<name>\w+)=(?<value>[^&=\r\n]+)(?:&(?=.)|\z))+)?\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"\{(?<name>\w+)\}")]
    private static partial Regex Place();
}
