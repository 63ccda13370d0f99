using Etl.Loading;
using Microsoft.Extensions.Logging;
using Quartz;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl.Scheduling;

/// <summary>Removes the rows of all facts that are to be kept no longer, also of extracts whose source is away or not set up.</summary>
[DisallowConcurrentExecution]
internal sealed class RetentionJob(Loader loader, Project project, ILogger<RetentionJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        foreach (var extract in project.Extracts())
        {
            await RemoveAsync(extract.Name, () => loader.RemoveOldAsync(extract, cancellationToken));
        }

        await RemoveAsync("ledgers", () => loader.RemoveOldAsync(cancellationToken));
    }

    private Task RemoveAsync(string of, Func<Task<IReadOnlyList<(string Table, long Rows)>>> remove) =>
        ScheduledStep.RunAsync(
            log,
            of,
            async () =>
            {
                foreach (var (table, rows) in (await remove()).Where(r => r.Rows > 0))
                {
                    log.Removed(table, rows);
                }
            },
            reason => log.NotRemoved(of, reason)
        );
}
