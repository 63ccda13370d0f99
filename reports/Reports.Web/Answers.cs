using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>A report's result, there or on its way, that any number of readers share.</summary>
internal sealed class Answer(string key, ReportRun run, Spool spool)
{
    /// <summary>What was asked: report, values, the loads that it looks at, the form of its rows.</summary>
    public string Key => key;

    /// <summary>The run, with the instant when it was asked.</summary>
    public ReportRun Run => run;

    /// <summary>The result.</summary>
    public Spool Spool => spool;

    /// <summary>Stops the statement on the server.</summary>
    public CancellationTokenSource Stop { get; } = new();

    /// <summary>How far it is; null: it hasn't begun.</summary>
    public QueryProgress? Progress { get; set; }

    /// <summary>Ends when the result is there, or has failed; never fails itself.</summary>
    public required Task Ended { get; set; }

    /// <summary>How long the warehouse took.</summary>
    public TimeSpan Took { get; set; }

    /// <summary>Those who wait for it or read it now.</summary>
    public int Holders { get; set; }

    /// <summary>When it was last asked for, as a count.</summary>
    public long Used { get; set; }
}

/// <summary>
/// A reader's hold on an answer: it stays as long as somebody holds it, and is stopped when nobody waits for it any more.
/// </summary>
internal sealed class AnswerHold(Answer answer, Action<Answer> release) : IDisposable
{
    private int released;

    /// <summary>The answer.</summary>
    public Answer Answer => answer;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref released, 1) == 0)
        {
            release(answer);
        }
    }
}

/// <summary>
/// Asks the warehouse each question once, however many ask it, and keeps what it answered until the facts are loaded anew.
/// </summary>
internal sealed class Answers(ReportRunner runner, WebOptions options) : IDisposable
{
    private static readonly Counter<long> Asked = Telemetry.Meter.CreateCounter<long>(
        "warehouse.web.questions",
        "{question}",
        "questions of readers, by whether the answer was there already or the warehouse was asked"
    );
    private static readonly UpDownCounter<int> Unfinished = Telemetry.Meter.CreateUpDownCounter<int>(
        "warehouse.web.unfinished",
        "{report}",
        "reports that run or wait for their turn"
    );

    /// <summary>The family of formats that are made here of the server's rows; others are the server's own formats.</summary>
    public const string Rows = "rows";

    private const long Megabyte = 1_000_000;

    // Each one is an open file.
    private const int MostAnswers = 500;

    // Those that run or wait for their turn: who comes later would wait for minutes.
    private const int MostUnfinished = 200;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Answer> byKey = [];
    private readonly SemaphoreSlim slots = new(options.Queries);
    private SpoolQuota? quota;
    private long asked;
    private bool isStopping;

