namespace SourceSql;

/// <summary>What a reader of a growing table saw.</summary>
/// <param name="Cursor">The highest cursor; null: there was no row.</param>
/// <param name="Xmin">Every transaction below this number had ended: <see cref="SourceSnapshot.Xmin"/>.</param>
/// <param name="Next">No transaction from this number on had written anything yet: <see cref="SourceSnapshot.Next"/>.</param>
internal readonly record struct SeenUpTo(string? Cursor, ulong Xmin, ulong Next);

/// <summary>
/// Where a reader of a growing table begins, so that no row is missed whose transaction took its cursor early and committed late.
/// </summary>
internal static class LateCommits
{
    /// <summary>How many numbers a reader begins lower than the rule says, where nothing else is asked for.</summary>
    public const string NumberOverlap = "1000";

    /// <summary>As <see cref="NumberOverlap"/>, of a cursor in time.</summary>
    public const string TimeOverlap = "5 minutes";

    /// <summary>
    /// A cursor below which the last reader, or one with the snapshot <paramref name="xmin"/>, has seen every row; null: none is known.
    /// </summary>
    /// <param name="newestFirst">What readers saw, the last one first.</param>
    /// <remarks>
    /// What the last one did not see belongs to transactions from its snapshot's xmin on. A reader whose fence
    /// (<see cref="SeenUpTo.Next"/>) is no higher ended before any of them wrote, so their rows have higher cursors than it saw, but for
    /// those whose cursor was taken well before they were written: these are what the overlap is for.
    /// (That the transactions have ended by now is not enough: the last reader missed them.)
    /// </remarks>
    public static string? Start(IEnumerable<SeenUpTo> newestFirst, ulong? xmin = null)
    {
        foreach (var seen in newestFirst)
        {
            xmin ??= seen.Xmin;
            if (seen.Cursor is not null && seen.Next <= xmin)
            {
                return seen.Cursor;
            }
        }

        return null;
    }

    /// <summary>A cursor (SQL) less the overlap, as SQL.</summary>
    public static string LessOverlap(string cursor, bool isInstant, string? overlap) =>
        isInstant ? $"({cursor} - '{overlap ?? TimeOverlap}'::interval)" : $"({cursor} - {overlap ?? NumberOverlap})";
}
