using Etl.Definitions;
using Etl.Loading;
using Etl.Source;
using Microsoft.Extensions.Logging;
using Quartz;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Scheduling;

/// <summary>One scheduled load. Never two of one extract at once.</summary>
[DisallowConcurrentExecution]
internal sealed class ExtractJob(Loader loader, IReadOnlyList<ExtractDefinition> extracts, ILogger<ExtractJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var extract = ExtractDefinition.Find(extracts, context.JobDetail.Key.Name);
        try
        {
            var result = await loader.RunAsync(extract, new LoadRequest(LoadKind.Incremental), _ => { }, cancellationToken).ConfigureAwait(false);
            log.Loaded(extract.Name, result.Run.RowsRead, result.Run.RowsQuarantined, result.Run.Seconds);
        }
        catch (OperationCanceledException)
        {
            log.Stopped(extract.Name);
        }
        catch (Exception e) when (e is SourceException or WarehouseException or DefinitionException or InvalidOperationException)
        {
            log.Failed(extract.Name, e.Message);
        }
    }
}

/// <summary>What the schedule logs.</summary>
internal static partial class ScheduleLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Extract}: scheduled at {Schedule} (UTC)")]
    public static partial void Scheduled(this ILogger log, string extract, string schedule);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Extract}: {Rows} rows, {Quarantined} quarantined, {Seconds:0.0} s")]
    public static partial void Loaded(this ILogger log, string extract, long rows, long quarantined, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Extract}: stopped; the load was abandoned whole")]
    public static partial void Stopped(this ILogger log, string extract);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Extract}: failed, tries again at its next time: {Reason}")]
    public static partial void Failed(this ILogger log, string extract, string reason);
}
