using WarehouseSql.Programs;

namespace Etl.Loading;

/// <summary>How staged rows come into the facts.</summary>
internal enum Publishing
{
    /// <summary>Not at all: they are only compared.</summary>
    Nothing,

    /// <summary>They are added; a row that is there already is replaced through its key.</summary>
    Attach,

    /// <summary>They stand in the place of every partition that was looked at.</summary>
    ReplaceAll,

    /// <summary>They stand in the place of the partitions that differ.</summary>
    ReplaceDifferent,
}

/// <summary>When what partitions have is held against what was published to them.</summary>
internal enum LossCheck
{
    /// <summary>Never: the comparison with the source shows it.</summary>
    Never,

    /// <summary>Before anything is read: a load that only adds would go on over what the warehouse has lost.</summary>
    Before,

    /// <summary>At the end: rows that only the warehouse had are in no comparison with the source.</summary>
    After,
}

/// <summary>
/// What a load does, step by step: made of an extract's mode and what the load is for, in one place, and asked by everything that loads.
/// </summary>
internal sealed record LoadPlan
{
    /// <summary>What it is called in the ledger.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it begins where earlier loads ended; else at the first row.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Whether what is new is loaded first, so that both sides are compared under one snapshot of the source.</summary>
    public bool LoadsNewFirst { get; init; }

    /// <summary>Whether all reading is under one snapshot of the source.</summary>
    public bool HoldsSnapshot { get; init; }

    /// <summary>Whether it can be limited to a time.</summary>
    public bool TakesWindow { get; init; }

    /// <summary>Whether a source that isn't what it was is taken as it is.</summary>
    public bool TakesAnySource { get; init; }

    /// <summary>Whether the source's rows are held against how many there were.</summary>
    public bool CountsSource { get; init; }

    /// <summary>Whether staged rows are compared with the facts, partition by partition.</summary>
    public bool Compares { get; init; }

    /// <summary>How they are published.</summary>
    public Publishing Publishes { get; init; }

    /// <summary>
    /// How many rows of a fact may go by replacing without anybody's word, beside 1 % of each partition; null: as many as go.
    /// </summary>
    public long? MayLose { get; init; }

    /// <summary>When the warehouse's own losses are looked for.</summary>
    public LossCheck ChecksLoss { get; init; }

    /// <summary>Whether what was staged stays after a failure, and the next attempt goes on from there.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether replacing is part of it.</summary>
    public bool Replaces => Publishes is Publishing.ReplaceAll or Publishing.ReplaceDifferent;

    /// <summary>Whether it is there to mend what is wrong in the warehouse.</summary>
    public bool Mends => LoadsNewFirst || Publishes == Publishing.ReplaceDifferent;

    /// <summary>The plan of a load.</summary>
    /// <exception cref="UserException">An extract of that mode has no such load.</exception>
    public static LoadPlan Of(ExtractDefinition extract, LoadRequest request)
    {
        var plan =
            Of(extract.Mode, request.Kind)
            ?? throw new UserException(
                $"{extract.Name} is of mode full: each `make extract EXTRACT={extract.Name}` reads all of it, so there is nothing to backfill"
            );
        plan = request.Overlaps ? plan : plan with { ChecksLoss = LossCheck.Never };
        plan = request.Force ? plan with { MayLose = null } : plan;
        return request.DryRun ? plan with { Publishes = Publishing.Nothing } : plan;
    }

    /// <summary>The plan of a load of a mode; null: there is none such.</summary>
    public static LoadPlan? Of(ExtractMode mode, LoadKind kind) =>
        (mode, kind) switch
        {
            (ExtractMode.Append, LoadKind.Incremental) => Incremental,
            (ExtractMode.Append, LoadKind.Backfill) => Backfill with { Publishes = Publishing.ReplaceAll, MayLose = 0 },
            (ExtractMode.Append, LoadKind.Verify) => Verify,
            (ExtractMode.Append, LoadKind.Heal) => Heal with { Publishes = Publishing.ReplaceDifferent, MayLose = 1 },
            (ExtractMode.Append, LoadKind.Accept) => Accept,
            // History is only in the warehouse: nothing replaces it, and what is lost of it no source brings back.
            (ExtractMode.Snapshot, LoadKind.Incremental) => Incremental,
            (ExtractMode.Snapshot, LoadKind.Backfill) => Backfill with { Publishes = Publishing.Attach, ChecksLoss = LossCheck.After },
            (ExtractMode.Snapshot, LoadKind.Verify) => Verify with { ChecksLoss = LossCheck.After },
            (ExtractMode.Snapshot, LoadKind.Heal) => Heal with { Publishes = Publishing.Attach, ChecksLoss = LossCheck.After },
            (ExtractMode.Snapshot, LoadKind.Accept) => Accept,
            // Each load reads all of it.
            (ExtractMode.Full, LoadKind.Incremental) => Whole with { Name = "incremental", MayLose = 1, CountsSource = true },
            (ExtractMode.Full, LoadKind.Verify) => Whole with { Name = "verify", HoldsSnapshot = true, Publishes = Publishing.Nothing },
            (ExtractMode.Full, LoadKind.Heal) => Whole with { Name = "heal", HoldsSnapshot = true, MayLose = 1 },
            (ExtractMode.Full, LoadKind.Accept) => Whole with { Name = "accept", TakesAnySource = true },
            _ => null,
        };

    private static LoadPlan Incremental { get; } =
        new()
        {
            Name = "incremental",
            GoesOn = true,
            CountsSource = true,
            Publishes = Publishing.Attach,
            ChecksLoss = LossCheck.Before,
        };

    private static LoadPlan Backfill { get; } =
        new()
        {
            Name = "backfill",
            TakesWindow = true,
            Compares = true,
            Resumes = true,
        };

    private static LoadPlan Verify { get; } =
        new()
        {
            Name = "verify",
            LoadsNewFirst = true,
            HoldsSnapshot = true,
            TakesWindow = true,
            Compares = true,
        };

    private static LoadPlan Heal { get; } = Verify with { Name = "heal" };

    private static LoadPlan Accept { get; } =
        new()
        {
            Name = "accept",
            TakesWindow = true,
            TakesAnySource = true,
            Compares = true,
            Publishes = Publishing.Attach,
        };

    private static LoadPlan Whole { get; } =
        new()
        {
            Name = "",
            Compares = true,
            Publishes = Publishing.ReplaceDifferent,
        };
}
