using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WarehouseSql.ClickHouse;

namespace WarehouseSql.Runs;

/// <summary>What became of a run. The ledger holds the name in lower case.</summary>
public enum RunOutcome
{
    /// <summary>It goes on, or was killed.</summary>
    Running,

    /// <summary>Its rows are being put into the facts, partition by partition and node by node; or it was killed meanwhile.</summary>
    Publishing,

    /// <summary>It ended while it published: a part of its rows is in the facts, until one like it has published all of them.</summary>
    Half,

    /// <summary>Its rows are in the facts.</summary>
    Published,

    /// <summary>It compared and changed nothing.</summary>
    Checked,

    /// <summary>It changed nothing, and says why.</summary>
    Failed,
}

/// <summary>One run of an extract, as the ledger notes it.</summary>
public sealed record RunRecord
{
    /// <summary>Its number: a later run has a higher one.</summary>
    public required ulong Run { get; init; }

    /// <summary>"system/extract".</summary>
    public required string Extract { get; init; }

    /// <summary>What it did: incremental, accept, backfill, heal or verify.</summary>
    public required string Kind { get; init; }

    /// <summary>What became of it.</summary>
    public RunOutcome Outcome { get; init; } = RunOutcome.Running;

    /// <summary>When it began (UTC).</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>When it ended (UTC); null: it goes on.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>Where it began in the source, a cursor or a time as text; null: at the start.</summary>
    public string? RangeFrom { get; init; }

    /// <summary>Up to where it read; null: there was no row.</summary>
    public string? RangeTo { get; init; }

    /// <summary>Up to where a backfill that failed has staged rows; null: it has none.</summary>
    public string? StagedTo { get; init; }

    /// <summary>The lowest cursor of rows that could still change; null: there were none.</summary>
    public string? UnfinishedFrom { get; init; }

    /// <summary>A checksum of the extract's and its facts' files.</summary>
    public string Definition { get; init; } = "";

    /// <summary>The source's snapshot, xmin:xmax:xip.</summary>
    public string Snapshot { get; init; } = "";

    /// <summary>The first transaction that had not begun.</summary>
    public ulong SnapshotXmax { get; init; }

    /// <summary>The source's system identifier; empty: not known.</summary>
    public string SourceSystem { get; init; } = "";

    /// <summary>Its timeline; 0: not known.</summary>
    public uint SourceTimeline { get; init; }

    /// <summary>How many rows it had; null: they were not counted.</summary>
    public long? SourceRows { get; init; }

    /// <summary>How far the replica had replayed; empty: not known.</summary>
    public string ReplayedLsn { get; init; } = "";

    /// <summary>As of when (UTC); null: not known.</summary>
    public DateTime? ReplayedAt { get; init; }

    /// <summary>How many rows were read.</summary>
    public long RowsRead { get; init; }

    /// <summary>How many of them can't be understood.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>How many bytes the source sent.</summary>
    public long BytesRead { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }

    /// <summary>The facts that it loads.</summary>
    public IReadOnlyList<string> Facts { get; init; } = [];

    /// <summary>The partitions that it published.</summary>
    public IReadOnlyList<string> Partitions { get; init; } = [];

    /// <summary>Why it failed; empty: it did not.</summary>
    public string Error { get; init; } = "";

    /// <summary>What people should know all the same; empty: nothing.</summary>
    public string Warning { get; init; } = "";
}

/// <summary>What the last load that read all that was new saw of the source.</summary>
/// <param name="StartedAt">When it began, as text (UTC).</param>
/// <param name="RangeTo">The highest cursor; null: there was no row.</param>
/// <param name="UnfinishedFrom">The lowest cursor of rows that could still change; null: there were none.</param>
/// <param name="System">The source's system identifier; empty: not known.</param>
/// <param name="Timeline">Its timeline; 0: not known.</param>
/// <param name="Rows">How many rows it had when they were last counted; null: they never were.</param>
/// <param name="Replayed">How far the replica had replayed; empty: not known.</param>
public sealed record LastLoad(
    string StartedAt,
    string? RangeTo,
    string? UnfinishedFrom,
    string System,
    uint Timeline,
    long? Rows,
    string Replayed
);

/// <summary>How an extract's runs went.</summary>
/// <param name="Extract">"system/extract".</param>
/// <param name="Kind">The last run's.</param>
/// <param name="Outcome">The last run's.</param>
/// <param name="StartedAt">When the last one started.</param>
/// <param name="Rows">The rows that it read.</param>
/// <param name="Quarantined">Those among them that can't be understood.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Error">Why it failed; empty where it didn't.</param>
/// <param name="Warning">What the last published one had to say; empty: nothing.</param>
/// <param name="PublishedAt">When one last published; null: none ever did.</param>
/// <param name="DataUpTo">
/// The time up to which the replica had replayed then; where that isn't known, <paramref name="PublishedAt"/>.
/// </param>
public sealed record ExtractRuns(
    string Extract,
    string Kind,
    RunOutcome Outcome,
    DateTimeOffset StartedAt,
    long Rows,
    long Quarantined,
    double Seconds,
    string Error,
    string Warning,
    DateTimeOffset? PublishedAt,
    DateTimeOffset? DataUpTo
);

