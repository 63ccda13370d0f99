using Microsoft.AspNetCore.WebUtilities;
using Reports.Definitions;
using Reports.Rendering;

namespace Reports.Web;

/// <summary>
/// The periods that a page offers in words, as links that keep all other values. They hold the words and not the days, so that last month's
/// link is next month's last month.
/// </summary>
internal static class PeriodChoices
{
    private const string All = "All";

    private static readonly (string Title, string From, string To)[] Periods =
    [
        ("Last 7 days", "today-7", "today"),
        ("Last 30 days", "today-30", "today"),
        ("This month", "month", "today+1"),
        ("Last month", "month-1", "month"),
        ("This year", "year", "today+1"),
        ("Last year", "year-1", "year"),
        (All, "1970-01-01", "today+1"),
    ];

    private static readonly (string Title, string Value)[] Earlier =
    [
        ("The time before", ReportParameter.PeriodBefore),
        ("A year before", ReportParameter.YearBefore),
        ("Nothing", ""),
    ];

    /// <summary>The rows of links; none where the report asks about no period.</summary>
    public static IReadOnlyList<ChoiceRow> Of(
        string address,
        IEnumerable<ReportParameter> parameters,
        IReadOnlyDictionary<string, string> given
    )
    {
        var days = parameters.ToDictionary(p => p.Name);
        if (days.GetValueOrDefault("from")?.Type != "Date" || days.GetValueOrDefault("to")?.Type != "Date")
        {
            return [];
        }

        var compare = given.GetValueOrDefault(ReportParameter.Compare.Name, "");
        var periods = Periods.Select(p => new Choice(
            p.Title,
            // Before all there is nothing to compare it with.
            p.Title == All
                ? Link(("from", p.From), ("to", p.To), (ReportParameter.Compare.Name, ""))
                : Link(("from", p.From), ("to", p.To)),
            given.GetValueOrDefault("from", days["from"].Default) == p.From && given.GetValueOrDefault("to", days["to"].Default) == p.To
        ));
        var earlier = Earlier
            .Where(e => e.Value.Length > 0 || compare.Length > 0)
            .Select(e => new Choice(e.Title, Link((ReportParameter.Compare.Name, e.Value)), compare.Length > 0 && compare == e.Value));
        return days.ContainsKey(ReportParameter.Compare.Name)
            ? [new ChoiceRow("Period", [.. periods]), new ChoiceRow("Compare with", [.. earlier])]
            : [new ChoiceRow("Period", [.. periods])];

        string Link(params (string Name, string Value)[] changed)
        {
            var values = new Dictionary<string, string?>(given.ToDictionary(g => g.Key, string? (g) => g.Value));
            foreach (var (name, value) in changed)
            {
                values[name] = value.Length > 0 ? value : null;
            }

            return QueryHelpers.AddQueryString(address, values);
        }
    }
}
