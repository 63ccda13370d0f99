using System.Diagnostics;
using System.Globalization;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>
/// A line for each request, those that are refused and attempts to sign in too: when, who, from where, what, the status, how long. No
/// header, no form, and no value that may be a token.
/// </summary>
/// <param name="place">A file, which may be moved away at any time; "stderr"; or "off".</param>
internal sealed class AccessLog(string place, TimeProvider time)
{
    /// <summary>What a request keeps the name under of whoever has just signed in.</summary>
    public static readonly object SignedIn = new();

    private readonly Lock gate = new();
    private bool hasFailed;

    /// <summary>Whether anything is written.</summary>
    public bool IsOn => place != "off";

    /// <summary>Answers a request, and notes it.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            Write(LineOf(context, Stopwatch.GetElapsedTime(began)));
        }
    }

    private string LineOf(HttpContext context, TimeSpan took)
    {
        var who = context.Items[SignedIn] as string ?? context.ReaderOrNull()?.Name ?? "-";
        var status = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted ? 499 : context.Response.StatusCode;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{time.GetUtcNow().UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Word(who)} {WebServer.Plain(context.Connection.RemoteIpAddress)} {Word(context.Request.Method)} {Word(context.Request.Path + Query(context.Request))} {status} {took.TotalMilliseconds:0} ms"
        );
    }

    // The values of a report's question say what was asked; what somebody sends as another one may be a secret.
    private static string Query(HttpRequest request)
    {
        var known = request.HttpContext.Items[Questions.Asked] as Definitions.ReportDefinition;
        var values = request.Query.Select(q =>
            known?.Find(q.Key) is null ? Uri.EscapeDataString(q.Key) + "=…" : $"{q.Key}={Uri.EscapeDataString(q.Value.ToString())}"
        );
        return request.Query.Count == 0 ? "" : "?" + string.Join('&', values.Take(50));
    }

    // A name with a blank in it is one word of the line.
    private static string Word(string text) =>
        CleanText.Line(text.Length <= 2_000 ? text : text[..2_000]) is var clean && clean.Contains(' ', StringComparison.Ordinal)
            ? $"\"{clean.Replace("\"", "'", StringComparison.Ordinal)}\""
            : clean;

    private void Write(string line)
    {
        try
        {
            lock (gate)
            {
                if (place == "stderr")
                {
                    Console.Error.WriteLine(line);
                    return;
                }

                // Opened each time, so that it can be moved away whenever somebody wants to.
                using var file = PrivateFiles.Open(place, FileMode.Append, FileAccess.Write, share: FileShare.ReadWrite | FileShare.Delete);
                file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
                hasFailed = false;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!hasFailed)
            {
                Console.Error.WriteLine($"error: can't write the access log into {place}: {e.Message}");
            }

            hasFailed = true;
        }
    }
}
