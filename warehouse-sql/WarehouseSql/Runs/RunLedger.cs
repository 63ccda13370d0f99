using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WarehouseSql.ClickHouse;

namespace WarehouseSql.Runs;

/// <summary>
/// The ledger <c>etl_run</c>: what every run read and what became of it. All that is written to it or asked of it stands here.
/// </summary>
public sealed class RunLedger(ClickHouseClient client, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { LedgerNames.Converter },
    };

    private static readonly QueryOptions Insert = new()
    {
        // Waits until the row is there; an asynchronous insert could be lost with the server.
        Settings = new Dictionary<string, string> { ["async_insert"] = "0", ["date_time_input_format"] = "best_effort" },
    };

    /// <summary>A number for a new run: microseconds since 1970, over every earlier run's also when the clock was set back.</summary>
    public async Task<ulong> NextRunAsync(CancellationToken token) =>
        After((await client.QueryAsync("SELECT max(run) FROM etl_run", token)).Scalar);

    /// <summary>
    /// What has to be known of an extract before it is loaded, in one question: a number for a new run, whether runs of it are open (the
    /// caller holds its lock, so they were killed), and whether its last backfill may be gone on with.
    /// </summary>
    public async Task<(ulong Next, bool HasOpen, bool MayResume)> LookAsync(string extract, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT
              (SELECT max(run) FROM etl_run),
              countIf(outcome IN ('running', 'publishing')),
              countIf(
                kind = 'backfill' AND outcome IN ('failed', 'half') AND staged_to IS NOT NULL AND started_at > now64(3) - INTERVAL 1 DAY
              )
            FROM etl_run FINAL
            WHERE extract = {extract:String}
            """,
            token,
            QueryOptions.With(("extract", extract))
        );
        var row = found.Rows[0];
        return (After(row[0]), row[1].GetInt64() > 0, row[2].GetInt64() > 0);
    }

    private ulong After(JsonElement last)
    {
        var now = (ulong)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return Math.Max(now, last.ValueKind == JsonValueKind.Null ? 0 : last.GetUInt64() + 1);
    }

    /// <summary>Writes the run as it is now; a later writing of the same run takes this one's place.</summary>
    public async Task WriteAsync(RunRecord run, CancellationToken token)
    {
        var row = JsonSerializer.SerializeToNode(run, Json)!;
        row["version"] = (ulong)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
        await client.InsertAsync(
            "INSERT INTO etl_run FORMAT JSONEachRow",
            async (stream, t) => await JsonSerializer.SerializeAsync(stream, row, cancellationToken: t),
            token,
            Insert
        );
    }

    /// <summary>
    /// What the last published loads that read all that was new saw of the source, latest first, at most <paramref name="most"/>. Nothing
    /// counts from before a source was accepted anew.
    /// </summary>
    public async Task<IReadOnlyList<LastLoad>> SeenAsync(string extract, int most, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            WITH (
              SELECT max(run) FROM etl_run FINAL WHERE extract = {extract:String} AND kind = 'accept' AND outcome = 'published'
            ) AS accepted
            SELECT toString(started_at), range_to, unfinished_from, source_system, source_timeline, source_rows, replayed_lsn,
              toUInt64OrZero(splitByChar(':', snapshot)[1]), snapshot_xmax
            FROM etl_run FINAL
            WHERE extract = {extract:String} AND kind IN ('incremental', 'accept') AND outcome = 'published'
              AND run >= ifNull(accepted, 0)
            ORDER BY run DESC
            LIMIT {most:Int64}
            """,
            token,
            QueryOptions.With(("extract", extract), ("most", most.ToString(CultureInfo.InvariantCulture)))
        );
        return
        [
            .. found.Rows.Select(r => new LastLoad(
                r[0].GetString()!,
                r[1].GetString(),
                r[2].GetString(),
                r[3].GetString()!,
                r[4].GetUInt32(),
                r[5].ValueKind == JsonValueKind.Null ? null : r[5].GetInt64(),
                r[6].GetString()!,
                r[7].GetUInt64(),
                r[8].GetUInt64()
            )),
        ];
    }

    /// <summary>Closes the runs that were killed; the caller holds the extract's lock, so none of them is alive.</summary>
    public async Task CloseKilledAsync(string extract, CancellationToken token)
    {
        await client.ExecuteAsync(
            """
            INSERT INTO etl_run
            SELECT * REPLACE (
              if(outcome = 'running', 'failed', 'half') AS outcome, now64(3) AS finished_at,
              'ended without a word' || if(outcome = 'running', '', ' while it published') ||
                ': it was killed, or lost the warehouse' AS error,
              version + 1 AS version
            )
            FROM (SELECT * FROM etl_run FINAL WHERE extract = {extract:String} AND outcome IN ('running', 'publishing'))
            """,
            token,
            QueryOptions.With(("extract", extract)) with
            {
                Settings = new Dictionary<string, string> { ["async_insert"] = "0" },
            }
        );
    }

    /// <summary>The extract's last backfill, where it failed within the last day and has staged rows to go on from; else null.</summary>
    public async Task<RunRecord?> ResumableAsync(string extract, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT * EXCEPT (version) FROM etl_run FINAL
            WHERE extract = {extract:String} AND run = (SELECT max(run) FROM etl_run WHERE extract = {extract:String} AND kind = 'backfill')
              AND outcome IN ('failed', 'half') AND staged_to IS NOT NULL AND started_at > now64(3) - INTERVAL 1 DAY
            """,
            token,
            QueryOptions.With(("extract", extract)) with
            {
                Settings = new Dictionary<string, string> { ["date_time_output_format"] = "iso" },
            }
        );
        if (found.Rows is not [var row])
        {
            return null;
        }

        var json = new JsonObject(
            found.Columns.Zip(row, (c, v) => KeyValuePair.Create<string, JsonNode?>(c.Name, JsonNode.Parse(v.GetRawText())))
        );
        return json.Deserialize<RunRecord>(Json);
    }

    /// <summary>How each extract's runs went, by extract.</summary>
    /// <param name="ask">Asks the warehouse, as the account that wants to know.</param>
    /// <param name="alsoVerify">Whether runs count that only compare.</param>
    public static async Task<IReadOnlyDictionary<string, ExtractRuns>> LastRunsAsync(Func<string, Task<ResultTable>> ask, bool alsoVerify)
    {
        var answer = await ask(
            $"""
            SELECT extract, argMax(kind, run), argMax(outcome, run), toUnixTimestamp64Milli(argMax(started_at, run)),
              argMax(rows_read, run), argMax(rows_quarantined, run), argMax(seconds, run), argMax(error, run),
              argMaxIf(warning, run, outcome = 'published'),
              toUnixTimestamp64Milli(maxIf(assumeNotNull(finished_at), outcome = 'published')),
              toUnixTimestamp64Milli(maxIf(ifNull(replayed_at, assumeNotNull(finished_at)), outcome = 'published'))
            FROM etl_run FINAL
            WHERE {(alsoVerify ? "TRUE" : "kind IN ('incremental', 'accept', 'backfill', 'heal')")}
            GROUP BY extract
            ORDER BY extract
            """
        );
        return answer.Rows.ToDictionary(
            r => r[0].GetString()!,
            r => new ExtractRuns(
                r[0].GetString()!,
                r[1].GetString()!,
                Enum.Parse<RunOutcome>(r[2].GetString()!, ignoreCase: true),
                At(r[3])!.Value,
                r[4].GetInt64(),
                r[5].GetInt64(),
                r[6].GetDouble(),
                r[7].GetString()!,
                r[8].GetString()!,
                At(r[9]),
                At(r[10])
            )
        );
    }

    /// <summary>The published loads that brought rows of each fact.</summary>
    /// <param name="ask">Asks the warehouse, as the account that wants to know.</param>
    public static async Task<IReadOnlyList<FactLoad>> FactLoadsAsync(Func<string, Task<ResultTable>> ask)
    {
        var loaded = await ask(
            """
            SELECT extract, fact,
              toUnixTimestamp64Milli(max(ifNull(replayed_at, assumeNotNull(finished_at)))) AS loaded_at,
              toUnixTimestamp64Milli(maxOrNullIf(ifNull(replayed_at, started_at), kind IN ('incremental', 'accept'))) AS read_at,
              toUnixTimestamp64Milli(max(assumeNotNull(finished_at))) AS published_at
            FROM etl_run FINAL
            ARRAY JOIN facts AS fact
            WHERE outcome = 'published' AND finished_at IS NOT NULL
            GROUP BY extract, fact
            ORDER BY extract, fact
            """
        );
        return
        [
            .. loaded.Rows.Select(r => new FactLoad(r[0].GetString()!, r[1].GetString()!, At(r[2])!.Value, At(r[3]))
            {
                Published = At(r[4])!.Value,
            }),
        ];
    }

    /// <summary>
    /// The loads of which a part of the rows is in the facts: those that publish now, and those that ended meanwhile and that no later load
    /// has made good.
    /// </summary>
    /// <param name="ask">Asks the warehouse, as the account that wants to know.</param>
    public static async Task<IReadOnlyList<HalfLoad>> HalfLoadsAsync(Func<string, Task<ResultTable>> ask)
    {
        const string Columns =
            "extract, run, kind, outcome, range_from, range_to, facts, toUnixTimestamp64Milli(started_at) FROM etl_run FINAL WHERE";
        var halves = Read(await ask($"SELECT {Columns} outcome IN ('publishing', 'half') ORDER BY run"));
        if (halves.Count == 0)
        {
            return [];
        }

        var published = Read(await ask($"SELECT {Columns} outcome = 'published' AND run > {halves[0].Run}"));
        return
        [
            .. halves
                .Where(h => !published.Exists(p => MakesGood(p, h)))
                .Select(h => new HalfLoad(h.Extract, h.Facts, h.StartedAt, h.Outcome == RunOutcome.Publishing)),
        ];

        static List<RunRecord> Read(ResultTable table) =>
            [
                .. table.Rows.Select(r => new RunRecord
                {
                    Extract = r[0].GetString()!,
                    Run = r[1].GetUInt64(),
                    Kind = r[2].GetString()!,
                    Outcome = Enum.Parse<RunOutcome>(r[3].GetString()!, ignoreCase: true),
                    RangeFrom = r[4].GetString(),
                    RangeTo = r[5].GetString(),
                    Facts = [.. r[6].EnumerateArray().Select(f => f.GetString()!)],
                    StartedAt = At(r[7])!.Value.UtcDateTime,
                }),
            ];
    }

    // What is new is read again by the next load that reads it, what differs by the next that heals, and a window by one that holds it.
    private static bool MakesGood(RunRecord published, RunRecord half) =>
        published.Extract == half.Extract
        && published.Run > half.Run
        && (published.Kind == "accept" || (published.Kind == half.Kind && (half.Kind != "backfill" || Holds(published, half))));

    private static bool Holds(RunRecord window, RunRecord other) =>
        string.CompareOrdinal(window.RangeFrom, other.RangeFrom) <= 0 && string.CompareOrdinal(window.RangeTo, other.RangeTo) >= 0;

    private static DateTimeOffset? At(JsonElement milliseconds) =>
        milliseconds.ValueKind == JsonValueKind.Number && milliseconds.GetInt64() is > 0 and var number
            ? DateTimeOffset.FromUnixTimeMilliseconds(number)
            : null;
}
