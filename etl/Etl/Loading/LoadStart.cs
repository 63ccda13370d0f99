using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>Where a load begins: where no late commit can still add rows. <see cref="LateCommits.Start"/> is the rule.</summary>
internal static class LoadStart
{
    /// <summary>
    /// A cursor, as text, below which the last load, or a run that saw <paramref name="seen"/>, has seen every row; null: at the start.
    /// </summary>
    /// <returns>It, and what the last load saw; null: there was none.</returns>
    public static async Task<(string? Start, LastLoad? Last)> FindAsync(
        RunLedger ledger,
        string extract,
        CancellationToken token,
        SourceSnapshot? seen = null
    )
    {
        // The rule needs the first few runs, but for transactions that stay open for days.
        foreach (var most in (int[])[100, int.MaxValue])
        {
            var loads = await ledger.SeenAsync(extract, most, token);
            var start = LateCommits.Start(loads.Select(l => new SeenUpTo(l.RangeTo, l.Xmin, l.Xmax)), seen?.Xmin);
            if (start is not null || loads.Count < most)
            {
                return (start, loads is [var last, ..] ? last : null);
            }
        }

        return (null, null);
    }
}
