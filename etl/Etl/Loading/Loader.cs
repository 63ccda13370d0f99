using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Source;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>Runs loads: takes the extract's lock, stages, checks, publishes, and keeps the ledger.</summary>
/// <remarks>
/// A crash before publishing leaves the facts untouched; one during it is repaired by running again, since facts collapse on their keys.
/// </remarks>
internal sealed class Loader : IDisposable
{
    private readonly IConfiguration configuration;
    private readonly Project project;
    private readonly TimeProvider time;
    private readonly TableEngines engines;
    private readonly IReadOnlyDictionary<string, FactDefinition> facts;
    private readonly IReadOnlyList<ClickHouseClient> nodes;
    private readonly RunLedger ledger;
    private readonly ViewSet views;
    private readonly Retention retention;
    private readonly SiteErasure sites;
    private readonly long rowsPerRange;
    private readonly bool allowPrimary;

    public Loader(IConfiguration configuration, Project project, TimeProvider time)
    {
        (this.configuration, this.project) = (configuration, project);
        (facts, views) = (project.Facts(), project.ViewSet());
        this.time = time;
        engines = TableEngines.Read(configuration);
        nodes = ClickHouseClient.OfNodes(WarehouseOptions.Read(configuration));
        ledger = new RunLedger(nodes[0], time);
        retention = new Retention(nodes, engines, project, time);
        sites = new SiteErasure(nodes, engines, project, time);
        rowsPerRange = Settings.Value(configuration, "Etl:RowsPerRange", 2_000_000L);
        allowPrimary = Settings.Value(configuration, "Etl:AllowPrimary", false);
    }

    /// <summary>How many extracts are loaded side by side; two loads of one never are.</summary>
    public static int Parallel(IConfiguration configuration) => Math.Max(1, Settings.Value(configuration, "Etl:Parallel", 2));

    /// <summary>Runs one load. Several extracts may be loaded at once.</summary>
    /// <exception cref="SourceException">The source failed; nothing was published.</exception>
    /// <exception cref="WarehouseException">The warehouse failed; nothing was published, or running again repairs it.</exception>
    /// <exception cref="DefinitionException">The extract or a fact doesn't fit the tables.</exception>
    public Task<LoadResult> RunAsync(
        ExtractDefinition extract,
        LoadRequest request,
        Action<LoadProgress> progress,
        CancellationToken token
    ) => Telemetry.TraceAsync($"load {extract.Name}", _ => LoadAsync(extract, request, progress, token));

    private async Task<LoadResult> LoadAsync(
        ExtractDefinition extract,
        LoadRequest request,
        Action<LoadProgress> progress,
        CancellationToken token
    )
    {
        var plan = LoadPlan.Of(extract, request);
        await using var replica = Replica.Of(extract.Source, configuration.GetConnectionString(extract.Source));
        await replica.LockAsync(extract.Name, allowPrimary, token);
        // Each time, and under the lock: a scheduler lives for months, and rows may have been moved to more nodes meanwhile.
        await WarehouseNodes.CheckAsync(nodes, project, token);
        var columns = await replica.DescribeAsync(extract, token);
        IReadOnlyList<FactDefinition> own = [.. extract.Facts.Select(f => facts[f])];
        var (kept, held) = await retention.HoldAsync(extract, own, token);
        await using var _ = held;
        var forgotten = await ForgottenSites.OfAsync(nodes[0], extract.SystemName, token);
        var load = new Load(extract, own, columns, replica, progress, kept, forgotten);
        if (plan.HoldsSnapshot)
        {
            // Both sides under one snapshot: first what is new in it is loaded, then both are compared. No row is loaded twice for
            // that: it could mend in silence what is to be shown.
            await replica.HoldSnapshotAsync(token);
            if (plan.LoadsNewFirst)
            {
                var rest = new LoadRequest(LoadKind.Incremental, Overlaps: false);
                await RunAsync(load, rest, LoadPlan.Of(extract, rest), token);
                load = load with { Kept = await retention.OfAsync(own, token) };
            }
        }

        IReadOnlyList<SiteRows> erased =
            extract.DeletesSites && plan.LoadsNewFirst && request.ErasesSites
                ? await sites.EraseVanishedAsync(extract, replica, request.Force, token)
                : [];
        return await RunAsync(load, request, plan, token) with { Erased = erased };
    }

    /// <summary>As <see cref="Retention.RemoveAsync(ExtractDefinition, CancellationToken)"/>.</summary>
    /// <exception cref="WarehouseException">As there.</exception>
    public Task<IReadOnlyList<(string Fact, long Rows)>> RemoveOldAsync(ExtractDefinition extract, CancellationToken token) =>
        retention.RemoveAsync(extract, token);

