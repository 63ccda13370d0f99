using System.Globalization;
using System.Text;
using Reports.Catalogs;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using WarehouseSql.Definitions;

namespace Reports.Web;

/// <summary>Reports for people: their list, a page each, the catalogue, the loads, the mails.</summary>
internal sealed class Site(
    Lazy<Catalog> catalog,
    Questions questions,
    Answers answers,
    WarehouseState state,
    ReportPages pages,
    CatalogPage catalogue,
    Templates templates,
    MailsPage mails,
    Forms forms,
    Dashboards dashboards,
    WebOptions options,
    TimeProvider time
)
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>How long an answer that isn't there yet is gone on with.</summary>
    // A browser comes back for a page that takes long; between two of its visits nobody else waits for the answer.
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lazy<byte[]> cataloguePage = new(() => catalogue.Render(catalog.Value, hasPages: true, isWeb: true));

    /// <summary>Maps the addresses.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Reading, IndexAsync);
        routes.MapMethods("/reports/{system}/{name}", Reading, ReportAsync);
        // Where mails link to, so that they find what they mean by files and by this site.
        routes.MapMethods("/index.html", Reading, (HttpContext context) => context.Response.Redirect("/"));
        routes.MapMethods(
            "/{system}/{name}.html",
            Reading,
            (HttpContext context, string system, string name) =>
                // The values of a mail's link are an analyst's; a public reader gets the report as it stands.
                context.Response.Redirect(
                    $"/reports/{questions.Report(context.Reader(), system, name).Name}{(context.Reader().Role == Role.Public ? default : context.Request.QueryString)}"
                )
        );
        var analysts = routes.MapGroup("").RequireAuthorization(nameof(Role.Analyst));
        analysts.MapMethods("/catalogue", Reading, (HttpContext context) => context.WriteAsync(cataloguePage.Value));
        analysts.MapMethods("/dashboards/{name}", Reading, dashboards.WriteAsync);
        analysts.MapMethods("/loads", Reading, LoadsAsync);
        analysts.MapMethods("/mails", Reading, mails.WriteAsync);
    }

    private async Task IndexAsync(HttpContext context)
    {
        var reader = context.Reader();
        var loads = await state.LoadsAsync(context.RequestAborted);
        var words = context.Request.Query["q"].ToString();
        words = words.Length <= 200 ? words : words[..200];
        var entries = questions
            .Find(reader, words)
            .Select(r => new IndexEntry(r, 0, null, [], loads.Of(r.Sql), null, TimeSpan.Zero))
            .ToList();
        var web = new IndexPart(Assets.Links, words, reader.Role == Role.Analyst, context.Request.Cookies.ContainsKey(Access.Cookie))
        {
            Dashboards = reader.Role == Role.Analyst && words.Length == 0 ? dashboards.Cards : [],
        };
        await context.WriteAsync(pages.Index(entries, web));
    }

    private async Task ReportAsync(HttpContext context, string system, string name)
    {
        var (reader, token) = (context.Reader(), context.RequestAborted);
        var report = questions.Report(reader, system, name);
        var faults = new List<ParameterFault>();
        var given = Questions.Given(reader, report, context.Request, faults);
        var run = await questions.PrepareAsync(reader, report, given, faults, time, token);
        var form =
            reader.Role == Role.Public
                ? new FormPart(Assets.Links, [], Forms.Sentence(faults))
                : await forms.OfAsync(report, given, run?.Parameters, faults, token);
        if (run is null)
        {
            await context.WriteAsync(pages.Form(report, form), 400);
            return;
        }

        var hold = answers.Ask(run, Answers.Rows);
        if (await Task.WhenAny(hold.Answer.Ended, Task.Delay(TimeSpan.FromSeconds(options.PatienceSeconds), token)) != hold.Answer.Ended)
        {
            _ = Task.Delay(Grace, CancellationToken.None).ContinueWith(_ => hold.Dispose(), TaskScheduler.Default);
            await WaitAsync(context, report, hold.Answer);
            return;
        }

        using (hold)
        {
            await ShowAsync(context, hold.Answer, hold.Answer.Run with { PublicNote = run.PublicNote }, form);
        }
    }

    private async Task ShowAsync(HttpContext context, Answer answer, ReportRun run, FormPart form)
    {
        var (reader, rows) = (context.Reader(), new TableSink(ReportPages.ShownRows, run.Report));
        var outcome = await WebFormat.HandOnAsync(answer, run, reader, [rows], context.RequestAborted);
        var query = context.Request.QueryString.Value;
        var files = WebFormat
            .For(reader)
            .OrderBy(f => f.Name == "json")
            .Select(f => new ReportLink($"/reports/{run.Report.Name}.{f.Name}{query}", f.Title));
        var page = pages.Report(run, outcome with { Took = answer.Took }, rows, [.. files], form);
        await context.WriteAsync(page);
    }

    private Task WaitAsync(HttpContext context, ReportDefinition report, Answer answer)
    {
        context.Response.Headers["Refresh"] = "2";
        var progress = answer.Progress;
        var text = progress is null
            ? "It waits for other reports to end."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.RowsRead:N0}{(progress.RowsTotal > 0 ? $" of {progress.RowsTotal:N0}" : "")} rows are read."
            );
        return context.WriteAsync(
            Message.Page(
                templates,
                report.Title,
                text + " This page shows the report when it is done; leave it, and the report is stopped.",
                isWaiting: true,
                Api.PercentOf(answer)
            ),
            202
        );
    }

    private async Task LoadsAsync(HttpContext context)
    {
        var runs = await state.RunsAsync(context.RequestAborted);
        var now = time.GetUtcNow();
        await context.WriteAsync(
            Encoding.UTF8.GetBytes(
                templates.Render(
                    "loads",
                    new LoadsModel(
                        new WebPart(Assets.Links),
                        CellText.Instant(now),
                        [
                            .. catalog
                                .Value.Extracts.GroupBy(e => e.SystemName)
                                .Select(g => new SystemLoads(
                                    g.Key,
                                    [.. g.Select(e => ExtractLoad.Of(e, runs.GetValueOrDefault(e.Name), now))]
                                )),
                        ]
                    )
                )
            )
        );
    }
}
