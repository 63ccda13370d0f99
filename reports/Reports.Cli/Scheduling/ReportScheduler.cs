using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Extensibility;
using Reports.Definitions;
using Reports.Mail.Delivery;
using WarehouseSql.Programs;

namespace Reports.Cli.Scheduling;

/// <summary>Runs scheduled work by Quartz until it is told to stop; then waits for what is running.</summary>
/// <remarks>One thing never runs twice at once. What was due while the clock or the machine stood still is done once.</remarks>
internal sealed partial class ReportScheduler(IReadOnlyList<ScheduledWork> work, ILogger<ReportScheduler> log, TimeProvider time)
{
    private const string WorkKey = "work";
    private readonly ConcurrentDictionary<string, (string Message, DateTimeOffset At)> failures = new();

    /// <summary>When each thing is due next, soonest first; null: never again.</summary>
    public IEnumerable<(ScheduledWork Work, DateTimeOffset? Next)> Next(DateTimeOffset after) =>
        work.Select(w => (w, NextOf(w, after))).OrderBy(n => n.Item2 ?? DateTimeOffset.MaxValue);

    /// <summary>Runs until <paramref name="stop"/> is cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var scheduler = await QuartzSchedulerBuilder.Create().BuildScheduler(CancellationToken.None);
        foreach (var item in work.Where(w => w.Poll is null))
        {
            var job = JobBuilder.Create<WorkJob>().WithIdentity(item.Name).UsingJobData(WorkKey, (Func<Task>)(() => DoAsync(item))).Build();
            var trigger = TriggerBuilder
                .Create(time)
                .WithIdentity(item.Name)
                .WithSchedule(
                    CronScheduleBuilder
                        .Create(item.Schedule!.Cron)
                        .InTimeZone(item.Schedule.Zone)
                        .WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)
                )
                .Build();
            await scheduler.ScheduleJob(job, trigger, cancellationToken: stop);
        }

        await scheduler.Start(stop);
        var polling = work.Where(w => w.Poll is not null).Select(w => PollAsync(w, stop)).ToList();
        Started(work.Count);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }
        catch (OperationCanceledException)
        {
            Stopping();
        }

        // Runs that began are finished: a mail is sent whole or not at all.
        await scheduler.Shutdown(true, CancellationToken.None);
        await Task.WhenAll(polling);
        Stopped();
    }

    // Not by Quartz: it waits for a time of day, and would look an hour too late where the clock is set back by one.
    private async Task PollAsync(ScheduledWork item, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await DoAsync(item);
            await Task.Delay(item.Poll!.Value, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static DateTimeOffset? NextOf(ScheduledWork item, DateTimeOffset after) =>
        item.Schedule is { } schedule ? schedule.Next(after) : after + item.Poll;

    private async Task DoAsync(ScheduledWork item)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            if (item.Poll is null)
            {
                Begun(item.Name);
            }

            var outcomes = await item.Run(CancellationToken.None);
            failures.TryRemove(item.Name, out _);
            foreach (var line in outcomes)
            {
                Tell(item, line, Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        }
#pragma warning disable CA1031 // One failure must not end the others; its line says what happened.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // What is looked at every few seconds fails as often; once an hour is enough to be told.
            if (
                item.Poll is null
                || !failures.TryGetValue(item.Name, out var last)
                || last.Message != e.Message
                || time.GetUtcNow() - last.At > TimeSpan.FromHours(1)
            )
            {
                failures[item.Name] = (e.Message, time.GetUtcNow());
                if (e is UserException or IOException or UnauthorizedAccessException)
                {
                    Failed(item.Name, CleanText.Line(e.Message), NextOf(item, time.GetUtcNow()));
                }
                else
                {
                    Broken(item.Name, NextOf(item, time.GetUtcNow()), e);
                }
            }
        }
    }

    private void Tell(ScheduledWork item, Outcome line, double seconds)
    {
        var next = NextOf(item, time.GetUtcNow());
        if (line.IsFault)
        {
            Failed(item.Name, CleanText.Line(line.Text), next);
        }
        else
        {
            Done(item.Name, line.Text, seconds, next);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Name}: begun")]
    private partial void Begun(string name);

    [LoggerMessage(LogLevel.Information, "{Name}: done in {Seconds:0.0} s: {Result}; next {Next:u}")]
    private partial void Done(string name, string result, double seconds, DateTimeOffset? next);

    [LoggerMessage(LogLevel.Error, "{Name}: failed: {Reason}; next {Next:u}")]
    private partial void Failed(string name, string reason, DateTimeOffset? next);

    [LoggerMessage(LogLevel.Critical, "{Name}: a fault of the program itself; next {Next:u}")]
    private partial void Broken(string name, DateTimeOffset? next, Exception fault);

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
            await ((Func<Task>)context.MergedJobDataMap[WorkKey]!)();
    }
}
