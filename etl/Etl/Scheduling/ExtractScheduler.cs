using Etl.Loading;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitoring;
using Quartz;
using WarehouseSql.Definitions;
using WarehouseSql.Programs;

namespace Etl.Scheduling;

/// <summary>Runs extracts on their Quartz schedules.</summary>
internal static class ExtractScheduler
{
    /// <summary>
    /// Runs until <paramref name="token"/> stops it; then the load that runs is abandoned whole, or finishes if it is already publishing.
    /// </summary>
    public static async Task RunAsync(IConfiguration configuration, Project project, CancellationToken token)
    {
        var extracts = ExtractDefinition.Configured(project.Extracts(), configuration, Console.Error.WriteLine);
        using var loader = new Loader(configuration, project, TimeProvider.System);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        ProgramLog.AddTo(builder.Logging, ProgramLog.FormatOf(configuration));
        builder.Services.AddSingleton(loader);
        builder.Services.AddSingleton(extracts);
        builder.Services.AddSingleton(project);
        builder.Services.AddSingleton(configuration);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddQuartz(quartz =>
        {
            // Else a stop would wait for the load that runs, however long that takes.
            quartz.ConfigureScheduler(o => o.ShutdownJobInterruption = ShutdownJobInterruption.Always);
            foreach (var extract in extracts)
            {
                AddExtract(quartz, extract);
                AddVerify(quartz, extract, Settings.Value(configuration, "Etl:VerifySchedule", "0 37 3 * * ?"));
            }

            AddNightly<RetentionJob>(quartz, "retention", "0 10 0 * * ?", atStart: true);
            if (Settings.Value(configuration, "Etl:BackupSchedule", "") is { Length: > 0 } backups)
            {
                AddNightly<BackupJob>(quartz, "backup", backups, atStart: false);
            }
        });
        builder.AddQuartzHostedService(o => o.WaitForJobsToComplete = true);
        await using var monitor = await ProgramMonitor.StartAsync(
            configuration,
            "Etl",
            c => new ScheduleHealth(configuration, extracts).Add(c),
            token
        );
        using var host = builder.Build();
        var log = host.Services.GetRequiredService<ILogger<ExtractJob>>();
        foreach (var extract in extracts)
        {
            log.Scheduled(extract.Name, extract.Schedule);
        }

        await host.RunAsync(token);
    }

    // A load reads everything since the last one, so one run at the start catches up with any outage.
    private static void AddExtract(IQuartzBuilder quartz, ExtractDefinition extract)
    {
        var key = new JobKey(extract.Name);
        quartz.AddJob<ExtractJob>(job => job.WithIdentity(key));
        quartz.AddTrigger(t => t.ForJob(key).WithIdentity(extract.Name + " at start").StartNow());
        quartz.AddTrigger(t =>
            t.ForJob(key)
                .WithIdentity(extract.Name)
                .WithCronSchedule(
                    extract.Schedule,
                    c => c.InTimeZone(TimeZoneInfo.Utc).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)
                )
        );
    }

    // Whether sources answer or not.
    private static void AddNightly<TJob>(IQuartzBuilder quartz, string name, string schedule, bool atStart)
        where TJob : class, IJob
    {
        var key = new JobKey(name);
        quartz.AddJob<TJob>(job => job.WithIdentity(key));
        if (atStart)
        {
            quartz.AddTrigger(t => t.ForJob(key).WithIdentity(name + " at start").StartNow());
        }

        quartz.AddTrigger(t =>
            t.ForJob(key)
                .WithIdentity(key.Name)
                .WithCronSchedule(
                    schedule,
                    c => c.InTimeZone(TimeZoneInfo.Utc).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)
                )
        );
    }

    private static void AddVerify(IQuartzBuilder quartz, ExtractDefinition extract, string schedule)
    {
        // What each load reads as a whole needs no other look at the whole.
        if (schedule.Length > 0 && !extract.IsWhole)
        {
            var key = new JobKey(extract.Name + " verify");
            quartz.AddJob<VerifyJob>(job => job.WithIdentity(key));
            quartz.AddTrigger(t =>
                t.ForJob(key)
                    .WithIdentity(key.Name)
                    .WithCronSchedule(
                        schedule,
                        c => c.InTimeZone(TimeZoneInfo.Utc).WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing)
                    )
            );
        }
    }
}
