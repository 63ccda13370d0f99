using Npgsql;
using WarehouseSql.Programs;

namespace SourceSql;

/// <summary>What PostgreSQL's failures mean for a load.</summary>
internal static class SourceFaults
{
    private static readonly string[] RecoveryConflicts = ["40001", "40P01", "57014"];
    private static readonly string[] Shutdowns = ["57P01", "57P02", "57P03", "08000", "08003", "08006"];

    /// <summary>Whether it is a failure of the source or of the line to it.</summary>
    public static bool IsSource(Exception e) =>
        e
            is NpgsqlException
                or IOException
                or TimeoutException
                or System.Net.Sockets.SocketException
                or NotSupportedException
                or FormatException
                or System.Security.Cryptography.CryptographicException
                or System.Security.Authentication.AuthenticationException;

    /// <summary>Whether the same range may well succeed when it is read again, and smaller.</summary>
    public static bool IsPassing(Exception e) =>
        e switch
        {
            _ when StateOf(e) is { } state => RecoveryConflicts.Contains(state) || Shutdowns.Contains(state),
            NpgsqlException or IOException or System.Net.Sockets.SocketException => true,
            SourceException { InnerException: { } inner } => IsPassing(inner),
            _ => false,
        };

    /// <summary>
    /// Whether the server is there, but takes no connection just now: it is starting, or what a new connection asks was in the way of what
    /// it replays.
    /// </summary>
    public static bool IsNotReady(Exception e) =>
        StateOf(e is SourceException { InnerException: { } inner } ? inner : e) is "57P03" or "40001" or "40P01";

    /// <summary>A passing failure in a few words, for a line of progress.</summary>
    public static string Name(Exception e) =>
        StateOf(e is SourceException { InnerException: { } inner } ? inner : e) switch
        {
            { } state when RecoveryConflicts.Contains(state) => "cancelled by the replica",
            { } => "the replica is restarting",
            null => "the line to the replica broke off",
        };

    /// <summary>The failure as a line for a person.</summary>
    public static SourceException Explain(Exception e) =>
        StateOf(e) is { } state
            ? new SourceException($"PostgreSQL {state}: {TextOf(e)}{Remedy(state)}", e)
            : new SourceException($"the line to the source broke off: {e.GetBaseException().Message}", e);

    /// <summary>As <see cref="Explain"/>, of a connection that could not be opened.</summary>
    public static SourceException Unreachable(string name, Exception e)
    {
        var hint = $"check ConnectionStrings__{name}, and that the replica is up (`make up` starts the local one)";
        return StateOf(e) is { } state
            ? new SourceException($"the source {name} refused the connection: PostgreSQL {state}: {TextOf(e)} — {hint}", e)
            : new SourceException(
                $"no connection to the source {name}: {(e is NpgsqlException ? e.GetBaseException() : e).Message} — {hint}",
                e
            );
    }

    private static string? StateOf(Exception e) => (e as PostgresException)?.SqlState;

    private static string TextOf(Exception e) => CleanText.Line(e is PostgresException p ? p.MessageText : e.Message);

    private static string Remedy(string state) =>
        state switch
        {
            "40001" or "40P01" =>
                " — the replica cancelled the query because of a conflict with recovery; set hot_standby_feedback = on there, or raise max_standby_streaming_delay",
            "57014" =>
                " — the query was cancelled: it took longer than the connection string's Command Timeout or the server's statement_timeout, or an operator cancelled it; set a larger Command Timeout (seconds), or a smaller Etl__RowsPerRange",
            "42501" => " — grant SELECT on it to the replica's reading account",
            "42P01" => " — is the search path of the connection string right?",
            _ => "",
        };
}
