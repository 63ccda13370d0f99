using System.Globalization;
using System.Text.Json;
using Reports.Mail;
using Reports.Rendering;

namespace Reports.Watching;

/// <summary>Makes the mail of rows that a watch found. What it holds stands in the mail and nowhere else.</summary>
internal sealed class WatchMail(Templates templates, TimeProvider time)
{
    private const int MostShown = 20;

    /// <summary>The mail; no figures are kept of it.</summary>
    public ComposedMail Compose(WatchDefinition watch, IReadOnlyList<JsonElement> rows)
    {
        var model = new
        {
            watch.Title,
            watch.Asks,
            Subject = rows.Count == 1 ? watch.Title : string.Create(CultureInfo.InvariantCulture, $"{watch.Title} ({rows.Count:N0})"),
            Rows = rows.Take(MostShown).Select(r => new { Fields = watch.Columns.Select(c => Field(watch, r, c.Key, c.Value)).Where(f => f.Text.Length > 0).ToList() }).ToList(),
            Rest = rows.Count <= MostShown ? [] : rows.Skip(MostShown).Select(r => string.Join(" · ", watch.Key.Select(k => WatchedSource.Text(r, k)))).ToList(),
            HasRest = rows.Count > MostShown,
            MadeAt = CellText.Instant(time.GetUtcNow()),
            watch.Name,
        };
        return new ComposedMail { Subject = model.Subject, Html = templates.Render("watch", model), Text = templates.Render("watch-text", model) };
    }

    private static WatchField Field(WatchDefinition watch, JsonElement row, string column, WatchColumn? header)
    {
        var text = WatchedSource.Text(row, column).Trim();
        return new WatchField(header?.Title ?? char.ToUpperInvariant(column[0]) + column[1..].Replace('_', ' '), text, text.Contains('\n', StringComparison.Ordinal));
    }

    /// <summary>A value with its heading.</summary>
    private sealed record WatchField(string Title, string Text, bool IsLong)
    {
        /// <summary>Its lines, indented for plain text.</summary>
        public string Indented => Text.ReplaceLineEndings("\n    ");
    }
}
