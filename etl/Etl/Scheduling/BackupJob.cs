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
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await ScheduledStep.RunAsync(log, "backup", () => BackUpAsync(cancellationToken), log.NotBackedUp);

    private async Task BackUpAsync(CancellationToken token)
    {
        using var backup = new Backup(configuration, project, time);
        var made = await backup.RunAsync(null, full: false, _ => { }, token);
        var rows = await new Restore(configuration, project, time).CheckAsync(made.Name, _ => { }, token);
        log.BackedUp(made.Name, made.Kind, rows);
    }
}
