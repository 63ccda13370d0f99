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
/// <param name="Xmin">The first transaction that may have been open in its snapshot.</param>
/// <param name="Xmax">The first one that had not begun.</param>
public sealed record LastLoad(
    string StartedAt,
    string? RangeTo,
    string? UnfinishedFrom,
    string System,
    uint Timeline,
    long? Rows,
    string Replayed,
    ulong Xmin,
    ulong Xmax
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
