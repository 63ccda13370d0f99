using System.Globalization;
using System.Text;
using Reports.Charts;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;

namespace Reports.Mail;

/// <summary>A mail before it is sent.</summary>
/// <param name="Digest">Which digest it is.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Html">Its HTML part.</param>
/// <param name="Text">Its plain part.</param>
/// <param name="Day">The day of its sending in the digest's zone.</param>
/// <param name="Failures">Reports that failed in it; the mail says so.</param>
internal sealed record ComposedMail(DigestDefinition Digest, string Subject, string Html, string Text, DateOnly Day, IReadOnlyList<string> Failures);

/// <summary>One report inside a mail: its result, or why there is none.</summary>
internal sealed record DigestPart(DigestReport Item, ReportDefinition? Report, ReportRun? Run, ReportOutcome? Outcome, TableSink? Rows, string? Failure);

/// <summary>Makes the two parts of a digest's mail of the reports' results.</summary>
internal sealed class DigestMail(Templates templates, TimeProvider time, Uri? baseUrl)
{
    /// <summary>Mail clients cut off what is longer.</summary>
    public const int MostHtmlBytes = 100_000;
    // What fits into 640 pixels and into a line of plain text.
    private const int MostColumns = 5;

    /// <summary>The mail; where it would be too long for mail clients, it shows fewer rows and says so.</summary>
    public ComposedMail Compose(DigestDefinition digest, IReadOnlyList<DigestPart> parts)
    {
        var now = time.GetUtcNow();
        var here = TimeZoneInfo.ConvertTime(now, Schedules.Zone(digest.TimeZone)!);
        var day = DateOnly.FromDateTime(here.DateTime);
        var subject = templates.RenderText(digest.Path, digest.Subject, new
        {
            digest.Title,
            Date = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Week = ISOWeek.GetWeekOfYear(day).ToString(CultureInfo.InvariantCulture),
        });
        foreach (var most in (int[])[100, 25, 10, 5, 1])
        {
            var model = new
            {
                digest.Title,
                Subject = subject,
                Intro = digest.Intro.Trim(),
                Day = CellText.Day(day),
                Parts = parts.Select((p, i) => Section(p, i, most, now)).ToList(),
                Index = baseUrl is null ? null : new Uri(baseUrl, "index.html").AbsoluteUri,
                MadeAt = CellText.Instant(now),
                digest.Name,
            };
            var html = templates.Render("digest", model);
            if (Encoding.UTF8.GetByteCount(html) <= MostHtmlBytes || most == 1)
            {
                var failures = parts.Where(p => p.Failure is not null).Select(p => p.Item.Report);
                // A line break in a subject would end the header.
                return new ComposedMail(digest, subject.ReplaceLineEndings(" ").Trim(), html, templates.Render("digest-text", model), day, [.. failures]);
            }
        }

        throw new InvalidOperationException("unreachable: the last try always returns");
    }

    private object Section(DigestPart part, int number, int most, DateTimeOffset now)
    {
        var link = baseUrl is null ? null : new Uri(baseUrl, part.Item.Report + ".html").AbsoluteUri;
        if (part is not { Failure: null, Report: { } report, Run: { } run, Outcome: { } outcome, Rows: { } rows })
        {
            return new
            {
                IsFirst = number == 0, Title = part.Report?.Title ?? part.Item.Report, Asks = part.Report?.Asks, part.Failure, Link = link,
                Period = (string?)null, Age = (string?)null, IsEmpty = false, HasBars = false, BarTitle = "", BarClass = "", Columns = (object?)null, Rows = (object?)null, TextTable = (string?)null, Note = (string?)null,
            };
        }

        var table = new DigestTable(report, new TableModel(report, rows), Math.Min(part.Item.Rows, most), MostColumns);
        var age = Words.AgeOf(run.Freshness, now);
        return new
        {
            IsFirst = number == 0,
            report.Title,
            report.Asks,
            Failure = (string?)null,
            Link = link,
            Period = Words.PeriodOf(run),
            Age = age.Long.Length > 0 ? $"{(age.IsLoaded ? "data loaded " : "")}{age.Short} ({age.Long})" : age.Short,
            IsEmpty = table.Rows.Count == 0,
            table.HasBars,
            table.BarTitle,
            // On a phone, bars beside many columns would push them off the screen.
            BarClass = table.Columns.Count > 3 ? "crowded" : "narrow",
            table.Columns,
            table.Rows,
            TextTable = table.ToText(),
            Note = table.NoteOf(outcome),
        };
    }
}
