using Reports.Definitions;
using Reports.Running;

namespace Reports.Web;

/// <summary>What the warehouse holds by now: the facts' loads and the values that parameters can have. It is asked every few seconds at most, however many want to know.</summary>
internal sealed class Ledger(ReportRunner runner, TimeProvider time)
{
    /// <summary>The values that a form suggests.</summary>
    public const int MostValues = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
    private readonly Lock gate = new();
    private Task<FactLoads>? loads;
    private long askedAt;
    private Dictionary<string, Task<IReadOnlyList<string>>> values = [];

    /// <summary>When each fact was last loaded.</summary>
    public Task<FactLoads> LoadsAsync(CancellationToken token)
    {
        lock (gate)
        {
            // A failure is asked again at once; what is on its way is waited for.
            if (loads is null || loads.IsFaulted || loads.IsCanceled || (loads.IsCompleted && time.GetElapsedTime(askedAt) > Pause))
            {
                askedAt = time.GetTimestamp();
                // Of nobody's token: others wait for the same answer.
                loads = runner.LoadsAsync(CancellationToken.None);
                values = [];
            }

            return loads.WaitAsync(token);
        }
    }

    /// <summary>The values that a parameter can have; null: any will do.</summary>
    public Task<IReadOnlyList<string>>? Values(ReportParameter parameter, CancellationToken token)
    {
        if (parameter.Values is not { } sql)
        {
            return null;
        }

        lock (gate)
        {
            if (!values.TryGetValue(sql, out var known) || known.IsFaulted)
            {
                values[sql] = known = runner.ValuesAsync(sql, CancellationToken.None);
            }

            return known.WaitAsync(token);
        }
    }

    /// <summary>Each extract's last run and last success, by extract.</summary>
    public async Task<IReadOnlyDictionary<string, ExtractRuns>> RunsAsync(CancellationToken token)
    {
        var answer = await runner.AskAsync(
            """
            SELECT extract,
              argMax(outcome, run), toUnixTimestamp64Milli(argMax(started_at, run)), argMax(rows_read, run), argMax(rows_quarantined, run), argMax(seconds, run), argMax(error, run),
              toUnixTimestamp64Milli(maxIf(ifNull(replayed_at, assumeNotNull(finished_at)), outcome = 'published'))
            FROM etl_run
            WHERE kind IN ('incremental', 'accept', 'backfill', 'heal')
            GROUP BY extract
            ORDER BY extract
            """, token);
        return answer.Rows.ToDictionary(r => r[0].GetString()!, r => new ExtractRuns(
            r[1].GetString()!, DateTimeOffset.FromUnixTimeMilliseconds(r[2].GetInt64()), r[3].GetInt64(), r[4].GetInt64(), r[5].GetDouble(), r[6].GetString()!,
            r[7].ValueKind == System.Text.Json.JsonValueKind.Number && r[7].GetInt64() > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(r[7].GetInt64()) : null));
    }
}

/// <summary>How an extract's loads went.</summary>
/// <param name="Outcome">The last run's: running, published, checked or failed.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="Rows">The rows that it read.</param>
/// <param name="Quarantined">Those among them that can't be understood.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Error">Why it failed; empty where it didn't.</param>
/// <param name="LoadedAt">When a run last published; null: none ever did.</param>
internal sealed record ExtractRuns(string Outcome, DateTimeOffset StartedAt, long Rows, long Quarantined, double Seconds, string Error, DateTimeOffset? LoadedAt);
