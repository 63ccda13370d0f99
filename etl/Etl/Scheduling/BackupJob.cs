using Etl.Backups;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Quartz;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl.Scheduling;

/// <summary>Backs the warehouse up, then restores the backup for the moment and compares it.</summary>
[DisallowConcurrentExecution]
internal sealed class BackupJob(IConfiguration configuration, Project project, TimeProvider time, ILogger<BackupJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var backup = new Backup(configuration, project, time);
            var made = await backup.RunAsync(null, full: false, _ => { }, cancellationToken);
            var rows = await new Restore(configuration, project, time).CheckAsync(made.Name, _ => { }, cancellationToken);
            log.BackedUp(made.Name, made.Kind, rows);
        }
        catch (UserException e)
        {
            log.NotBackedUp(CleanText.Line(e.Message));
        }
#pragma warning disable CA1031 // A fault of the program itself ends no schedule; the log has its stack.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            log.Broken("backup", e);
        }
    }
}