    /// <summary>As <see cref="LedgerRetention.RemoveAsync"/>.</summary>
    /// <exception cref="WarehouseException">As there.</exception>
    public Task<IReadOnlyList<(string Table, long Rows)>> RemoveOldAsync(CancellationToken token) =>
        LedgerRetention.RemoveAsync(nodes, token);

    public void Dispose()
    {
        foreach (var node in nodes)
        {
            node.Dispose();
        }
    }

    private async Task<LoadResult> RunAsync(Load load, LoadRequest request, LoadPlan plan, CancellationToken token)
    {
        var began = time.GetTimestamp();
        var window = plan.TakesWindow ? request.Window?.Align(load.Facts) : null;
        var look = await ledger.LookAsync(load.Extract.Name, token);
        if (look.HasOpen)
        {
            await ledger.CloseKilledAsync(load.Extract.Name, token);
        }

        var resumable = look.HasOpen || look.MayResume ? await ledger.ResumableAsync(load.Extract.Name, token) : null;
        // From where a load may go on; and what the last one saw, against which the source is held.
        var (goesOnAt, seen) = await LoadStart.FindAsync(ledger, load.Extract.Name, token);
        var (run, start) = await BeginAsync(load, plan, window, resumable, look.Next, goesOnAt, token);
        var resumes = run.StagedTo is not null;
        var tables = nodes.Select(n => TablesOf(n, load, run.Run, start)).ToList();
        var (keepsTables, made) = (false, false);
        try
        {
            await Task.WhenAll(tables.Select(t => t.DropOrphansAsync(resumes || !plan.Resumes ? resumable?.Run : null, token)));
            await ledger.WriteAsync(run, token);
            await Task.WhenAll(tables.Select(t => resumes ? t.GoOnAsync(token) : t.CreateAsync(token)));
            made = true;
            var before = new Moved(run.RowsRead, run.BytesRead);
            await CheckLossAsync(load, plan, LossCheck.Before, tables, token);
            var stager = new Stager(load.Extract, load.Facts, load.Columns, load.Replica, tables, rowsPerRange, load.Progress);
            var last = plan.TakesAnySource ? null : seen;
            if (!plan.CountsSource)
            {
                // What it would lose by fewer rows, it sees partition by partition.
                last = last is null ? null : last with { Rows = null };
            }

            var staged = await Telemetry.TraceAsync(
                "read",
                _ => stager.StageAsync(start, last, run.StagedTo, request.Overlaps, window, NoteReachedAsync, token)
            );
            run = With(run, staged, window, before, resumes) with { RowsQuarantined = staged.Unreadable };
            load.Progress(new LoadProgress(load.Extract.Name, "publishing", staged.Moved, staged.Moved.Rows));
            await load.Replica.CheckLockAsync(token);
            var kept = KeptViews.Of(nodes, engines, views, load.Facts);
            var result = await Telemetry.TraceAsync(
                "publish",
                _ => PublishAsync(load, plan, run, tables, kept, window, NotePublishingAsync, token)
            );
            if (plan.Publishes != Publishing.Nothing && load.Kept.Count > 0)
            {
                // Each load does, so that rows go soon after their time, and those of a first load at once.
                var said = await retention.FollowAsync(
                    load.Facts,
                    load.Kept,
                    tables,
                    kept,
                    await ledger.NextRunAsync(CancellationToken.None)
                );
                result = result with { Run = WithWarning(result.Run, said) };
            }

            run = Ended(result.Run, plan.Publishes == Publishing.Nothing ? RunOutcome.Checked : RunOutcome.Published, began);
            await ledger.WriteAsync(run, CancellationToken.None);
            LoadTelemetry.Note(run);
            return result with { Run = run };

            // Readers are told until all of it is there.
            async Task NotePublishingAsync()
            {
                run = run with { Outcome = RunOutcome.Publishing };
                await ledger.WriteAsync(run, token);
            }

            async Task NoteReachedAsync(Staged soFar, string end)
            {
                if (plan is { Resumes: true, Publishes: not Publishing.Nothing })
                {
                    run = With(run, soFar, window, before, resumes) with { StagedTo = end };
                    await ledger.WriteAsync(run, token);
                }
            }
        }
        catch (Exception e)
        {
            keepsTables = run.StagedTo is not null;
            var fault = await ReplacedException.OrAsync(e, load.Extract.Name, made ? tables : null);
            await NoteFailureAsync(
                Ended(run, run.Outcome == RunOutcome.Publishing ? RunOutcome.Half : RunOutcome.Failed, began) with
                {
                    Error = e is OperationCanceledException ? "stopped" : fault.Message,
                }
            );
            if (fault != e)
            {
                throw fault;
            }

            throw;
        }
        finally
        {
            if (!keepsTables)
            {
                await DropAsync(tables, run.Outcome is not (RunOutcome.Published or RunOutcome.Checked));
            }
        }
    }

