using System.Text;
using Reports.Values;

namespace Reports.Rendering;

/// <summary>What the template <c>page</c> can name.</summary>
/// <param name="Web">What a page that is served has besides; null: it is a file.</param>
/// <param name="Index">The address of the index; null: there is none.</param>
/// <param name="Files">Where the whole result is, in other forms.</param>
/// <param name="Note">What readers have to know of the rows; null: nothing.</param>
/// <param name="Period">The days that it looks at; null: it has no such.</param>
/// <param name="Data">How old the data is.</param>
/// <param name="Chart">Its chart; null: none.</param>
/// <param name="Figures">The values of an only row.</param>
/// <param name="Explained">The columns whose meaning is known.</param>
/// <param name="IsWide">Whether it needs wide paper.</param>
/// <param name="Count">How many rows there are, in words.</param>
/// <param name="Cut">What isn't shown, in words; null: all is.</param>
/// <param name="Took">How long the report ran, in words.</param>
internal sealed record PageModel(
    string Title,
    string Asks,
    string Name,
    string System,
    FormPart? Web,
    string? Index,
    IReadOnlyList<ReportLink> Files,
    string? Note,
    IReadOnlyList<GivenParameter> Parameters,
    string? Period,
    Age Data,
    ChartModel? Chart,
    IReadOnlyList<Figure> Figures,
    IReadOnlyList<ShownColumn> Columns,
    IReadOnlyList<ShownColumn> Explained,
    IReadOnlyList<ShownRow> Rows,
    bool IsWide,
    bool IsEmpty,
    string Count,
    string? Cut,
    string Sql,
    string MadeAt,
    string Took
);

/// <summary>A row of the table.</summary>
/// <param name="Cells">Its cells, for a template that prints them one by one.</param>
/// <param name="Links">Where each cell leads; null: none of them does.</param>
internal sealed record ShownRow(IReadOnlyList<ShownCell> Cells, IReadOnlyList<string?>? Links = null)
{
    /// <summary>Its cells as elements <c>td</c>: half of a long page's time would go into printing them one by one.</summary>
    public Html Markup
    {
        get
        {
            var row = new StringBuilder(32 * Cells.Count);
            for (var i = 0; i < Cells.Count; i++)
            {
                var (cell, link) = (Cells[i], Links?[i]);
                row.Append(cell.Class is null ? "<td>" : "<td class=\"").Append(cell.Class).Append(cell.Class is null ? "" : "\">");
                if (link is not null)
                {
                    Html.Escape(link, row.Append("<a href=\"")).Append("\">");
                }

                Html.Escape(cell.Text, row).Append(link is null ? "</td>" : "</a></td>");
            }

            return new Html(row.ToString());
        }
    }
}

/// <summary>A parameter and the value that the report ran with.</summary>
internal sealed record GivenParameter(string Name, string Is, string Value);

/// <summary>A page's chart.</summary>
/// <param name="Data">What an interactive chart draws, as JSON; null: it isn't interactive.</param>
/// <param name="Picture">The chart as SVG.</param>
/// <param name="Legend">The series, where there are several.</param>
/// <param name="Note">What isn't drawn; null: all is.</param>
internal sealed record ChartModel(string Title, bool IsLine, string? Data, Html Picture, IReadOnlyList<LegendEntry> Legend, string? Note);

/// <summary>A series of a chart and its colour's number.</summary>
internal sealed record LegendEntry(string Name, int Number);

/// <summary>What the template <c>form</c> can name.</summary>
internal sealed record FormModel(string Title, string Asks, string Name, string System, FormPart Web);

/// <summary>What the template <c>index</c> can name.</summary>
/// <param name="Count">How many reports there are, in words.</param>
/// <param name="Failed">How many failed, in words; null: none.</param>
/// <param name="Web">What an index that is served has besides; null: it is a file.</param>
internal sealed record IndexModel(string Count, string? Failed, string MadeAt, IndexPart? Web, IReadOnlyList<IndexSystem> Systems);

/// <summary>The reports of a system.</summary>
internal sealed record IndexSystem(string Name, string Count, IReadOnlyList<IndexReport> Reports);

/// <summary>A report's card.</summary>
/// <param name="Link">Where its page is.</param>
/// <param name="Chart">Its small picture as SVG; null: none.</param>
/// <param name="Figures">Its few values, where they are figures.</param>
/// <param name="Failure">Why it failed; null: it didn't.</param>
/// <param name="Rows">How many rows or parameters it has, in words; null: that isn't known.</param>
/// <param name="Data">How old its data is.</param>
internal sealed record IndexReport(
    string Link,
    string Title,
    string Asks,
    Html? Chart,
    IReadOnlyList<Figure> Figures,
    string? Failure,
    string? Rows,
    Age Data
);
