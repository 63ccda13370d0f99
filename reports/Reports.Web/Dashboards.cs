using System.Globalization;
using System.Text;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;

namespace Reports.Web;

/// <summary>
/// Dashboards: the reports of a digest's file on one page, with parameters that they share. A mail of it is what a reader gets on the
/// file's schedule; with <c>?wall</c> the page is one for a screen on a wall, which asks again by itself.
/// </summary>
internal sealed class Dashboards(
    IReadOnlyDictionary<string, DigestDefinition> digests,
    Questions questions,
    Answers answers,
    ReportPages pages,
    Templates templates,
    Forms forms,
    WebOptions options,
    TimeProvider time
)
{
    private const string Wall = "wall";
    private const int WallSeconds = 60;

    /// <summary>All of them, for the list of reports.</summary>
    public IReadOnlyList<DashboardCard> Cards { get; } =
    [.. digests.Values.Select(d => new DashboardCard("/dashboards/" + d.Name, d.Title, d.Intro.Trim(), d.Reports.Count))];

    /// <summary>Answers with the page of one.</summary>
    /// <exception cref="WebFault">There is none of that name, or the query is too long.</exception>
    public async Task WriteAsync(HttpContext context, string name)
    {
        var (reader, token) = (context.Reader(), context.RequestAborted);
        var digest = digests.TryGetValue(name, out var found)
            ? found
            : throw new WebFault(
                404,
                "No such dashboard",
                $"there is no dashboard '{ParameterFault.Cut(name)}'{Closest.Of(ParameterFault.Cut(name), digests.Keys, "dashboards")}"
            );
        var items = digest.Reports.Select(i => (Item: i, Report: questions.Report(reader, i.Report))).ToList();
        var shared = items
            .SelectMany(i => i.Report.Parameters.Concat(i.Report.Further))
            .GroupBy(p => (p.Name, p.Type))
            .Select(g => g.First())
            .DistinctBy(p => p.Name)
            .ToList();
        var (given, faults) = Given(context, digest, shared);
        var isWall = context.Request.Query.ContainsKey(Wall);
        var parts = new List<(DigestReport Item, ReportDefinition Report, ReportRun? Run, string? Fault)>();
        foreach (var (item, report) in items)
        {
            var values = new Dictionary<string, string>(item.Params);
            foreach (var (key, value) in given.Where(g => report.Find(g.Key)?.Type == shared.First(s => s.Name == g.Key).Type))
            {
                values[key] = value;
            }

            var wrong = new List<ParameterFault>();
            var run = faults.Count > 0 ? null : await questions.PrepareAsync(reader, report, values, wrong, time, token, digest.Zone);
            parts.Add((item, report, run, wrong.Count > 0 ? Forms.Sentence(wrong) : null));
        }

        var sections = faults.Count > 0 ? [] : await AnswerAsync(parts, reader, token);
        if (sections.Any(s => s.IsWaiting))
        {
            context.Response.Headers["Refresh"] = "2";
        }
        else if (isWall)
        {
            context.Response.Headers["Refresh"] = WallSeconds.ToString(CultureInfo.InvariantCulture);
        }

        var form = await forms.OfAsync("/dashboards/" + digest.Name, shared, given, faults, token);
        await context.WriteAsync(
            Encoding.UTF8.GetBytes(
                templates.Render("dashboard", pages.Dashboard(digest, sections, form, isWall, context.Request.QueryString.Value))
            ),
            faults.Count > 0 ? 400 : 200
        );
    }

    private static (Dictionary<string, string> Given, List<ParameterFault> Faults) Given(
        HttpContext context,
        DigestDefinition digest,
        List<ReportParameter> shared
    )
    {
        Questions.CheckLength(context.Request);
        var (given, faults) = (new Dictionary<string, string>(), new List<ParameterFault>());
        foreach (var (key, values) in context.Request.Query.Where(q => q.Key != Wall))
        {
            if (shared.All(p => p.Name != key))
            {
                faults.Add(ParameterFault.Unknown(digest.Name, key, shared));
            }
            // An empty field of the form leaves each report what it has.
            else if (string.Join(',', values.AsEnumerable()) is { Length: > 0 } value)
            {
                given[key] = value;
            }
        }

        return (given, faults);
    }

    // All are asked at once; what takes longer than readers wait is shown by the page's next visit, and the others meanwhile.
    private async Task<List<DashboardSection>> AnswerAsync(
        List<(DigestReport Item, ReportDefinition Report, ReportRun? Run, string? Fault)> parts,
        Reader reader,
        CancellationToken token
    )
    {
        var (holds, isDone) = (new List<AnswerHold?>(), false);
        try
        {
            parts.ForEach(p => holds.Add(p.Run is null ? null : answers.Ask(p.Run, Answers.Rows)));
            var all = Task.WhenAll(holds.OfType<AnswerHold>().Select(h => h.Answer.Ended));
            isDone = await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(options.PatienceSeconds), token)) == all;
            var sections = new List<DashboardSection>();
            foreach (var (part, hold) in parts.Zip(holds))
            {
                sections.Add(
                    hold is null ? ReportPages.Section(part.Report, part.Fault ?? "")
                    : hold.Answer.Ended.IsCompleted ? await SectionAsync(part.Item, part.Run!, hold.Answer, reader, token)
                    : ReportPages.Section(part.Report, null)
                );
            }

            return sections;
        }
        finally
        {
            Release(holds, isDone ? TimeSpan.Zero : Site.Grace);
        }
    }

    private static void Release(List<AnswerHold?> holds, TimeSpan after) =>
        _ = Task.Delay(after, CancellationToken.None)
            .ContinueWith(
                _ => holds.ForEach(h => h?.Dispose()),
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );

    private async Task<DashboardSection> SectionAsync(
        DigestReport item,
        ReportRun run,
        Answer answer,
        Reader reader,
        CancellationToken token
    )
    {
        // The answer may have been asked by another page at another moment: its run says what the figures are of.
        var rows = new TableSink(ReportPages.ShownRows, answer.Run.Report);
        try
        {
            var outcome = await WebFormat.HandOnAsync(answer, answer.Run, reader, [rows], token);
            return pages.Section(answer.Run, outcome, rows, item.Rows, LinkTo(run));
        }
#pragma warning disable CA1031 // Whatever it is, the other reports are shown.
        catch (Exception e) when (!token.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return ReportPages.Section(run.Report, Message.Sentence(Faults.Of(e, reader).Message));
        }
    }

    private static string LinkTo(ReportRun run) =>
        Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(
            "/reports/" + run.Report.Name,
            run.Parameters.Where(p => p.Value.Length > 0).ToDictionary(p => p.Parameter.Name, string? (p) => p.Value)
        );
}