/// <summary>A load of which a part of the rows is in the facts.</summary>
/// <param name="Extract">"system/extract".</param>
/// <param name="Facts">The facts that it loads.</param>
/// <param name="Since">When it began.</param>
/// <param name="GoesOn">Whether it publishes now, or was killed and nobody has noticed yet; else it has ended.</param>
public sealed record HalfLoad(string Extract, IReadOnlyList<string> Facts, DateTimeOffset Since, bool GoesOn);

/// <summary>The published loads that brought rows of a fact.</summary>
/// <param name="Extract">"system/extract".</param>
/// <param name="Fact">The fact's name.</param>
/// <param name="Finished">
/// The time up to which the replica had replayed at the last of them, whatever its kind; where that isn't known, when it ended.
/// </param>
/// <param name="Read">
/// As <paramref name="Finished"/>, at the last that reads all that is new, or when that began; null: there was none.
/// </param>
public sealed record FactLoad(string Extract, string Fact, DateTimeOffset Finished, DateTimeOffset? Read)
{
    /// <summary>When the last of them ended.</summary>
    public DateTimeOffset Published { get; init; } = Finished;
}

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
    public async Task<ulong> NextRunAsync(CancellationToken token)
    {
        var last = await client.QueryAsync("SELECT max(run) FROM etl_run", token);
        var now = (ulong)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return Math.Max(now, last.Scalar.ValueKind == JsonValueKind.Null ? 0 : last.Scalar.GetUInt64() + 1);
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
    /// What the last published loads that read all that was new saw of the source, latest first, at most <paramref name="most"/>: the
    /// highest cursor and their snapshots' xmin and xmax. Nothing counts from before a source was accepted anew.
    /// </summary>
    public async Task<IReadOnlyList<(string? RangeTo, ulong Xmin, ulong Xmax)>> SeenAsync(string extract, int most, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            WITH (
              SELECT max(run) FROM etl_run FINAL WHERE extract = {extract:String} AND kind = 'accept' AND outcome = 'published'
            ) AS accepted
            SELECT range_to, toUInt64OrZero(splitByChar(':', snapshot)[1]), snapshot_xmax
            FROM etl_run FINAL
            WHERE extract = {extract:String} AND kind IN ('incremental', 'accept') AND outcome = 'published'
              AND run >= ifNull(accepted, 0)
            ORDER BY run DESC
            LIMIT {most:Int64}
            """,
            token,
            QueryOptions.With(("extract", extract), ("most", most.ToString(CultureInfo.InvariantCulture)))
        );
        return [.. found.Rows.Select(r => (r[0].GetString(), r[1].GetUInt64(), r[2].GetUInt64()))];
    }

    /// <summary>What the last load that read all that was new saw of the source; null: there was none.</summary>
    public async Task<LastLoad?> LastAsync(string extract, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT toString(started_at), range_to, unfinished_from, source_system, source_timeline, source_rows, replayed_lsn
            FROM etl_run FINAL
            WHERE extract = {extract:String} AND kind IN ('incremental', 'accept') AND outcome = 'published'
            ORDER BY run DESC
            LIMIT 1
            """,
            token,
            QueryOptions.With(("extract", extract))
        );
        return found.Rows is [var row]
            ? new LastLoad(
                row[0].GetString()!,
                row[1].GetString(),
                row[2].GetString(),
                row[3].GetString()!,
                row[4].GetUInt32(),
                row[5].ValueKind == JsonValueKind.Null ? null : row[5].GetInt64(),
                row[6].GetString()!
            )
            : null;
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
        var found = await ask(
            """
            SELECT extract, facts, toUnixTimestamp64Milli(started_at), outcome, run, kind, range_from, range_to
            FROM etl_run FINAL
            WHERE outcome IN ('publishing', 'half')
            ORDER BY run
            """
        );
        if (found.Rows.Count == 0)
        {
            return [];
        }

        var later = await ask(
            $"""
            SELECT extract, run, kind, range_from, range_to
            FROM etl_run FINAL
            WHERE outcome = 'published' AND run > {found.Rows[0][4].GetUInt64()}
            """
        );
        return
        [
            .. found
                .Rows.Where(h => !later.Rows.Any(p => MakesGood(p, h)))
                .Select(h => new HalfLoad(
                    h[0].GetString()!,
                    [.. h[1].EnumerateArray().Select(f => f.GetString()!)],
                    At(h[2])!.Value,
                    h[3].GetString() == "publishing"
                )),
        ];

        // What is new is read again by the next load that reads it, what differs by the next that heals, and a window by one that holds it.
        static bool MakesGood(IReadOnlyList<JsonElement> published, IReadOnlyList<JsonElement> half) =>
            published[0].GetString() == half[0].GetString()
            && published[1].GetUInt64() > half[4].GetUInt64()
            && (
                published[2].GetString() == "accept"
                || (
                    published[2].GetString() == half[5].GetString()
                    && (
                        half[5].GetString() != "backfill"
                        || (
                            string.CompareOrdinal(published[3].GetString(), half[6].GetString()) <= 0
                            && string.CompareOrdinal(published[4].GetString(), half[7].GetString()) >= 0
                        )
                    )
                )
            );
    }

    private static DateTimeOffset? At(JsonElement milliseconds) =>
        milliseconds.ValueKind == JsonValueKind.Number && milliseconds.GetInt64() is > 0 and var number
            ? DateTimeOffset.FromUnixTimeMilliseconds(number)
            : null;
}
