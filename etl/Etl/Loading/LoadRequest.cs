using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>What a load is for.</summary>
internal enum LoadKind
{
    /// <summary>Everything since the last load.</summary>
    Incremental,

    /// <summary>A time's rows anew, in place of what the warehouse has of it.</summary>
    Backfill,

    /// <summary>A time's rows anew, only to compare them with what the warehouse has.</summary>
    Verify,

    /// <summary>As <see cref="Verify"/>, and partitions that differ are replaced.</summary>
    Heal,

    /// <summary>Everything that a source holds which isn't what it was; later loads go on from there.</summary>
    Accept,
}

/// <summary>A load to do.</summary>
/// <param name="Kind">What for.</param>
/// <param name="Window">The time to read anew; null: all of it.</param>
/// <param name="Force">Publish also where a partition would lose more than 1 % of its rows.</param>
/// <param name="DryRun">Stop before publishing.</param>
/// <param name="Overlaps">Read a little before the last cursor as well.</param>
internal sealed record LoadRequest(LoadKind Kind, TimeWindow? Window = null, bool Force = false, bool DryRun = false, bool Overlaps = true)
{
    /// <summary>
    /// Whether sites that the source erased are erased here, where the extract's header says so: by heals, and every night. What a
    /// verification shows, it doesn't change.
    /// </summary>
    public bool ErasesSites { get; init; } = Kind == LoadKind.Heal && !DryRun;
}

/// <summary>How a partition of a fact changes, or would.</summary>
/// <param name="Fact">The fact.</param>
/// <param name="Partition">The partition's id, for example 202601.</param>
/// <param name="RowsBefore">Rows in the warehouse before.</param>
/// <param name="RowsAfter">Rows after.</param>
/// <param name="Same">Whether the rows' checksums agree.</param>
internal sealed record PartitionChange(string Fact, string Partition, long RowsBefore, long RowsAfter, bool Same);

/// <summary>Rows of a partition that the source no longer has.</summary>
/// <param name="Fact">The fact.</param>
/// <param name="Partition">The partition's id, for example 202601.</param>
/// <param name="Rows">How many.</param>
internal sealed record GoneRows(string Fact, string Partition, long Rows);

/// <summary>What a load did.</summary>
internal sealed record LoadResult(RunRecord Run, IReadOnlyList<PartitionChange> Changes)
{
    /// <summary>What was compared and is no longer at the source.</summary>
    public IReadOnlyList<GoneRows> Gone { get; init; } = [];

    /// <summary>What was erased of sites that the source has erased.</summary>
    public IReadOnlyList<SiteRows> Erased { get; init; } = [];

    /// <summary>Whether those stay, as the extract's header says.</summary>
    public bool KeepsGone { get; init; }
}

/// <summary>How far a load is, for people to watch.</summary>
/// <param name="Extract">The extract.</param>
/// <param name="Doing">What it does at the moment.</param>
/// <param name="Moved">What it has moved.</param>
/// <param name="Expected">Rows that it is going to move, as far as known.</param>
internal sealed record LoadProgress(string Extract, string Doing, Moved Moved, long? Expected);
