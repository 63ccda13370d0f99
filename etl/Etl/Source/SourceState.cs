using System.Globalization;
using Npgsql;

namespace Etl.Source;

/// <summary>Which server a source is, and how far it has come.</summary>
/// <param name="System">Its system identifier; empty: it doesn't tell.</param>
/// <param name="Timeline">Its timeline, which a promotion raises; 0: it doesn't tell.</param>
/// <param name="Replayed">
/// The position in the write-ahead log up to which it has replayed (a primary: written), as PostgreSQL writes it.
/// </param>
/// <param name="Lag">
/// How much older than now its data are: nothing where it has replayed all that it received and goes on receiving.
/// </param>
internal sealed record SourceState(string System, uint Timeline, string Replayed, TimeSpan Lag)
{
    // What a streaming replica has received is replayed within this, unless something holds it up. A checkpoint of an idle primary is such
    // a thing to replay, and the last transaction may then be hours old: that is no lag.
    private static readonly TimeSpan Catching = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Received is asked first: what is replayed by then has caught up with it.
    private const string Positions = """
        WITH received AS MATERIALIZED (SELECT pg_last_wal_receive_lsn() AS lsn)
        SELECT concat_ws('|',
          CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
          coalesce(
            NOT pg_is_in_recovery()
            OR ((SELECT lsn FROM received) <= pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver)),
            FALSE),
          extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))
        """;

    private const string Identity = """
        SELECT concat_ws('|',
          (SELECT system_identifier FROM pg_control_system()),
          greatest(
            (SELECT timeline_id FROM pg_control_checkpoint()),
            (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
            (SELECT received_tli FROM pg_stat_wal_receiver)),
          extract(epoch FROM clock_timestamp() - (SELECT checkpoint_time FROM pg_control_checkpoint())))
        """;

    /// <summary>Asks a server. What a transaction sees that begins after this is no older.</summary>
    /// <exception cref="SourceException">It fails.</exception>
    public static async Task<SourceState> ReadAsync(NpgsqlConnection connection, CancellationToken token)
    {
        var (system, timeline, checkpoint) = await IdentityAsync(connection, token);
        var (first, caughtUp, lag) = await PositionsAsync(connection, token);
        var replayed = first;
        for (var waited = TimeSpan.Zero; !caughtUp && lag is { } behind && behind > Catching && waited < Catching; waited += Pause)
        {
            await Task.Delay(Pause, token);
            (replayed, caughtUp, lag) = await PositionsAsync(connection, token);
        }

        // Since it started it may have replayed no transaction at all: its data are then those of its last checkpoint.
        return new SourceState(system, timeline, replayed, caughtUp ? TimeSpan.Zero : lag ?? checkpoint ?? TimeSpan.Zero);
    }

    private static async Task<(string Replayed, bool CaughtUp, TimeSpan? Lag)> PositionsAsync(
        NpgsqlConnection connection,
        CancellationToken token
    )
    {
        var parts = (await Replica.ScalarAsync<string>(connection, Positions, token)).Split('|');
        return (parts[0], parts[1] == "t", parts.Length > 2 ? Seconds(parts[2]) : null);
    }

    private static async Task<(string System, uint Timeline, TimeSpan? Checkpoint)> IdentityAsync(
        NpgsqlConnection connection,
        CancellationToken token
    )
    {
        try
        {
            var parts = (await Replica.ScalarAsync<string>(connection, Identity, token)).Split('|');
            return (parts[0], uint.Parse(parts[1], CultureInfo.InvariantCulture), Seconds(parts[2]));
        }
        catch (SourceException e) when (e.InnerException is PostgresException { SqlState: "42501" or "42883" })
        {
            // Some hosts of PostgreSQL don't tell.
            return ("", 0, null);
        }
    }

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(Math.Max(0, double.Parse(text, CultureInfo.InvariantCulture)));
}
