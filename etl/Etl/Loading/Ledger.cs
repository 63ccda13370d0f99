using System.Globalization;
using System.Text.Json;
using Etl.Source;
using WarehouseSql.ClickHouse;

namespace Etl.Loading;

/// <summary>One run of an extract, as the ledger notes it.</summary>
internal sealed record RunRecord
{
    public required ulong Run { get; init; }
    public required string Extract { get; init; }
    public required string Kind { get; init; }
    public string Outcome { get; init; } = "running";
    public required DateTime StartedAt { get; init; }
    public DateTime? FinishedAt { get; init; }
    public string? RangeFrom { get; init; }
    public string? RangeTo { get; init; }
    public string? StagedTo { get; init; }
    public string? UnfinishedFrom { get; init; }
    public string Definition { get; init; } = "";
    public string Snapshot { get; init; } = "";
    public ulong SnapshotXmax { get; init; }
    public string SourceSystem { get; init; } = "";
    public uint SourceTimeline { get; init; }
    public long? SourceRows { get; init; }
    public string ReplayedLsn { get; init; } = "";
    public DateTime? ReplayedAt { get; init; }
    public long RowsRead { get; init; }
    public long RowsQuarantined { get; init; }
    public long BytesRead { get; init; }
    public double Seconds { get; init; }
    public IReadOnlyList<string> Facts { get; init; } = [];
    public IReadOnlyList<string> Partitions { get; init; } = [];
    public string Error { get; init; } = "";
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
internal sealed record LastLoad(string StartedAt, string? RangeTo, string? UnfinishedFrom, string System, uint Timeline, long? Rows, string Replayed);

/// <summary>The ledger <c>etl_run</c>: what every load read and what became of it.</summary>
internal sealed class Ledger(ClickHouseClient client, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

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
            Insert);
    }

    /// <summary>Where a load begins, as text (nothing counts from before a source was accepted anew): a cursor below which the last load, or a run that saw <paramref name="seen"/>, has seen every row; null: at the start. <see cref="LateCommits.Start"/> is the rule.</summary>
    public async Task<string?> StartAsync(string extract, CancellationToken token, SourceSnapshot? seen = null)
    {
        // The rule needs the first few runs, but for transactions that stay open for days.
        foreach (var most in (int[])[100, int.MaxValue])
        {
            var found = await client.QueryAsync(
                """
                WITH (SELECT max(run) FROM etl_run FINAL WHERE extract = {extract:String} AND kind = 'accept' AND outcome = 'published') AS accepted
                SELECT range_to, toUInt64OrZero(splitByChar(':', snapshot)[1]), snapshot_xmax FROM etl_run FINAL
                WHERE extract = {extract:String} AND kind IN ('incremental', 'accept') AND outcome = 'published' AND run >= ifNull(accepted, 0)
                ORDER BY run DESC LIMIT {most:Int64}
                """,
                token,
                QueryOptions.With(("extract", extract), ("most", most.ToString(CultureInfo.InvariantCulture))));
            var start = LateCommits.Start(found.Rows.Select(r => new SeenUpTo(r[0].GetString(), r[1].GetUInt64(), r[2].GetUInt64())), seen?.Xmin);
            if (start is not null || found.Rows.Count < most)
            {
                return start;
            }
        }

        return null;
    }

    /// <summary>What the last load that read all that was new saw of the source; null: there was none.</summary>
    public async Task<LastLoad?> LastAsync(string extract, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT toString(started_at), range_to, unfinished_from, source_system, source_timeline, source_rows, replayed_lsn FROM etl_run FINAL
            WHERE extract = {extract:String} AND kind IN ('incremental', 'accept') AND outcome = 'published' ORDER BY run DESC LIMIT 1
            """,
            token,
            QueryOptions.With(("extract", extract)));
        return found.Rows is [var row]
            ? new LastLoad(row[0].GetString()!, row[1].GetString(), row[2].GetString(), row[3].GetString()!, row[4].GetUInt32(), row[5].ValueKind == JsonValueKind.Null ? null : row[5].GetInt64(), row[6].GetString()!)
            : null;
    }

    /// <summary>Closes the runs that were killed; the caller holds the extract's lock, so none of them is alive.</summary>
    public async Task CloseKilledAsync(string extract, CancellationToken token)
    {
        await client.ExecuteAsync(
            """
            INSERT INTO etl_run
            SELECT * REPLACE ('failed' AS outcome, now64(3) AS finished_at, 'ended without a word: it was killed, or lost the warehouse' AS error, version + 1 AS version)
            FROM (SELECT * FROM etl_run FINAL WHERE extract = {extract:String} AND outcome = 'running')
            """,
            token,
            QueryOptions.With(("extract", extract)) with { Settings = new Dictionary<string, string> { ["async_insert"] = "0" } });
    }

    /// <summary>The extract's last backfill, where it failed within the last day and has staged rows to go on from; else null.</summary>
    public async Task<RunRecord?> ResumableAsync(string extract, CancellationToken token)
    {
        var found = await client.QueryAsync(
            """
            SELECT * EXCEPT (version) FROM etl_run FINAL
            WHERE extract = {extract:String} AND run = (SELECT max(run) FROM etl_run WHERE extract = {extract:String} AND kind = 'backfill')
              AND outcome = 'failed' AND staged_to IS NOT NULL AND started_at > now64(3) - INTERVAL 1 DAY
            """,
            token,
            QueryOptions.With(("extract", extract)) with { Settings = new Dictionary<string, string> { ["date_time_output_format"] = "iso" } });
        if (found.Rows is not [var row])
        {
            return null;
        }

        var json = new System.Text.Json.Nodes.JsonObject(found.Columns.Zip(row, (c, v) => KeyValuePair.Create<string, System.Text.Json.Nodes.JsonNode?>(c.Name, System.Text.Json.Nodes.JsonNode.Parse(v.GetRawText()))));
        return json.Deserialize<RunRecord>(Json);
    }
}
