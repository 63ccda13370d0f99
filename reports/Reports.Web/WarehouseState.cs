using Reports.Definitions;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Runs;

namespace Reports.Web;

/// <summary>
/// What the warehouse holds by now: the facts' loads and the values that parameters can have. It is asked every few seconds at most,
/// however many want to know.
/// </summary>
internal sealed class WarehouseState(ReportRunner runner, TimeProvider time)
{
    /// <summary>The values that a form suggests.</summary>
    public const int MostValues = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
    private readonly Lock gate = new();
    private Task<FactLoads>? loads;
    private Task<IReadOnlyDictionary<string, ExtractRuns>>? runs;
    private long askedAt;
    private long askedForRunsAt;
    private Dictionary<string, Task<IReadOnlyList<string>>> values = [];

    /// <summary>When each fact was last loaded.</summary>
    public Task<FactLoads> LoadsAsync(CancellationToken token)
    {
        lock (gate)
        {
            if (IsOld(loads, askedAt))
            {
                askedAt = time.GetTimestamp();
                // Of nobody's token: others wait for the same answer.
                loads = runner.LoadsAsync(CancellationToken.None);
                values = [];
            }

            return loads!.WaitAsync(token);
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

    /// <summary>The values that a form suggests for a parameter; none where that can't be told.</summary>
    /// <param name="bound">The values that the report is asked with, as ClickHouse reads them.</param>
    public async Task<IReadOnlyList<string>> SuggestionsAsync(
        ReportParameter parameter,
        IReadOnlyDictionary<string, string?> bound,
        CancellationToken token
    )
    {
        if (parameter.Suggest is not { } sql)
        {
            return Values(parameter, token) is { } all ? await all : [];
        }

        var used = SqlParameters.Find(sql).Select(p => p.Name).Distinct().ToDictionary(n => n, bound.GetValueOrDefault);
        Task<IReadOnlyList<string>> asked;
        lock (gate)
        {
            var key = string.Join('\0', [sql, .. used.Select(u => $"{u.Key}={u.Value}")]);
            if (!values.TryGetValue(key, out asked!) || asked.IsFaulted)
            {
                values[key] = asked = runner.ValuesAsync(sql, CancellationToken.None, used);
            }
        }

        try
        {
            return await asked.WaitAsync(token);
        }
        catch (WarehouseException)
        {
            // The page is worth more than what its form suggests.
            return [];
        }
    }

    /// <summary>Each extract's last run and last success, by extract.</summary>
    public Task<IReadOnlyDictionary<string, ExtractRuns>> RunsAsync(CancellationToken token)
    {
        lock (gate)
        {
            if (IsOld(runs, askedForRunsAt))
            {
                askedForRunsAt = time.GetTimestamp();
                runs = RunLedger.LastRunsAsync(sql => runner.AskAsync(sql, CancellationToken.None), alsoVerify: false);
            }

            return runs!.WaitAsync(token);
        }
    }

    // A failure is asked again at once; what is on its way is waited for.
    private bool IsOld(Task? asked, long at) =>
        asked is null || asked.IsFaulted || asked.IsCanceled || (asked.IsCompleted && time.GetElapsedTime(at) > Pause);
}
