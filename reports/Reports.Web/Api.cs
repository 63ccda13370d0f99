using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Reports.Definitions;
using Reports.Running;

namespace Reports.Web;

/// <summary>Reports for programs: their list, their results by Accept, jobs.</summary>
internal sealed class Api(Questions questions, Answers answers, Jobs jobs, OpenApi document, WebOptions options, TimeProvider time)
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>Maps the addresses.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/reports", Reading, List);
        routes.MapMethods(
            "/api/reports/{system}/{name}",
            Reading,
            (HttpContext context, string system, string name) =>
                ReportAsync(context, system, name, WebFormat.Of(context.Reader(), context.Request))
        );
        routes.MapMethods(
            "/api/openapi.json",
            Reading,
            async (HttpContext context) =>
                await Results
                    .Text(await document.ForAsync(context.Reader(), context.RequestAborted), "application/json", Encoding.UTF8)
                    .ExecuteAsync(context)
        );
        routes.MapMethods("/api/jobs/{id}", Reading, (HttpContext context, string id) => Status(jobs.Find(context.Reader(), id)));
        routes.MapMethods("/api/jobs/{id}/result", Reading, ResultAsync);
        routes.MapDelete(
            "/api/jobs/{id}",
            (HttpContext context, string id) =>
            {
                jobs.Drop(jobs.Find(context.Reader(), id));
                return Results.NoContent();
            }
        );
        // The same results as files, for links in pages.
        foreach (var format in WebFormat.All)
        {
            routes.MapMethods(
                $"/reports/{{system}}/{{name}}.{format.Name}",
                Reading,
                (HttpContext context, string system, string name) =>
                    ReportAsync(
                        context,
                        system,
                        name,
                        WebFormat.For(context.Reader()).Contains(format)
                            ? format
                            : throw new WebFault(
                                406,
                                "Not in this format",
                                $"a public reader gets {string.Join(" or ", WebFormat.For(context.Reader()).Select(f => f.Name))}"
                            ),
                        isFile: true
                    )
            );
        }
    }

    /// <summary>
    /// The tag of an answer: as long as it stays the same, a client that has it needs no other. It is weak: the same rows may come in other
    /// bytes.
    /// </summary>
    public static string TagOf(ReportRun run, string form, Reader reader) =>
        $"W/\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Answers.KeyOf(run, form)}\n{reader.Role}")).AsSpan(0, 16))}\"";

    private IResult List(HttpContext context) =>
        Results.Json(
            new
            {
                Reports = questions
                    .For(context.Reader())
                    .Select(r => new
                    {
                        r.Name,
                        r.Title,
                        r.Asks,
                        Parameters = (context.Reader().Role == Role.Public ? [] : r.Parameters).Select(p => new
                        {
                            p.Name,
                            p.Type,
                            p.Default,
                            p.Is,
                            p.Expected,
                        }),
                        Formats = WebFormat.For(context.Reader()).Select(f => f.MediaType),
                        Result = $"/api/reports/{r.Name}",
                        Page = $"/reports/{r.Name}",
                    }),
            }
        );

    private async Task ReportAsync(HttpContext context, string system, string name, WebFormat format, bool isFile = false)
    {
        var (reader, token) = (context.Reader(), context.RequestAborted);
        var report = questions.Report(reader, system, name);
        var faults = new List<ParameterFault>();
        var given = Questions.Given(reader, report, context.Request, faults);
        var run = await questions.PrepareAsync(reader, report, given, faults, time, token) ?? throw FaultOf(report, faults);
        var tag = TagOf(run, format.Name, reader);
        context.Response.Headers.ETag = tag;
        context.Response.Headers.Append("Vary", "Accept, Authorization");
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(tag[2..], StringComparison.Ordinal))
        {
            context.Response.StatusCode = 304;
            return;
        }

        var hold = answers.Ask(run, format.Family);
        try
        {
            if (
                context.Request.Headers["Prefer"].ToString().Contains("respond-async", StringComparison.OrdinalIgnoreCase)
                && !await IsDoneAsync(hold.Answer, token)
            )
            {
                var job = jobs.Add(reader, hold, format, run);
                hold = null;
                await AcceptAsync(context, job);
                return;
            }

            await WriteAsync(context, hold.Answer, run, format, isFile);
        }
        finally
        {
            hold?.Dispose();
        }
    }

    private async Task<bool> IsDoneAsync(Answer answer, CancellationToken token)
    {
        var first = await Task.WhenAny(answer.Ended, Task.Delay(TimeSpan.FromSeconds(options.PatienceSeconds), token));
        // Whoever went away gets no job, which nobody would ask for.
        token.ThrowIfCancellationRequested();
        return first == answer.Ended;
    }

    private static async Task WriteAsync(HttpContext context, Answer answer, ReportRun run, WebFormat format, bool isFile)
    {
        // A failure that comes before the first byte still gets its own status.
        await answer.Spool.BeganAsync(context.RequestAborted);
        context.Response.ContentType = format.MediaType + (format.Name == "csv" ? "; charset=utf-8" : "");
        if (isFile)
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{run.Report.Name.Replace('/', '-')}.{format.Name}\"";
        }

        await format.WriteAsync(answer, run, context.Reader(), context.Response.Body, context.RequestAborted);
    }

    private async Task ResultAsync(HttpContext context, string id)
    {
        var job = jobs.Find(context.Reader(), id);
        if (!job.Answer.Ended.IsCompleted)
        {
            throw new WebFault(409, "Not done yet", $"the report isn't done yet; /api/jobs/{job.Id} tells how far it is")
            {
                RetryAfter = 1,
            };
        }

        // The job may be dropped while its result is read.
        using var hold = answers.Hold(job.Answer) ?? throw Jobs.NoSuch();
        await WriteAsync(context, hold.Answer, job.Run, job.Format, isFile: false);
    }

    private static Task AcceptAsync(HttpContext context, Job job)
    {
        context.Response.Headers.Remove("ETag");
        context.Response.Headers.Location = $"/api/jobs/{job.Id}";
        context.Response.Headers.RetryAfter = "1";
        context.Response.Headers["Preference-Applied"] = "respond-async";
        context.Response.StatusCode = 202;
        return Status(job, 202).ExecuteAsync(context);
    }

    private static IResult Status(Job job, int status = 200)
    {
        var progress = job.Answer.Progress;
        var failure = job.Answer.Spool.Failure;
        return Results.Json(
            new
            {
                job.Id,
                Report = job.Run.Report.Name,
                State = !job.Answer.Ended.IsCompleted
                    ? progress is null
                        ? "waiting"
                        : "running"
                    : failure is null
                        ? "done"
                        : "failed",
                RowsRead = progress?.RowsRead ?? 0,
                RowsTotal = progress is { RowsTotal: > 0 } ? progress.RowsTotal : (long?)null,
                Percent = PercentOf(job.Answer),
                AskedAt = job.Run.AskedAt,
                Result = job.Answer.Ended.IsCompleted && failure is null ? $"/api/jobs/{job.Id}/result" : null,
                Failure = failure is null ? null : Faults.Of(failure, job.Reader).Message,
            },
            statusCode: status
        );
    }

    /// <summary>How much of an answer's rows is read, in percent; null: nobody knows. Done is 100 only when it is.</summary>
    public static int? PercentOf(Answer answer) =>
        answer.Progress switch
        {
            _ when answer.Ended.IsCompletedSuccessfully && answer.Spool.Failure is null => 100,
            { RowsTotal: > 0 } p => (int)Math.Min(99, p.RowsRead * 100 / p.RowsTotal),
            _ => null,
        };

    private static WebFault FaultOf(ReportDefinition report, List<ParameterFault> faults) =>
        new(
            400,
            "A parameter can't be taken",
            string.Create(CultureInfo.InvariantCulture, $"{report.Name}: {string.Join("; ", faults.Select(f => f.Message))}")
        )
        {
            Parameter = faults[0].Parameter,
            Expected = faults[0].Expected,
        };
}
