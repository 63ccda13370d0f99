using Reports.Rendering;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>Makes whatever goes wrong into one clear answer: problem+json for programs, a page for people, never a stack trace.</summary>
internal sealed partial class Faults(Templates templates, ILogger<Faults> log)
{
    // ClickHouse's errors of a statement that takes too long or too much, which say that less should be asked.
    private static readonly int[] TooMuch = [159, 160, 241, 307, 396];

    /// <summary>Runs what follows, and answers what it fails with.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            // The router's own answers for what it doesn't know have no text.
            if (context.Response is { HasStarted: false, ContentType: null, ContentLength: null } && OfStatus(context) is { } unknown)
            {
                await AnswerAsync(context, unknown);
            }
        }
#pragma warning disable CA1031 // The one place where every failure becomes an answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            var fault = Of(e, context.ReaderOrNull());
            if (fault.Status >= 500)
            {
                Failed(
                    CleanText.Line(context.Request.Method),
                    CleanText.Line(context.Request.Path),
                    CleanText.Line((fault.Status == 500 && e is not DefinitionException ? e.ToString() : e.Message).ReplaceLineEndings(" "))
                );
            }

            if (context.Response.HasStarted)
            {
                // Half a result must not look like a whole one: the line is broken off.
                context.Abort();
                return;
            }

            await AnswerAsync(context, fault);
        }
    }

    /// <summary>What a failure is to a reader. Whoever may see only what is public isn't told what the warehouse said.</summary>
    public static WebFault Of(Exception e, Reader? reader)
    {
        const string later = "the report can't be made at the moment; ask again later";
        var isTold = reader?.Role == Role.Analyst;
        return e switch
        {
            WebFault fault => fault,
            BadHttpRequestException bad => new WebFault(bad.StatusCode, "A request that can't be read", bad.Message.TrimEnd('.')),
            ReportException { InnerException: WarehouseException inner } when TooMuch.Contains(inner.Code) => new WebFault(
                503,
                "It asks for too much",
                isTold ? e.Message : later
            ),
            ReportException or WarehouseException or IOException => new WebFault(
                503,
                "No answer from the warehouse",
                isTold ? e.Message : later
            )
            {
                RetryAfter = 5,
            },
            DefinitionException => new WebFault(500, "The report's file is faulty", isTold ? e.Message : later),
            OperationCanceledException => new WebFault(503, "Stopped", "the report was stopped before it was done; ask again")
            {
                RetryAfter = 1,
            },
            _ => new WebFault(500, "Unexpected", "something went wrong that nobody foresaw; the server's log says more"),
        };
    }

    /// <summary>Answers with a fault.</summary>
    public Task AnswerAsync(HttpContext context, WebFault fault)
    {
        foreach (var name in (string[])["ETag", "Content-Disposition", "Content-Type", "Content-Length"])
        {
            context.Response.Headers.Remove(name);
        }

        context.Response.Headers.CacheControl = "no-store";
        if (fault.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (
            context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
            || !context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
        )
        {
            context.Response.Headers.WWWAuthenticate = fault.Status == 401 ? "Bearer" : default;
            return Results
                .Problem(
                    fault.Message,
                    statusCode: fault.Status,
                    title: fault.Title,
                    extensions: fault.Parameter is null
                        ? null
                        : new Dictionary<string, object?> { ["parameter"] = fault.Parameter, ["expected"] = fault.Expected }
                )
                .ExecuteAsync(context);
        }

        if (fault.Status == 401)
        {
            context.Response.StatusCode = 303;
            context.Response.Headers.Location = "/sign-in?to=" + Uri.EscapeDataString(context.Request.Path + context.Request.QueryString);
            return Task.CompletedTask;
        }

        return context.WriteAsync(Message.Page(templates, fault.Title, Message.Sentence(fault.Message)), fault.Status);
    }

    private static WebFault? OfStatus(HttpContext context) =>
        context.Response.StatusCode switch
        {
            404 => new WebFault(
                404,
                "Nothing here",
                "there is nothing at this address; / lists the reports, /api/openapi.json what programs can ask"
            ),
            405 => new WebFault(405, "Not this way", $"{context.Request.Method} isn't known here"),
            _ => null,
        };

    [LoggerMessage(LogLevel.Error, "{Method} {Path}: {Reason}")]
    private partial void Failed(string method, string path, string reason);
}