    private RunTables TablesOf(ClickHouseClient node, Load load, ulong run, string? start) =>
        new(node, engines, load.Extract, load.Facts, load.Columns, run)
        {
            Kept = load.Kept,
            Forgotten = load.Forgotten,
            After = decimal.TryParse(start, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? start : null,
        };

    // A new run and where it begins to read; or the failed backfill of the same window and definition, gone on with. Going on needs a
    // cursor below which the failed attempt had seen every row: what came later below its end is read again.
    private async Task<(RunRecord Run, string? Start)> BeginAsync(
        Load load,
        LoadPlan plan,
        TimeWindow? window,
        RunRecord? resumable,
        ulong next,
        string? goesOnAt,
        CancellationToken token
    )
    {
        if (
            plan.Resumes
            && resumable is not null
            && resumable.Definition == load.Definition
            && (resumable.RangeFrom, resumable.RangeTo) == (window?.FromText, window?.ToText)
            && (await LoadStart.FindAsync(ledger, load.Extract.Name, token, SourceSnapshot.Parse(resumable.Snapshot, "0"))).Start
                is { } seen
            && (await Task.WhenAll(nodes.Select(n => TablesOf(n, load, resumable.Run, null).ExistAsync(token)))).All(e => e)
        )
        {
            // What is half published stays so until all of it is.
            var outcome = resumable.Outcome == RunOutcome.Half ? RunOutcome.Publishing : RunOutcome.Running;
            return (resumable with { Outcome = outcome, FinishedAt = null, Error = "" }, seen);
        }

        var run = new RunRecord
        {
            Run = next,
            Extract = load.Extract.Name,
            Kind = plan.Name,
            StartedAt = time.GetUtcNow().UtcDateTime,
            Facts = load.Extract.Facts,
            Definition = load.Definition,
        };
        return (run, plan.GoesOn ? goesOnAt : null);
    }

    // Gone on with, a backfill keeps the snapshot of its first attempt: what that one had not seen is what a further attempt has to read
    // again.
    private static RunRecord With(RunRecord run, Staged staged, TimeWindow? window, Moved before, bool resumes) =>
        run with
        {
            RangeFrom = window?.FromText ?? staged.From,
            RangeTo = window?.ToText ?? staged.To,
            UnfinishedFrom = staged.Unfinished,
            Snapshot = resumes ? run.Snapshot : staged.Snapshot.Text,
            SnapshotXmax = resumes ? run.SnapshotXmax : staged.Snapshot.Next,
            SourceSystem = staged.State.System,
            SourceTimeline = staged.State.Timeline,
            SourceRows = staged.SourceRows,
            ReplayedLsn = staged.State.Replayed,
            ReplayedAt = run.StartedAt - staged.State.Lag,
            Warning = staged.Warning,
            RowsRead = before.Rows + staged.Moved.Rows,
            BytesRead = before.Bytes + staged.Moved.Bytes,
        };

    private static async Task CheckLossAsync(
        Load load,
        LoadPlan plan,
        LossCheck when,
        IReadOnlyList<RunTables> tables,
        CancellationToken token
    )
    {
        if (plan.ChecksLoss != when)
        {
            return;
        }

        var lost = new List<string>();
        foreach (var node in tables)
        {
            lost.AddRange(await node.Counts.LostAsync(token));
        }

        if (lost.Count > 0)
        {
            var name = load.Extract.Name;
            var more = lost.Count > 1 ? $" (and {lost.Count - 1} more partitions)" : "";
            var remedy = load.Extract.HasItsHistory
                ? $"`make verify EXTRACT={name} HEAL=1` loads it anew from the source"
                : $"restore a backup, or bring back what the source still has with `make verify EXTRACT={name} HEAL=1`; `make accept EXTRACT={name}` goes on without the rest";
            throw new WarehouseException($"{name}: the warehouse lost rows since they were published: {lost[0]}{more} — {remedy}");
        }
    }

    private static async Task<LoadResult> PublishAsync(
        Load load,
        LoadPlan plan,
        RunRecord run,
        List<RunTables> tables,
        KeptViews kept,
        TimeWindow? window,
        Func<Task> publishing,
        CancellationToken token
    )
    {
        var extract = load.Extract;
        var partitions = new List<string>();
        var changes = new List<PartitionChange>();
        var gone = new List<GoneRows>();
        var publishers = tables.Select(t => new Publisher(t, extract, load.Facts)).ToList();
        foreach (var publisher in publishers)
        {
            await publisher.SettleStagedAsync(token);
        }

        if (plan.Compares)
        {
            foreach (var publisher in publishers)
            {
                changes.AddRange(await publisher.CompareAsync(window, token));
            }

            if (extract.HasItsHistory && (extract.KeepsDeleted || changes.Exists(c => !c.Same)))
            {
                foreach (var publisher in publishers)
                {
                    gone.AddRange(await publisher.GoneAsync(window, token));
                }
            }
        }

        var result = new LoadResult(run, changes) { Gone = gone, KeepsGone = extract.KeepsDeleted };
        if (plan.Publishes == Publishing.Nothing)
        {
            await CheckLossAsync(load, plan, LossCheck.After, tables, token);
            // Where partitions differ, that is what there is to tell and to heal.
            if (changes.TrueForAll(c => c.Same) && await kept.FalseOnesAsync(token) is { Count: > 0 } wrong)
            {
                throw new WarehouseException(
                    $"{extract.Name}: facts or kept rows were changed by hand: {string.Join(", ", wrong)} still say what was there before; `make verify EXTRACT={extract.Name} HEAL=1` has them read the facts again"
                );
            }

            return result;
        }

        var different = plan.Publishes == Publishing.ReplaceDifferent ? changes.Where(c => !c.Same).ToList() : changes;
        if (plan is { Replaces: true, MayLose: { } few })
        {
            Publisher.RefuseLoss(different, few);
        }

        // From here a stop waits: what is half published would be repaired, but only by the next load.
        token.ThrowIfCancellationRequested();
        if (plan.Replaces ? different.Count > 0 || (await kept.FalseOnesAsync(token)).Count > 0 : run.RowsRead > 0)
        {
            await publishing();
            await kept.LetGoAsync(trusts: !plan.Mends, CancellationToken.None);
        }

        foreach (var (publisher, counts) in publishers.Zip(tables.Select(t => t.Counts)))
        {
            if (plan.Replaces && extract.KeepsDeleted)
            {
                await publisher.KeepGoneAsync(different, CancellationToken.None);
            }

            if (plan.Replaces)
            {
                await counts.LowerAsync(different, CancellationToken.None);
            }

            partitions.AddRange(
                plan.Replaces
                    ? await publisher.ReplaceAsync(different, CancellationToken.None)
                    : await publisher.AttachAsync(CancellationToken.None)
            );
            await (
                plan.TakesAnySource
                    ? counts.NoteAllAsync(CancellationToken.None)
                    : counts.NoteAsync(partitions, mayLose: plan.Replaces, CancellationToken.None)
            );
        }

        await CheckLossAsync(load, plan, LossCheck.After, tables, token);
        var notKept = await kept.KeepAsync(
            run.Run,
            new FactChange(partitions, plan.Replaces ? null : tables[0].Staging),
            CancellationToken.None
        );
        return result with { Run = WithWarning(run with { Partitions = [.. partitions.Distinct()] }, notKept) };
    }

    private static RunRecord WithWarning(RunRecord run, string more) =>
        run with
        {
            Warning = string.Join("; ", ((string[])[run.Warning, more]).Where(w => w.Length > 0)),
        };

    /// <summary>What the runs of one load share.</summary>
    private sealed record Load(
        ExtractDefinition Extract,
        IReadOnlyList<FactDefinition> Facts,
        IReadOnlyList<SourceColumn> Columns,
        Replica Replica,
        Action<LoadProgress> Progress,
        IReadOnlyDictionary<string, Kept> Kept,
        ForgottenSites? Forgotten
    )
    {
        /// <summary>SHA-256 of all SQL that rows go through, and of the columns' types.</summary>
        public string Definition { get; } =
            Convert.ToHexStringLower(
                SHA256.HashData(
                    Encoding.UTF8.GetBytes(
                        string.Join(
                            '\n',
                            [
                                Extract.Select,
                                Extract.Unreadable,
                                .. Extract.Parse.Select(p => $"{p.Key}: {p.Value}"),
                                .. Columns.Select(c => c.WarehouseType),
                                .. Facts.Select(f => f.Select),
                            ]
                        )
                    )
                )
            );
    }

    private RunRecord Ended(RunRecord run, RunOutcome outcome, long began) =>
        run with
        {
            Outcome = outcome,
            FinishedAt = time.GetUtcNow().UtcDateTime,
            Seconds = time.GetElapsedTime(began).TotalSeconds,
        };

    // A failed load's own failure is what the caller hears of; the next load tidies up what can't be tidied up now.
    private async Task NoteFailureAsync(RunRecord run)
    {
        LoadTelemetry.Note(run);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await ledger.WriteAsync(run, patience.Token);
        }
        catch (Exception e) when (e is WarehouseException or OperationCanceledException) { }
    }

    private static async Task DropAsync(List<RunTables> tables, bool brokeOff)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await Task.WhenAll(tables.Select(t => t.DropAsync(brokeOff, patience.Token)));
        }
        catch (Exception e) when (e is WarehouseException or OperationCanceledException) { }
    }
}
