using System.Globalization;

namespace SourceSql;

/// <summary>What a reading transaction sees.</summary>
/// <param name="Text"><c>pg_current_snapshot()</c>.</param>
/// <param name="Xmin">Every transaction below this number has ended.</param>
/// <param name="Next">No transaction from this number on had written anything yet that reached this server.</param>
internal sealed record SourceSnapshot(string Text, ulong Xmin, ulong Next)
{
    /// <summary>SQL that says how far the next transaction's number lies above the snapshot's xmax.</summary>
    /// <remarks>
    /// xmax itself is one above the last transaction that *ended*: what runs at the time may have that number, or a higher one.
    /// </remarks>
    public const string Ahead = "SELECT age(pg_snapshot_xmax(pg_current_snapshot())::xid)::text";

    /// <summary>Reads PostgreSQL's notation, xmin:xmax:list, and the answer to <see cref="Ahead"/>.</summary>
    public static SourceSnapshot Parse(string text, string ahead)
    {
        var parts = text.Split(':');
        return new SourceSnapshot(
            text,
            ulong.Parse(parts[0], CultureInfo.InvariantCulture),
            ulong.Parse(parts[1], CultureInfo.InvariantCulture) + ulong.Parse(ahead, CultureInfo.InvariantCulture)
        );
    }
}
