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

    private async Task RemoveAsync(string of, Func<Task<IReadOnlyList<(string Table, long Rows)>>> remove)
    {
        try
        {
            foreach (var (table, rows) in (await remove()).Where(r => r.Rows > 0))
            {
                log.Removed(table, rows);
            }
        }
        catch (UserException e)
        {
            log.NotRemoved(of, CleanText.Line(e.Message));
        }
#pragma warning disable CA1031 // A fault of the program itself ends no schedule; the log has its stack.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            log.Broken(of, e);
        }
    }
}
