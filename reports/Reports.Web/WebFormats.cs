using Microsoft.Net.Http.Headers;
using Reports.Rendering;
using Reports.Running;

namespace Reports.Web;

/// <summary>A form in which results are fetched.</summary>
/// <param name="Name">Its file ending.</param>
/// <param name="Title">What a link calls it.</param>
/// <param name="MediaType">What `Accept` asks for.</param>
/// <param name="Family"><see cref="Answers.Rows"/>, or the server's format that is handed on as it is.</param>
internal sealed record WebFormat(string Name, string Title, string MediaType, string Family)
{
    /// <summary>All of them; the first counts where a client takes anything.</summary>
    public static IReadOnlyList<WebFormat> All { get; } =
    [
        new("json", "JSON", "application/json", Answers.Rows),
        new("csv", "CSV", "text/csv", Answers.Rows),
        new("xlsx", "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Answers.Rows),
        new("parquet", "Parquet", "application/vnd.apache.parquet", "Parquet"),
        new("arrow", "Arrow", "application/vnd.apache.arrow.file", "Arrow"),
    ];

    /// <summary>Those that a reader can have: the server's own are made before small groups could be merged.</summary>
    public static IEnumerable<WebFormat> For(Reader reader) => All.Where(f => reader.Role == Role.Analyst || f.Family == Answers.Rows);

    /// <summary>The form that a request's `Accept` likes best.</summary>
    /// <exception cref="WebFault">It takes none of those that there are.</exception>
    public static WebFormat Of(Reader reader, HttpRequest request)
    {
        var known = For(reader).ToList();
        if (!MediaTypeHeaderValue.TryParseList([.. request.Headers.Accept.OfType<string>()], out var accepted) || accepted.Count == 0)
        {
            return known[0];
        }

        return accepted
                .Where(a => a.Quality is not 0)
                .OrderByDescending(a => a.Quality ?? 1)
                .Select(a => known.FirstOrDefault(f => new MediaTypeHeaderValue(f.MediaType).IsSubsetOf(a) || a.MediaType == f.MediaType))
                .FirstOrDefault(f => f is not null)
            ?? throw new WebFault(
                406,
                "Not in this format",
                $"there is {string.Join(", ", known.Select(f => f.MediaType))}; ask for one of them with Accept"
            );
    }

    /// <summary>Writes an answer in this form, while it comes.</summary>
    public async Task WriteAsync(Answer answer, ReportRun run, Reader reader, Stream target, CancellationToken token)
    {
        if (Family != Answers.Rows)
        {
            await answer.Spool.CopyAsync(target, token);
            return;
        }

        IRowSink sink = Name switch
        {
            "csv" => new CsvSink(target),
            "xlsx" => new XlsxSink(target, run),
            _ => new JsonSink(target, run),
        };
        try
        {
            await HandOnAsync(answer, run, reader, [sink], token);
        }
        finally
        {
            if (sink is IAsyncDisposable held)
            {
                await held.DisposeAsync();
            }
        }
    }

    /// <summary>Hands an answer's rows to sinks, as this reader may see them.</summary>
    public static async Task<ReportOutcome> HandOnAsync(
        Answer answer,
        ReportRun run,
        Reader reader,
        IReadOnlyList<IRowSink> sinks,
        CancellationToken token
    )
    {
        var groups = reader.Role == Role.Public ? new SmallGroups(run.Report.Public!, sinks) : null;
        var outcome = await ReportRunner.HandOnAsync(
            run,
            rows => answer.Spool.CopyAsync(rows, token),
            ReportPages.FileRows,
            groups is null ? sinks : [groups],
            token
        );
        return groups is null ? outcome : outcome with { Rows = groups.Shown };
    }
}
