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
            try
            {
                foreach (var (fact, rows) in (await loader.RemoveOldAsync(extract, cancellationToken)).Where(r => r.Rows > 0))
                {
                    log.Removed(fact, rows);
                }
            }
            catch (UserException e)
            {
                log.NotRemoved(extract.Name, CleanText.Line(e.Message));
            }
#pragma warning disable CA1031 // A fault of the program itself ends no schedule; the log has its stack.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                log.Broken(extract.Name, e);
            }
        }
    }
}
