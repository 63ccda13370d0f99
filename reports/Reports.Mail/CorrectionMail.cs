using System.Globalization;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Values;

namespace Reports.Mail;

/// <summary>A figure that differs from what was sent.</summary>
/// <param name="Row">What tells its row from the others, in words; empty where there is one row.</param>
/// <param name="Column">Its column's title.</param>
/// <param name="Was">What was sent; empty: the row wasn't there.</param>
/// <param name="Is">What it is now; empty: the row is no longer there, or not among those that are shown.</param>
internal sealed record ChangedFigure(string Row, string Column, string Was, string Is);

/// <summary>Makes the mail that corrects a digest.</summary>
internal sealed class CorrectionMail(Templates templates, DigestMail digests, TimeProvider time)
{
    private const int MostChanges = 60;

    /// <summary>The mail; null where no figure of a closed period differs.</summary>
    /// <param name="shown">What the reader was shown last.</param>
    /// <param name="parts">What the reports return now.</param>
    /// <param name="later">What later digests have shown: figures that they cover aren't corrected.</param>
    public ComposedMail? Compose(
        DigestDefinition digest,
        DateTimeOffset scheduled,
        IReadOnlyList<ShownFigures> shown,
        IReadOnlyList<DigestPart> parts,
        IReadOnlyList<ShownFigures> later
    )
    {
        var sections = new List<(ShownFigures Now, DigestPart Part, IReadOnlyList<ChangedFigure> Changes)>();
        var figures = new List<ShownFigures>();
        foreach (var was in shown)
        {
            var now = parts
                .Where(p => p.Item.Report == was.Report && p.Failure is null)
                .Select(p => (Part: p, Figures: Now(p, was, scheduled)))
                .FirstOrDefault(p => IsSameQuestion(p.Figures, was));
            figures.Add(now.Figures ?? was);
            if (
                now.Figures is not null
                && was.IsClosed
                && !later.Any(l => l.Covers(was))
                && Compare(was, now.Figures) is { Count: > 0 } changes
            )
            {
                sections.Add((now.Figures, now.Part, changes));
            }
        }

        return sections.Count == 0 ? null : Render(digest, scheduled, sections, DigestFigures.Write(figures));
    }

    /// <summary>The figures that differ, in the order of what was sent; then the rows that are new.</summary>
    public static IReadOnlyList<ChangedFigure> Compare(ShownFigures was, ShownFigures now)
    {
        var changes = new List<ChangedFigure>();
        var names = NamesOf(was);
        var after = NamesOf(now).Zip(now.Rows).ToDictionary(r => r.First, r => r.Second, StringComparer.Ordinal);
        foreach (var (name, before) in names.Zip(was.Rows))
        {
            if (!after.Remove(name, out var row))
            {
                changes.Add(new ChangedFigure(name, "", Words(was, before), ""));
                continue;
            }

            changes.AddRange(
                was.Columns.Select((column, i) => new ChangedFigure(name, column, before[i], row[i])).Where(c => c.Was != c.Is)
            );
        }

        changes.AddRange(NamesOf(now).Where(after.ContainsKey).Select(n => new ChangedFigure(n, "", "", Words(now, after[n]))));
        return changes;
    }

    // As many rows and columns as could be shown then.
    private static ShownFigures Now(DigestPart part, ShownFigures was, DateTimeOffset scheduled) =>
        ShownFigures.Of(
            part,
            new DigestTable(part.Report!, new TableModel(part.Report!, part.Rows!), was.Most, was.Columns.Count),
            was.Most,
            scheduled
        );

    private static bool IsSameQuestion(ShownFigures now, ShownFigures was) =>
        now.Sql == was.Sql
        && now.Columns.SequenceEqual(was.Columns)
        && now.Params.OrderBy(p => p.Key, StringComparer.Ordinal).SequenceEqual(was.Params.OrderBy(p => p.Key, StringComparer.Ordinal));

    // What isn't a number names a row; rows of one name are told apart by their order.
    private static List<string> NamesOf(ShownFigures figures)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return
        [
            .. figures.Rows.Select(r =>
            {
                var name = string.Join(" · ", r.Where((_, i) => !figures.Numbers[i]));
                var count = seen[name] = seen.GetValueOrDefault(name) + 1;
                return count == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({count})");
            }),
        ];
    }

    private static string Words(ShownFigures figures, IReadOnlyList<string> row) =>
        string.Join(
            ", ",
            row.Select((text, i) => (text, i)).Where(c => figures.Numbers[c.i]).Select(c => $"{figures.Columns[c.i]} {c.text}")
        );

    private ComposedMail Render(
        DigestDefinition digest,
        DateTimeOffset scheduled,
        IReadOnlyList<(ShownFigures Now, DigestPart Part, IReadOnlyList<ChangedFigure> Changes)> sections,
        string figures
    )
    {
        var day = CellText.Day(DigestMail.DayOf(digest, scheduled));
        var model = new CorrectionModel(
            digest.Title,
            $"Correction: {digests.SubjectOf(digest, scheduled)}",
            day,
            [.. sections.Select(s => Section(s.Part, s.Changes, digest.Zone))],
            CellText.Instant(time.GetUtcNow()),
            digest.Name
        );
        return new ComposedMail
        {
            Subject = model.Subject,
            Html = templates.Render("correction", model),
            Text = templates.RenderText("correction", model),
            From = digest.From,
            Figures = figures,
            Checksum = DigestFigures.Checksum(figures),
            About = (MailKind.Digest, new Occurrence.Scheduled(scheduled)),
        };
    }

    private static CorrectionSection Section(DigestPart part, IReadOnlyList<ChangedFigure> changes, TimeZoneInfo zone)
    {
        List<ChangedFigure> shown =
        [
            .. changes
                .Take(MostChanges)
                .Select(c => c with { Was = c.Was.Length == 0 ? "not there" : c.Was, Is = c.Is.Length == 0 ? "no longer there" : c.Is }),
        ];
        return new CorrectionSection(
            part.Report!.Title,
            Rendering.Sentences.PeriodOf(part.Run!, zone),
            shown,
            TextTable.Of(
                [new("Row", false), new("Figure", false), new("Was", true), new("Is", true)],
                [.. shown.Select(c => (IReadOnlyList<string>)[c.Row, c.Column, c.Was, c.Is])]
            ),
            changes.Count > MostChanges ? $"{CellText.Count(changes.Count - MostChanges, "further figure")} changed as well" : null
        );
    }
}

/// <summary>What the templates <c>correction</c> can name.</summary>
/// <param name="Day">The day of the mail that it corrects.</param>
internal sealed record CorrectionModel(
    string Title,
    string Subject,
    string Day,
    IReadOnlyList<CorrectionSection> Sections,
    string MadeAt,
    string Name
);

/// <summary>A report whose figures changed.</summary>
/// <param name="Period">The days that it looks at; null: it has no such.</param>
/// <param name="TextTable">The changes as plain text.</param>
/// <param name="Note">What isn't shown; null: all is.</param>
internal sealed record CorrectionSection(
    string Title,
    string? Period,
    IReadOnlyList<ChangedFigure> Changes,
    string TextTable,
    string? Note
);
