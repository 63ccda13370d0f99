using Etl.Definitions;
using Etl.Source;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Etl.Loading;

/// <summary>Runs loads: takes the extract's lock, stages, checks, publishes, and keeps the ledger.</summary>
/// <remarks>A crash before publishing leaves the facts untouched; one during it is repaired by running again, since facts collapse on their keys.</remarks>
internal sealed class Loader : IDisposable
{
    private readonly IConfiguration configuration;
    private readonly TimeProvider time;
    private readonly TableEngines engines;
    private readonly IReadOnlyDictionary<string, FactDefinition> facts;
    private readonly IReadOnlyList<ClickHouseClient> nodes;
    private readonly Ledger ledger;
    private readonly long rowsPerRange;
    private readonly bool allowPrimary;

    public Loader(IConfiguration configuration, IReadOnlyDictionary<string, FactDefinition> facts, TimeProvider time)
    {
        this.configuration = configuration;
        this.facts = facts;
        this.time = time;
        engines = TableEngines.Read(configuration);
        var options = WarehouseOptions.Read(configuration);
        nodes = [.. options.Nodes.Select(url => new ClickHouseClient(options, url))];
        ledger = new Ledger(nodes[0], time);
        rowsPerRange = configuration.GetValue("Etl:RowsPerRange", 500_000L);
        allowPrimary = configuration.GetValue("Etl:AllowPrimary", false);
    }

    /// <summary>Runs one load.</summary>
    /// <exception cref="SourceException">The source failed; nothing was published.</exception>
    /// <exception cref="WarehouseException">The warehouse failed; nothing was published, or running again repairs it.</exception>
    /// <exception cref="DefinitionException">The extract or a fact doesn't fit the tables.</exception>
    public async Task<LoadResult> RunAsync(ExtractDefinition extract, LoadRequest request, Action<LoadProgress> progress, CancellationToken token)
    {
        var began = time.GetTimestamp();
        await using var replica = Replica.Of(extract.Source, configuration.GetConnectionString(extract.Source));
        await replica.LockAsync(extract.Name, allowPrimary, token).ConfigureAwait(false);
        var columns = await replica.DescribeAsync(extract, token).ConfigureAwait(false);
        await ledger.CloseKilledAsync(extract.Name, token).ConfigureAwait(false);

        var run = new RunRecord { Run = await ledger.NextRunAsync(token).ConfigureAwait(false), Extract = extract.Name, Kind = KindText(request.Kind), StartedAt = time.GetUtcNow().UtcDateTime, Facts = extract.Facts };
        var made = extract.Facts.Select(f => facts[f]).ToList();
        var tables = nodes.Select(n => new RunTables(n, engines, extract, made, columns, run.Run)).ToList();
        await Task.WhenAll(tables.Select(t => t.DropOrphansAsync(token))).ConfigureAwait(false);
        await ledger.WriteAsync(run, token).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(tables.Select(t => t.CreateAsync(token))).ConfigureAwait(false);
            var (window, fromLedger) = request.Kind == LoadKind.Incremental ? (null, ledger) : (request.Window?.Align(made), (Ledger?)null);
            var stager = new Stager(extract, made, columns, replica, tables, rowsPerRange, progress);
            var staged = await stager.StageAsync(fromLedger, window, token).ConfigureAwait(false);
            run = run with
            {
                RangeFrom = window?.FromText ?? staged.From,
                RangeTo = window?.ToText ?? staged.To,
                Snapshot = staged.Snapshot.Text,
                SnapshotXmax = staged.Snapshot.Next,
                RowsRead = staged.Moved.Rows,
                RowsQuarantined = staged.Unreadable,
                BytesRead = staged.Moved.Bytes,
            };
            progress(new LoadProgress(extract.Name, "publishing", staged.Moved, staged.Moved.Rows));
            await replica.CheckLockAsync(token).ConfigureAwait(false);
            var (partitions, changes) = await PublishAsync(extract, request, made, tables, window, token).ConfigureAwait(false);
            run = Ended(run, request.Kind == LoadKind.Verify || request.DryRun ? "checked" : "published", began) with { Partitions = partitions };
            await ledger.WriteAsync(run, CancellationToken.None).ConfigureAwait(false);
            return new LoadResult(run, changes);
        }
        catch (Exception e)
        {
            await NoteFailureAsync(Ended(run, "failed", began) with { Error = e is OperationCanceledException ? "stopped" : e.Message }).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await DropAsync(tables).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        foreach (var node in nodes)
        {
            node.Dispose();
        }
    }

    private static string KindText(LoadKind kind) => kind switch
    {
        LoadKind.Incremental => "incremental",
        LoadKind.Backfill => "backfill",
        LoadKind.Heal => "heal",
        _ => "verify",
    };

    private static async Task<(IReadOnlyList<string> Partitions, IReadOnlyList<PartitionChange> Changes)> PublishAsync(
        ExtractDefinition extract, LoadRequest request, IReadOnlyList<FactDefinition> made, IReadOnlyList<RunTables> tables, TimeWindow? window, CancellationToken token)
    {
        var partitions = new List<string>();
        var changes = new List<PartitionChange>();
        var publishers = tables.Select(t => new Publisher(t, extract, made)).ToList();
        if (request.Kind != LoadKind.Incremental)
        {
            foreach (var publisher in publishers)
            {
                changes.AddRange(await publisher.CompareAsync(window, token).ConfigureAwait(false));
            }
        }

        if (request.Kind == LoadKind.Verify || request.DryRun)
        {
            return (partitions, changes);
        }

        var replaces = request.Kind != LoadKind.Incremental && extract.Mode == ExtractMode.Append;
        var different = request.Kind == LoadKind.Heal ? changes.Where(c => !c.Same).ToList() : changes;
        if (replaces && !request.Force && request.Kind == LoadKind.Backfill)
        {
            Publisher.RefuseLoss(different);
        }

        // From here a stop waits: what is half published would be repaired, but only by the next load.
        token.ThrowIfCancellationRequested();
        foreach (var publisher in publishers)
        {
            partitions.AddRange(replaces
                ? await publisher.ReplaceAsync(different, CancellationToken.None).ConfigureAwait(false)
                : await publisher.AttachAsync(CancellationToken.None).ConfigureAwait(false));
        }

        return ([.. partitions.Distinct()], changes);
    }

    private RunRecord Ended(RunRecord run, string outcome, long began) =>
        run with { Outcome = outcome, FinishedAt = time.GetUtcNow().UtcDateTime, Seconds = time.GetElapsedTime(began).TotalSeconds };

    // A failed load's own failure is what the caller hears of; the next load tidies up what can't be tidied up now.
    private async Task NoteFailureAsync(RunRecord run)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await ledger.WriteAsync(run, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WarehouseException or OperationCanceledException)
        {
        }
    }

    private static async Task DropAsync(List<RunTables> tables)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await Task.WhenAll(tables.Select(t => t.DropAsync(patience.Token))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WarehouseException or OperationCanceledException)
        {
        }
    }
}
