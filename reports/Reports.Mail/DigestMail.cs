using System.Globalization;
using System.Text;
using Reports.Charts;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;

namespace Reports.Mail;

/// <summary>Makes the parts of a digest's mail of the reports' results.</summary>
internal sealed class DigestMail(Templates templates, TimeProvider time, Uri? baseUrl)
{
    /// <summary>Mail clients cut off what is longer.</summary>
    public const int MostHtmlBytes = 100_000;

    // What fits into 640 pixels and into a line of plain text.
    private const int MostColumns = 5;

    // All files of a mail together: many servers take no more than 10 MB, and base64 makes a third more of it.
    private const int MostFileBytes = 5_000_000;

    /// <summary>The mail; where it would be too long for mail clients, it shows fewer rows and says so.</summary>
    /// <param name="scheduled">The scheduled time that it is sent for.</param>
    /// <param name="banner">What readers have to know before they read it; null: nothing.</param>
    public ComposedMail Compose(DigestDefinition digest, DateTimeOffset scheduled, IReadOnlyList<DigestPart> parts, string? banner = null)
    {
        var now = time.GetUtcNow();
        var day = DayOf(digest, scheduled);
        var subject = SubjectOf(digest, scheduled);
        var files = FilesOf(parts);
        foreach (var most in (int[])[100, 25, 10, 5, 1])
        {
            var tables = parts.Select(p => TableOf(p, most)).ToList();
            var model = new DigestModel(
                digest.Title,
                subject,
                digest.Intro.Trim(),
                banner,
                CellText.Day(day),
                [.. parts.Select((p, i) => Section(digest, p, tables[i], FileNote(digest, p, files[i]), most >= 10, now))],
                baseUrl is null ? null : new Uri(baseUrl, "index.html").AbsoluteUri,
                CellText.Instant(now),
                digest.Name
            );
            var html = templates.Render("digest", model);
            if (Encoding.UTF8.GetByteCount(html) <= MostHtmlBytes || most == 1)
            {
                var figures = DigestFigures.Write(
                    parts
                        .Zip(tables)
                        .Where(p => p.Second is not null)
                        .Select(p => ShownFigures.Of(p.First, p.Second!, Math.Min(p.First.Item.Rows, most), scheduled))
                );
                return new ComposedMail
                {
                    Subject = subject,
                    Html = html,
                    Text = templates.RenderText("digest", model),
                    From = digest.From,
                    Files = [.. files.OfType<MailFile>()],
                    Figures = figures,
                    Checksum = DigestFigures.Checksum(figures),
                    Failures = [.. parts.Where(p => p.Failure is not null).Select(p => p.Item.Report)],
                };
            }
        }

        throw new InvalidOperationException("unreachable: the last try always returns");
    }

    /// <summary>A digest's subject for a scheduled time.</summary>
    /// <exception cref="ReportException">Its template is faulty.</exception>
    public string SubjectOf(DigestDefinition digest, DateTimeOffset scheduled)
    {
        var day = DayOf(digest, scheduled);
        var model = new SubjectModel(digest.Title, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ISOWeek.GetWeekOfYear(day));
        var subject = templates.RenderLine(digest.Path, digest.Subject, model);
        // A line break in a subject would end the header.
        return subject.ReplaceLineEndings(" ").Trim();
    }

    /// <summary>The scheduled day in the digest's zone.</summary>
    public static DateOnly DayOf(DigestDefinition digest, DateTimeOffset scheduled) => Days.Of(scheduled, digest.Zone);

    private static DigestTable? TableOf(DigestPart part, int most) =>
        part is { Failure: null, Report: { } report, Rows: { } rows }
            ? new DigestTable(report, new TableModel(report, rows), Math.Min(part.Item.Rows, most), MostColumns)
            : null;

    // A file's name is its report's; where two systems have reports of one name, or a digest asks a report twice, a number follows.
    private static List<MailFile?> FilesOf(IReadOnlyList<DigestPart> parts)
    {
        var left = MostFileBytes;
        var names = new HashSet<string>(StringComparer.Ordinal);
        var files = new List<MailFile?>();
        foreach (var part in parts)
        {
            if (part is not { Report: { } report, Outcome.Rows: > 0, Csv: { } csv } || csv.Length > left)
            {
                files.Add(null);
                continue;
            }

            var name = report.Name[(report.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
            var unique = Enumerable
                .Range(1, parts.Count)
                .Select(i => i == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"))
                .First(names.Add);
            left -= csv.Length;
            files.Add(new MailFile(unique + ".csv", csv));
        }

        return files;
    }

    // The web site shows the same days then, also later; where files are served, it is ignored.
    private static string QueryOf(DigestPart part)
    {
        var values =
            part.Run?.Parameters.Where(p => p.Parameter.Type == "Date" || p.Value != p.Parameter.Default)
                .Select(p => $"{p.Parameter.Name}={Uri.EscapeDataString(p.Value)}")
                .ToList()
            ?? [];
        return values.Count == 0 ? "" : "?" + string.Join('&', values);
    }

    private static string? FileNote(DigestDefinition digest, DigestPart part, MailFile? file) =>
        file is not null ? $"all rows in {file.Name}, attached"
        : digest.AttachKb > 0 && part.Outcome?.Rows > 0 ? "its CSV is too large to attach"
        : null;

    private DigestSection Section(
        DigestDefinition digest,
        DigestPart part,
        DigestTable? shown,
        string? fileNote,
        bool hasRoom,
        DateTimeOffset now
    )
    {
        var link = baseUrl is null ? null : new Uri(baseUrl, $"{part.Item.Report}.html{QueryOf(part)}").AbsoluteUri;
        if (shown is not { } table || part is not { Report: { } report, Run: { } run, Outcome: { } outcome, Rows: { } rows })
        {
            return new DigestSection
            {
                Title = part.Report?.Title ?? part.Item.Report,
                Asks = part.Report?.Asks,
                Link = link,
                Failure = part.Failure,
            };
        }

        var age = Sentences.AgeOf(run.Freshness, now);
        return new DigestSection
        {
            Title = report.Title,
            Asks = report.Asks,
            Link = link,
            Period = Sentences.PeriodOf(run, digest.Zone),
            Age = age.Long.Length > 0 ? $"{(age.IsLoaded ? "data loaded " : "")}{age.Short} ({age.Long})" : age.Short,
            IsEmpty = table.Rows.Count == 0,
            HasBars = table.HasBars,
            BarTitle = table.BarTitle,
            // On a phone, bars beside many columns would push them off the screen.
            BarClass = table.Columns.Count > 3 ? "crowded" : "narrow",
            Columns = table.Columns,
            Rows = table.Rows,
            TextTable = table.ToText(),
            Note = table.NoteOf(outcome, run.Note),
            Files = fileNote,
            Chart = hasRoom ? DigestChart.Of(ChartData.Of(report, new TableModel(report, rows))) : null,
        };
    }
}
