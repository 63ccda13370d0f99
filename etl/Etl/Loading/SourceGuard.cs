using System.Globalization;
using Etl.Source;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>
/// Notices a source that is another one than at the last load, or went backwards: reading on from the last cursor would leave out rows and
/// say that all is well.
/// </summary>
internal static class SourceGuard
{
    /// <summary>A table may lose so many rows, or <see cref="Publisher.MostLoss"/> of them, before that is taken for a fault.</summary>
    private const long FewRows = 10;

    /// <summary>Refuses a source that isn't what it was.</summary>
    /// <param name="extract">What is loaded.</param>
    /// <param name="last">What the last load saw; null: there was none.</param>
    /// <param name="now">The source now.</param>
    /// <param name="highest">Its highest cursor now; null: it has no rows.</param>
    /// <param name="wentBack">Whether that is lower than the last load's.</param>
    /// <param name="rows">The rows that it has now; null: not counted.</param>
    /// <exception cref="SourceException">It isn't: says what differs, and what to do.</exception>
    public static void Check(ExtractDefinition extract, LastLoad? last, SourceState now, string? highest, bool wentBack, long? rows)
    {
        if (last is not null && Difference(extract, last, now, highest, wentBack, rows) is { } difference)
        {
            throw new SourceException(
                $"{extract.Name}: the source isn't what it was at the last load ({last.StartedAt} UTC): {difference}; nothing was loaded — `make accept EXTRACT={extract.Name} DRY_RUN=1` shows how it differs from the warehouse, and without DRY_RUN=1 reads all of it again and goes on from there"
            );
        }
    }

    private static string? Difference(ExtractDefinition extract, LastLoad last, SourceState now, string? highest, bool wentBack, long? rows)
    {
        if (last.System.Length > 0 && now.System.Length > 0 && last.System != now.System)
        {
            return $"it is another server, made anew (system identifier {now.System}, was {last.System})";
        }

        if (last.Timeline > 0 && now.Timeline > 0 && last.Timeline != now.Timeline)
        {
            return $"it is on timeline {Text(now.Timeline)} and was on {Text(last.Timeline)}: a server was promoted or restored, and may lack what was last written before";
        }

        if (wentBack)
        {
            var behind =
                Position(now.Replayed) < Position(last.Replayed)
                    ? $", since this server has replayed up to {now.Replayed} only, and the one of the last load up to {last.Replayed}: where it is a replica that is behind, wait for it"
                    : ": was it restored, emptied or made anew?";
            return highest is null
                ? $"it has no rows left, and had some up to {extract.Cursor} {last.RangeTo}{behind}"
                : $"its highest {extract.Cursor} is {highest} and was {last.RangeTo}{behind}";
        }

        return
            extract.HasItsHistory
            && !extract.KeepsDeleted
            && rows is { } left
            && last.Rows is { } had
            && left < had - Math.Max(FewRows, had * Publisher.MostLoss)
            ? $"it has {Text(left)} rows and had {Text(had)}: was it restored or emptied? (Where it deletes rows that the warehouse is to keep, say `deleted: keep` in the extract's header.)"
            : null;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // PostgreSQL writes the upper and the lower half, in hexadecimal digits.
    private static ulong Position(string lsn) =>
        lsn.Split('/') is [var high, var low]
            ? (ulong.Parse(high, NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 32)
                | ulong.Parse(low, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : 0;
}
