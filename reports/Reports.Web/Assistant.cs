using System.ComponentModel;
using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Reports.Catalogs;
using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using Reports.Values;
using WarehouseSql.Definitions;

namespace Reports.Web;

/// <summary>
/// What an assistant may do, by the Model Context Protocol at <c>/mcp</c>: find reports, ask them, look up what tables hold. It asks what
/// reports answer, as the reader whose token it brings, and no SQL of its own.
/// </summary>
internal sealed class Assistant(Questions questions, Answers answers, Lazy<Catalog> catalog, TimeProvider time)
{
    /// <summary>The rows that an answer holds; an assistant that wants more should ask a narrower question.</summary>
    public const int MostRows = 200;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The reports whose name, title or question has all of these words.</summary>
    [McpServerTool(Name = "find_reports", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Lists the reports that there are, with the question that each answers and its parameters.")]
    public CallToolResult FindReports(
        ClaimsPrincipal user,
        [Description("Words that name, title or question must have, such as 'plugin version'; empty: all reports")] string words = ""
    )
    {
        var reader = ReaderOf(user);
        return Said(
            questions
                .Find(reader, words)
                .Select(r => new
                {
                    r.Name,
                    r.Title,
                    r.Asks,
                    Parameters = reader.Role == Role.Public ? [] : Parameters(r),
                })
        );
    }

    /// <summary>A report's answer, its first rows.</summary>
    [McpServerTool(Name = "ask_report", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description(
        "Asks a report and returns its columns with their meaning, its first rows, the period, how old the data is, and what to know of the figures."
    )]
    public Task<CallToolResult> AskReportAsync(
        ClaimsPrincipal user,
        [Description("The report's name, such as fuel/os-distribution")] string report,
        CancellationToken token,
        [Description("Values of its parameters; others have their defaults. Days: 2026-01-31, today-7, month-1")]
            Dictionary<string, string?>? parameters = null
    ) =>
        AnswerAsync(
            ReaderOf(user),
            report,
            (parameters ?? []).Where(p => p.Value is not null).ToDictionary(p => p.Key, p => p.Value!),
            token
        );

    /// <summary>What a fact's or a view's columns mean, and who reads it.</summary>
    [McpServerTool(Name = "describe_table", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description(
        "Says what a table of the warehouse holds, what each column means, and which reports read it; without a name lists all tables."
    )]
    public CallToolResult DescribeTable(
        ClaimsPrincipal user,
        [Description("A fact's or view's name, such as fuel_action")] string table = ""
    )
    {
        if (ReaderOf(user).Role != Role.Analyst)
        {
            return Refused("the catalogue is for analysts: bring an analyst's token");
        }

        var all = catalog.Value;
        if (table.Length == 0)
        {
            return Said(
                all.Facts.Values.Select(f => new { f.Name, Holds = f.Grain }).Concat(all.Views.Select(v => new { v.Name, Holds = v.About }))
            );
        }

        if (all.Facts.TryGetValue(table, out var fact))
        {
            return Said(
                new
                {
                    fact.Name,
                    Holds = fact.Grain,
                    Columns = fact.Columns.Select(c => new { Name = c.Key, c.Value.Is }),
                    Reports = all.Reports.Where(r => r.Facts.Contains(table)).Select(r => r.Definition.Name),
                }
            );
        }

        return all.Views.FirstOrDefault(v => v.Name == table) is { } view
            ? Said(
                new
                {
                    view.Name,
                    Holds = view.About,
                    view.Columns,
                    view.Facts,
                }
            )
            : Refused(
                $"there is no table '{ParameterFault.Cut(table)}'{Closest.Of(ParameterFault.Cut(table), all.Facts.Keys.Concat(all.Views.Select(v => v.Name)), "tables")}"
            );
    }

    private async Task<CallToolResult> AnswerAsync(Reader reader, string name, Dictionary<string, string> given, CancellationToken token)
    {
        try
        {
            var report = questions.Report(reader, name);
            if (reader.Role == Role.Public && given.Count > 0)
            {
                throw Questions.AsItStands();
            }

            var faults = new List<ParameterFault>();
            faults.AddRange(
                given.Keys.Where(k => report.Find(k) is null).Select(k => ParameterFault.Unknown(report.Name, k, report.Parameters))
            );
            var run = await questions.PrepareAsync(reader, report, given, faults, time, token);
            if (run is null)
            {
                return Refused(Forms.Sentence(faults));
            }

            using var hold = answers.Ask(run, Answers.Rows);
            await hold.Answer.Ended.WaitAsync(token);
            var rows = new TableSink(MostRows, run.Report);
            var outcome = await WebFormat.HandOnAsync(hold.Answer, run, reader, [rows], token);
            return Answered(run, outcome, rows);
        }
#pragma warning disable CA1031 // Whatever it is, the assistant is told in one line.
        catch (Exception e) when (!token.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return Refused(Faults.Of(e, reader).Message);
        }
    }

    private CallToolResult Answered(ReportRun run, ReportOutcome outcome, TableSink rows)
    {
        var age = Sentences.AgeOf(run.Freshness, time.GetUtcNow());
        return Said(
            new
            {
                Report = run.Report.Name,
                run.Report.Asks,
                Period = Sentences.PeriodOf(run),
                Parameters = run.Parameters.ToDictionary(p => p.Parameter.Name, p => p.Value),
                DataLoaded = age.Long.Length > 0 ? $"{age.Short} ({age.Long})" : age.Short,
                ToKnow = run.Note,
                Columns = rows
                    .Columns.Select(c => ShownColumn.Of(run.Report, c))
                    .Select(c => new
                    {
                        c.Name,
                        c.Title,
                        c.Is,
                    }),
                rows.Rows,
                More = outcome.Rows > rows.Rows.Count
                    ? string.Create(CultureInfo.InvariantCulture, $"{outcome.Rows - rows.Rows.Count} more rows aren't shown")
                    : null,
                Page = $"/reports/{run.Report.Name}",
            }
        );
    }

    private static IEnumerable<object> Parameters(ReportDefinition report) =>
        report
            .Parameters.Concat(report.Further)
            .Select(p => new
            {
                p.Name,
                p.Type,
                p.Default,
                p.Is,
            });

    private static CallToolResult Said(object value) =>
        new() { Content = [new TextContentBlock { Text = JsonSerializer.Serialize(value, Json) }] };

    // Not as an exception: what can't be taken is an answer too, and nobody's fault in the log.
    private static CallToolResult Refused(string why) => new() { Content = [new TextContentBlock { Text = why }], IsError = true };

    private static Reader ReaderOf(ClaimsPrincipal user) =>
        Reader.Of(user) ?? throw new McpException("nobody knows who asks: bring a token");
}