    /// <summary>The bytes of results that are kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return byKey.Values.Sum(a => a.Spool.Size);
            }
        }
    }

    /// <summary>
    /// Tells one question from another. A report that looks at the clock changes without a load too, so none is kept for more than an hour,
    /// and for no more than a minute one that reads no fact: the ledger of loads changes all the time.
    /// </summary>
    public static string KeyOf(ReportRun run, string family) =>
        JsonSerializer.Serialize<string[]>([
            // Its text too: clients keep tags when a server starts anew with other reports.
            run.Report.Name,
            run.Report.File.Header,
            run.Report.Sql,
            family,
            run.Freshness.Stamp,
            run.AskedAt.UtcDateTime.ToString(
                run.Freshness.Facts.Count == 0 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd HH",
                System.Globalization.CultureInfo.InvariantCulture
            ),
            .. run.Parameters.Select(p => $"{p.Parameter.Name}={p.Value}"),
        ]);

    /// <summary>The answer to a question: one that is there or on its way, or a new one.</summary>
    /// <exception cref="WebFault">The server stops, or too many are on their way.</exception>
    public AnswerHold Ask(ReportRun run, string family)
    {
        var key = KeyOf(run, family);
        lock (gate)
        {
            if (isStopping)
            {
                throw new WebFault(503, "Stopping", "this server stops; ask again later") { RetryAfter = 5 };
            }

            var isThere = byKey.TryGetValue(key, out var answer);
            Asked.Add(1, KeyValuePair.Create<string, object?>("answer", isThere ? "cached" : "asked"));
            if (answer is null)
            {
                if (byKey.Values.Count(a => !a.Ended.IsCompleted) >= MostUnfinished)
                {
                    throw new WebFault(503, "Too much at once", $"{MostUnfinished} reports run or wait for their turn; ask again later")
                    {
                        RetryAfter = 30,
                    };
                }

                answer = new Answer(key, run, new Spool(options.CacheMegabytes * Megabyte, Quota)) { Ended = Task.CompletedTask };
                byKey.Add(key, answer);
                answer.Ended = Task.Run(() => FetchAsync(answer, family));
            }

            answer.Holders++;
            answer.Used = ++asked;
            return new AnswerHold(answer, Release);
        }
    }

    /// <summary>One more hold on an answer; null: nobody holds it any more.</summary>
    public AnswerHold? Hold(Answer answer)
    {
        lock (gate)
        {
            if (answer.Holders == 0)
            {
                return null;
            }

            answer.Holders++;
            return new AnswerHold(answer, Release);
        }
    }

    /// <summary>Stops every statement; returns when they have ended on the server. Whoever waits for one is told.</summary>
    public async Task StopAsync()
    {
        lock (gate)
        {
            isStopping = true;
        }

        var all = All();
        all.ForEach(a => a.Stop.Cancel());
        await Task.WhenAll(all.Select(a => a.Ended));
    }

    /// <summary>Drops what is kept; nobody reads any more.</summary>
    public void Dispose()
    {
        All().ForEach(a => a.Spool.Dispose());
        slots.Dispose();
    }

    private SpoolQuota Quota => quota ??= new SpoolQuota(options.CacheMegabytes * Megabyte, Trim);

    private List<Answer> All()
    {
        lock (gate)
        {
            return [.. byKey.Values];
        }
    }

    private async Task FetchAsync(Answer answer, string family)
    {
        Unfinished.Add(1);
        try
        {
            await slots.WaitAsync(answer.Stop.Token);
            try
            {
                var began = Stopwatch.GetTimestamp();
                answer.Progress = new QueryProgress(0, 0);
                await (
                    family == Rows
                        ? runner.ExportRowsAsync(
                            answer.Run,
                            ReportPages.FileRows,
                            answer.Spool,
                            p => answer.Progress = p,
                            answer.Stop.Token
                        )
                        : runner.ExportAsync(answer.Run, family, answer.Spool, answer.Stop.Token)
                );
                answer.Took = Stopwatch.GetElapsedTime(began);
            }
            finally
            {
                slots.Release();
            }

            answer.Spool.End();
            Trim();
        }
#pragma warning disable CA1031 // Whatever it is, those who wait for the answer get to know it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Forgotten before anyone is told, so that whoever asks again asks the warehouse again.
            lock (gate)
            {
                Forget(answer);
            }

            answer.Spool.End(e);
        }
        finally
        {
            Unfinished.Add(-1);
        }
    }

    private void Release(Answer answer)
    {
        lock (gate)
        {
            answer.Holders--;
            if (answer.Holders > 0)
            {
                return;
            }

            if (!answer.Ended.IsCompleted)
            {
                Forget(answer);
                answer.Stop.Cancel();
                _ = answer.Ended.ContinueWith(_ => answer.Spool.Dispose(), TaskScheduler.Default);
            }
            else if (byKey.GetValueOrDefault(answer.Key) != answer)
            {
                answer.Spool.Dispose();
            }
        }

        Trim();
    }

    private void Forget(Answer answer)
    {
        if (byKey.GetValueOrDefault(answer.Key) == answer)
        {
            byKey.Remove(answer.Key);
        }
    }

    // What was used longest ago goes first; what somebody holds stays until it is let go.
    private void Trim(long more = 0)
    {
        lock (gate)
        {
            var bytes = byKey.Values.Sum(a => a.Spool.Size);
            foreach (var answer in byKey.Values.Where(a => a.Holders == 0 && a.Ended.IsCompleted).OrderBy(a => a.Used).ToList())
            {
                if (bytes + more <= options.CacheMegabytes * Megabyte && byKey.Count <= MostAnswers)
                {
                    return;
                }

                bytes -= answer.Spool.Size;
                byKey.Remove(answer.Key);
                answer.Spool.Dispose();
            }
        }
    }
}
