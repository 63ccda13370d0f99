using Etl.Loading;
using Etl.Source;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Quartz;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl.Scheduling;

/// <summary>One scheduled load. Never two of one extract at once.</summary>
[DisallowConcurrentExecution]
internal sealed class ExtractJob(Loader loader, IReadOnlyList<ExtractDefinition> extracts, ILogger<ExtractJob> log)
    : ScheduledLoad(loader, extracts, log)
{
    protected override LoadRequest Request => new(LoadKind.Incremental);

    protected override void Done(string extract, LoadResult result) =>
        Log.Loaded(extract, result.Run.RowsRead, result.Run.RowsQuarantined, result.Run.Seconds);
}

/// <summary>The nightly comparison of the last days with the source.</summary>
[DisallowConcurrentExecution]
internal sealed class VerifyJob(
    Loader loader,
    IReadOnlyList<ExtractDefinition> extracts,
    IConfiguration configuration,
    TimeProvider time,
    ILogger<VerifyJob> log
) : ScheduledLoad(loader, extracts, log)
{
    protected override LoadRequest Request
    {
        get
        {
            var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            return new(
                LoadKind.Verify,
                new TimeWindow(today.AddDays(-Settings.Value(configuration, "Etl:VerifyDays", 7)), today.AddDays(1))
            )
            {
                ErasesSites = true,
            };
        }
    }

    protected override void Done(string extract, LoadResult result)
    {
        foreach (var rows in result.Erased)
        {
            Log.Erased(rows.Table, rows.Rows);
        }

        var different = result.Changes.Where(c => !c.Same).Select(c => $"{c.Fact}/{c.Partition}").ToList();
        if (different.Count == 0)
        {
            Log.Agrees(extract, result.Changes.Count);
        }
        else
        {
            Log.Differs(extract, string.Join(", ", different));
        }
    }
}

/// <summary>What scheduled loads share: a failure is a line in the log, and the schedule goes on.</summary>
internal abstract class ScheduledLoad(Loader loader, IReadOnlyList<ExtractDefinition> extracts, ILogger log) : IJob
{
    protected ILogger Log { get; } = log;

    protected abstract LoadRequest Request { get; }

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var extract = ExtractDefinition.Find(extracts, context.JobDetail.Key.Name.Split(' ')[0]);
        try
        {
            await ScheduledStep.RunAsync(
                Log,
                extract.Name,
                async () => Done(extract.Name, await loader.RunAsync(extract, Request, _ => { }, cancellationToken)),
                reason => Log.Failed(extract.Name, reason)
            );
        }
        catch (OperationCanceledException)
        {
            Log.Stopped(extract.Name);
        }
    }

    protected abstract void Done(string extract, LoadResult result);
}

/// <summary>What the schedule logs.</summary>
internal static partial class ScheduleLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Extract}: scheduled at {Schedule} (UTC)")]
    public static partial void Scheduled(this ILogger log, string extract, string schedule);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Extract}: {Rows} rows, {Quarantined} quarantined, {Seconds:0.0} s")]
    public static partial void Loaded(this ILogger log, string extract, long rows, long quarantined, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Extract}: verified, {Partitions} partitions agree with the source")]
    public static partial void Agrees(this ILogger log, string extract, int partitions);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Extract}: differs from the source in {Partitions}; look with `make verify EXTRACT={Extract}`, mend with HEAL=1"
    )]
    public static partial void Differs(this ILogger log, string extract, string partitions);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Fact}: {Rows} rows erased, of sites that the source has erased")]
    public static partial void Erased(this ILogger log, string fact, long rows);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Fact}: {Rows} rows removed, which are kept no longer")]
    public static partial void Removed(this ILogger log, string fact, long rows);

    [LoggerMessage(Level = LogLevel.Information, Message = "backup {Name} ({Kind}): {Rows} rows, restored and compared")]
    public static partial void BackedUp(this ILogger log, string name, string kind, long rows);

    [LoggerMessage(Level = LogLevel.Error, Message = "the warehouse could not be backed up: {Reason}")]
    public static partial void NotBackedUp(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Extract}: rows that are kept no longer could not be removed: {Reason}")]
    public static partial void NotRemoved(this ILogger log, string extract, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Extract}: stopped; the load was abandoned whole")]
    public static partial void Stopped(this ILogger log, string extract);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Extract}: failed, tries again at its next time: {Reason}")]
    public static partial void Failed(this ILogger log, string extract, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Extract}: a fault of the program itself; tries again at its next time")]
    public static partial void Broken(this ILogger log, string extract, Exception fault);
}
