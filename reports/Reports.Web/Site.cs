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
    Project project,
    Questions questions,
    Answers answers,
    WarehouseState state,
    ReportPages pages,
    CatalogPage catalogue,
    Templates templates,
    MailsPage mails,
    WebOptions options,
    TimeProvider time
)
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    // A browser comes back for a page that takes long; between two of its visits nobody else waits for the answer.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lazy<(Catalog Catalog, byte[] Page)> catalog = new(() =>
    {
        var read = Catalog.Read(project);
        return (read, catalogue.Render(read, hasPages: true, isWeb: true));
    });

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
        analysts.MapMethods("/catalogue", Reading, (HttpContext context) => context.WriteAsync(catalog.Value.Page));
        analysts.MapMethods("/loads", Reading, LoadsAsync);
        analysts.MapMethods("/mails", Reading, mails.WriteAsync);
    }

    private async Task IndexAsync(HttpContext context)
    {
        var reader = context.Reader();
        var loads = await state.LoadsAsync(context.RequestAborted);
        var words = context.Request.Query["q"].ToString();
        words = words.Length <= 200 ? words : words[..200];
        var found = questions
            .For(reader)
            .Where(r =>
                words
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .All(w => $"{r.Name} {r.Title} {r.Asks}".Contains(w, StringComparison.OrdinalIgnoreCase))
            );
        var entries = found.Select(r => new IndexEntry(r, 0, null, [], loads.Of(r.Sql), null, TimeSpan.Zero)).ToList();
        var web = new IndexPart(Assets.Links, words, reader.Role == Role.Analyst, context.Request.Cookies.ContainsKey(Access.Cookie));
        await context.WriteAsync(pages.Index(entries, web));
    }

    private async Task ReportAsync(HttpContext context, string system, string name)
    {
        var (reader, token) = (context.Reader(), context.RequestAborted);
        var report = questions.Report(reader, system, name);
        var faults = new List<ParameterFault>();
        var given = Questions.Given(reader, report, context.Request, faults);
        var run = await questions.PrepareAsync(reader, report, given, faults, time, token);
        var form = await FormAsync(reader, report, given, run, faults, token);
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

    private async Task<FormPart> FormAsync(
        Reader reader,
        ReportDefinition report,
        IReadOnlyDictionary<string, string> given,
        ReportRun? run,
        List<ParameterFault> faults,
        CancellationToken token
    )
    {
        var fields = new List<FormField>();
        var fault = faults.Count == 0 ? "" : Message.Sentence(string.Join("; ", faults.Select(f => f.Message)));
        if (reader.Role == Role.Public)
        {
            return new FormPart(Assets.Links, [], fault);
        }

        var bound = run is null ? report.Bind(new Dictionary<string, string>(), time) : report.Bind(run.Parameters);
        // What nobody asked for doesn't take room; but what was given stays.
        foreach (var parameter in report.Parameters.Concat(report.Further.Where(f => given.ContainsKey(f.Name))))
        {
            var value =
                run?.Parameters.FirstOrDefault(p => p.Parameter.Name == parameter.Name).Value
                ?? given.GetValueOrDefault(parameter.Name)
                ?? parameter.Resolve(parameter.Default, time)!;
            var type = parameter.Type switch
            {
                "Date" => "date",
                "Int32" or "Int64" or "UInt32" or "Float64" => "number",
                _ => "text",
            };
            var expected = faults.FirstOrDefault(f => f.Parameter == parameter.Name)?.Expected;
            fields.Add(
                new FormField(
                    parameter.Name,
                    parameter.Is,
                    // A day or number that is none can't stand in its field.
                    Value: expected is not null && type != "text" ? "" : value,
                    Type: type,
                    IsChoice: parameter.Type == "Bool",
                    IsTrue: value == "true",
                    Step: parameter.Type == "Float64" ? "any" : null,
                    // An empty text is a value; an empty day or number isn't.
                    IsRequired: type != "text",
                    Fault: expected,
                    Values: parameter == ReportParameter.Compare
                        ? [ReportParameter.PeriodBefore, ReportParameter.YearBefore]
                        : [.. (await state.SuggestionsAsync(parameter, bound, token)).Take(WarehouseState.MostValues)]
                )
            );
        }

        var address = "/reports/" + report.Name;
        return new FormPart(Assets.Links, fields, fault)
        {
            Action = address,
            Choices = PeriodChoices.Of(address, [.. report.Parameters, .. report.Further], given),
        };
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
                                .Value.Catalog.Extracts.GroupBy(e => e.SystemName)
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
