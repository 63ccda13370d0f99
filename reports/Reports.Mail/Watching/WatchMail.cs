using System.Globalization;
using System.Text.Json;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Values;

namespace Reports.Mail.Watching;

/// <summary>Makes the mail of rows that a watch found. What it holds stands in the mail and nowhere else.</summary>
internal sealed class WatchMail(Templates templates, TimeProvider time)
{
    private const int MostShown = 20;

    /// <summary>The mail; no figures are kept of it.</summary>
    public ComposedMail Compose(WatchDefinition watch, IReadOnlyList<JsonElement> rows)
    {
        var model = new WatchModel(
            rows.Count == 1 ? watch.Title : string.Create(CultureInfo.InvariantCulture, $"{watch.Title} ({rows.Count:N0})"),
            [.. rows.Take(MostShown).Select(r => Row(watch, r))],
            [.. rows.Skip(MostShown).Select(r => string.Join(" · ", watch.Key.Select(k => WatchedSource.Text(r, k))))],
            CellText.Instant(time.GetUtcNow()),
            watch.Name
        );
        return new ComposedMail
        {
            Subject = model.Subject,
            Html = templates.Render("watch", model),
            Text = templates.RenderText("watch", model),
        };
    }

    private static WatchRow Row(WatchDefinition watch, JsonElement row) =>
        new([.. watch.Columns.Select(c => Field(row, c.Key, c.Value)).Where(f => f.Text.Length > 0)]);

    private static WatchField Field(JsonElement row, string column, WatchColumn? header)
    {
        var text = WatchedSource.Text(row, column).Trim();
        return new WatchField(
            header?.Title ?? char.ToUpperInvariant(column[0]) + column[1..].Replace('_', ' '),
            text,
            text.Contains('\n', StringComparison.Ordinal)
        );
    }
}

/// <summary>What the templates <c>watch</c> can name.</summary>
/// <param name="Subject">What was found, and how often.</param>
/// <param name="Rows">The rows that are shown whole.</param>
/// <param name="Rest">The keys of further rows.</param>
/// <param name="Name">The watch's name.</param>
internal sealed record WatchModel(string Subject, IReadOnlyList<WatchRow> Rows, IReadOnlyList<string> Rest, string MadeAt, string Name);

/// <summary>A row that was found: what of it isn't empty.</summary>
internal sealed record WatchRow(IReadOnlyList<WatchField> Fields);

/// <summary>A value with its heading.</summary>
/// <param name="IsLong">Whether it has several lines.</param>
internal sealed record WatchField(string Title, string Text, bool IsLong)
{
    /// <summary>Its lines, indented for plain text.</summary>
    public string Indented => Text.ReplaceLineEndings("\n    ");
}
