using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Reports.Cli.Commands;
using Reports.Cli.Scheduling;
using Reports.Definitions;
using Reports.Mail.Delivery;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class SchedulerTests
{
    private const string Mondays = "0 0 7 ? * MON";

    // Berlin goes from UTC+1 to UTC+2 on 29 March 2026 and back on 25 October.
    [Theory]
    [InlineData(Mondays, "2026-03-20T00:00Z", "2026-03-23T06:00Z")]
    [InlineData(Mondays, "2026-03-24T00:00Z", "2026-03-30T05:00Z")]
    [InlineData(Mondays, "2026-10-20T00:00Z", "2026-10-26T06:00Z")]
    [InlineData("0 30 1 * * ?", "2026-03-28T12:00Z", "2026-03-29T00:30Z")]
    [InlineData("0 0 3 * * ?", "2026-10-24T12:00Z", "2026-10-25T02:00Z")]
    public void Next_AcrossClockChanges_KeepsTheZonesHour(string cron, string after, string expected) =>
        Assert.Equal(
            DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture),
            new Schedule(cron, Schedule.ZoneOf("Europe/Berlin")!).Next(DateTimeOffset.Parse(after, CultureInfo.InvariantCulture))
        );

    [Fact]
    public void Next_HourThatTheClockSkips_FiresOnceThatDay()
    {
        var zone = Schedule.ZoneOf("Europe/Berlin")!;
        var first = new Schedule("0 30 2 * * ?", zone).Next(new DateTimeOffset(2026, 3, 28, 12, 0, 0, TimeSpan.Zero))!.Value;
        var second = new Schedule("0 30 2 * * ?", zone).Next(first)!.Value;

        Assert.Equal(29, TimeZoneInfo.ConvertTime(first, zone).Day);
        Assert.Equal(30, TimeZoneInfo.ConvertTime(second, zone).Day);
    }

    [Fact]
    public void Next_HourThatTheClockRepeats_FiresOnceThatDay()
    {
        var zone = Schedule.ZoneOf("Europe/Berlin")!;
        var first = new Schedule("0 30 2 * * ?", zone).Next(new DateTimeOffset(2026, 10, 24, 12, 0, 0, TimeSpan.Zero))!.Value;
        var second = new Schedule("0 30 2 * * ?", zone).Next(first)!.Value;

        Assert.Equal(25, TimeZoneInfo.ConvertTime(first, zone).Day);
        Assert.Equal(26, TimeZoneInfo.ConvertTime(second, zone).Day);
    }

    [Fact]
    public async Task RunAsync_Stopped_WaitsForWhatRunsAndNeverRunsItTwiceAtOnce()
    {
        var (begun, ended, atOnce, most) = (0, 0, 0, 0);
        using var stop = new CancellationTokenSource();
        var work = new ScheduledWork(
            "slow",
            new Schedule("* * * * * ?", TimeZoneInfo.Utc),
            async _ =>
            {
                begun++;
                most = Math.Max(most, Interlocked.Increment(ref atOnce));
                if (begun == 2)
                {
                    stop.CancelAfter(TimeSpan.Zero);
                }

                await Task.Delay(1500, CancellationToken.None);
                Interlocked.Decrement(ref atOnce);
                if (++ended == 1)
                {
                    throw new ReportException("the first one fails; the next one still comes");
                }

                return [new Outcome("done")];
            }
        );
        // On a busy machine the second one comes late.
        stop.CancelAfter(TimeSpan.FromMinutes(1));

        await new ReportScheduler([work], NullLogger<ReportScheduler>.Instance, TimeProvider.System).RunAsync(stop.Token);

        Assert.True(begun >= 2, "it ran again after a failure");
        Assert.Equal(begun, ended);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task WriteAsync_NewReport_ReadsBackAndIsNotOverwritten()
    {
        var folder = Directory.CreateTempSubdirectory();
        var files = await NewCommand.WriteAsync(Project.Here, "fuel/my-question", TestContext.Current.CancellationToken, folder.FullName);

        Assert.Equal("My question", ReportDefinition.Read("fuel/my-question", folder.FullName).Title);
        Assert.True(ReportTestFile.Read(files[1]).Count >= 2);
        var fault = await Assert.ThrowsAsync<ReportException>(() =>
            NewCommand.WriteAsync(Project.Here, "fuel/my-question", TestContext.Current.CancellationToken, folder.FullName)
        );
        Assert.Contains("exists already", fault.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("my-question", "expected a report's name as system/name")]
    [InlineData("../etc/passwd", "expected a report's name as system/name")]
    [InlineData("Fuel/x", "expected a report's name as system/name")]
    [InlineData("nix/x", "there is no system 'nix'")]
    public async Task WriteAsync_BadName_SaysWhatIsExpected(string name, string expected) =>
        Assert.Contains(
            expected,
            (
                await Assert.ThrowsAsync<ReportException>(() =>
                    NewCommand.WriteAsync(Project.Here, name, TestContext.Current.CancellationToken, "/nowhere")
                )
            ).Message,
            StringComparison.Ordinal
        );
}
