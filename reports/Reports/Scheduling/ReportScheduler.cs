using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Extensibility;

namespace Reports.Scheduling;

/// <summary>Runs scheduled work by Quartz until it is told to stop; then waits for what is running.</summary>
/// <remarks>One thing never runs twice at once. What was due while the clock or the machine stood still is done once.</remarks>
internal sealed partial class ReportScheduler(IReadOnlyList<ScheduledWork> work, ILogger<ReportScheduler> log, TimeProvider time)
{
    private const string WorkKey = "work";

    /// <summary>When each thing is due next, soonest first; null: never again.</summary>
    public IEnumerable<(ScheduledWork Work, DateTimeOffset? Next)> Next(DateTimeOffset after) =>
        work.Select(w => (w, NextOf(w.Cron, w.Zone, after))).OrderBy(n => n.Item2 ?? DateTimeOffset.MaxValue);

    /// <summary>When an expression fires next in a zone; null: never again.</summary>
    public static DateTimeOffset? NextOf(string cron, TimeZoneInfo zone, DateTimeOffset after) =>
        new CronExpression(cron, zone).GetNextValidTimeAfter(after);

    /// <summary>Runs until <paramref name="stop"/> is cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var scheduler = await QuartzSchedulerBuilder.Create().BuildScheduler(CancellationToken.None).ConfigureAwait(false);
        foreach (var item in work)
        {
            var job = JobBuilder.Create<WorkJob>().WithIdentity(item.Name).UsingJobData(WorkKey, (Func<Task>)(() => DoAsync(item))).Build();
            var trigger = TriggerBuilder.Create(time).WithIdentity(item.Name)
                .WithSchedule(CronScheduleBuilder.Create(item.Cron).InTimeZone(item.Zone).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed))
                .Build();
            await scheduler.ScheduleJob(job, trigger, cancellationToken: stop).ConfigureAwait(false);
        }

        await scheduler.Start(stop).ConfigureAwait(false);
        Started(work.Count);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Stopping();
        }

        // Runs that began are finished: a mail is sent whole or not at all.
        await scheduler.Shutdown(true, CancellationToken.None).ConfigureAwait(false);
        Stopped();
    }

    private async Task DoAsync(ScheduledWork item)
    {
        Begun(item.Name);
        var began = Stopwatch.GetTimestamp();
        try
        {
            var result = await item.Run(CancellationToken.None).ConfigureAwait(false);
            Done(item.Name, result, Stopwatch.GetElapsedTime(began).TotalSeconds, NextOf(item.Cron, item.Zone, time.GetUtcNow()));
        }
#pragma warning disable CA1031 // One failure must not end the others; its line says what happened.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(item.Name, e.Message, NextOf(item.Cron, item.Zone, time.GetUtcNow()));
        }
    }

    [LoggerMessage(LogLevel.Information, "{Name}: begun")]
    private partial void Begun(string name);

    [LoggerMessage(LogLevel.Information, "{Name}: done in {Seconds:0.0} s: {Result}; next {Next:u}")]
    private partial void Done(string name, string result, double seconds, DateTimeOffset? next);

    [LoggerMessage(LogLevel.Error, "{Name}: failed: {Reason}; next {Next:u}")]
    private partial void Failed(string name, string reason, DateTimeOffset? next);

    [LoggerMessage(LogLevel.Information, "scheduler started with {Count} schedules")]
    private partial void Started(int count);

    [LoggerMessage(LogLevel.Information, "stopping: waiting for what is running")]
    private partial void Stopping();

    [LoggerMessage(LogLevel.Information, "stopped")]
    private partial void Stopped();

    [DisallowConcurrentExecution]
    private sealed class WorkJob : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
            await ((Func<Task>)context.MergedJobDataMap[WorkKey]!)().ConfigureAwait(false);
    }
}
