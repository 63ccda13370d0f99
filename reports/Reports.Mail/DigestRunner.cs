using Reports.Definitions;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Reports.Mail;

/// <summary>One report inside a mail: its result, or why there is none.</summary>
/// <param name="Csv">The result as CSV; null: it is larger than what goes with a mail.</param>
internal sealed record DigestPart(
    DigestReport Item,
    ReportDefinition? Report,
    ReportRun? Run,
    ReportOutcome? Outcome,
    TableSink? Rows,
    string? Failure,
    byte[]? Csv = null
);

/// <summary>Runs a digest's reports. One that fails doesn't keep the others back.</summary>
internal sealed class DigestRunner(ReportRunner runner)
{
    /// <summary>Each report's result; relative days such as <c>today</c> are those of the scheduled time in the digest's zone.</summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached: no mail is better than one that says nothing.</exception>
    public async Task<IReadOnlyList<DigestPart>> RunAsync(DigestDefinition digest, DateTimeOffset scheduled, CancellationToken token)
    {
        var loads = await runner.LoadsAsync(token);
        var parts = new List<DigestPart>();
        foreach (var item in digest.Reports)
        {
            parts.Add(await RunAsync(item, loads, scheduled, digest.Zone, digest.AttachKb * 1000, token));
        }

        return parts;
    }

    /// <summary>
    /// How far the data reaches that a digest's reports read, and how far it has to: to the end of their periods, at most to the beginning
    /// of the scheduled day in the digest's zone.
    /// </summary>
    /// <exception cref="WarehouseException">The warehouse isn't reached.</exception>
    public async Task<(DataReach Reach, DateTimeOffset Needed)> ReachAsync(
        DigestDefinition digest,
        DateTimeOffset scheduled,
        CancellationToken token
    )
    {
        var loads = await runner.LoadsAsync(token);
        var late = new List<(DataReach Reach, DateTimeOffset Needed)>();
        foreach (var item in digest.Reports)
        {
            try
            {
                var run = runner.Prepare(runner.Project.Report(item.Report), item.Params, loads, scheduled, digest.Zone);
                late.Add((loads.ReachOf(run.Freshness.Facts), NeededBy(run, scheduled, digest.Zone)));
            }
            catch (Exception e) when (e is ReportException or DefinitionException)
            {
                // It needs no data: the mail will say that it failed.
            }
        }

        return late.OrderBy(l => (l.Reach.At ?? DateTimeOffset.MinValue) < l.Needed ? 0 : 1)
            .ThenBy(l => l.Reach.At ?? DateTimeOffset.MinValue)
            .FirstOrDefault((new DataReach(DateTimeOffset.MaxValue, ""), DateTimeOffset.MinValue));
    }

    /// <summary>
    /// The end of a run's period, at most the beginning of the zone's scheduled day: figures of days that have ended need data up to there.
    /// </summary>
    public static DateTimeOffset NeededBy(ReportRun run, DateTimeOffset scheduled, TimeZoneInfo zone)
    {
        var day = Days.Begin(Days.Of(scheduled, zone), zone);
        return Sentences.EndOf(run) is { } end && end < day ? end : day;
    }

    private async Task<DigestPart> RunAsync(
        DigestReport item,
        FactLoads loads,
        DateTimeOffset scheduled,
        TimeZoneInfo zone,
        int mostCsv,
        CancellationToken token
    )
    {
        ReportDefinition? report = null;
        try
        {
            report = runner.Project.Report(item.Report);
            var run = runner.Prepare(report, item.Params, loads, scheduled, zone);
            report = run.Report;
            var rows = new TableSink(ReportPages.ShownRows, report, fromEnd: report.Chart?.IsLine == true);
            using var csv = new BoundedBytes(mostCsv);
            var outcome = await runner.RunAsync(run, ReportPages.FileRows, [rows, new CsvSink(csv)], token);
            return new DigestPart(item, report, run, outcome, rows, null, csv.Bytes);
        }
#pragma warning disable CA1031 // Whatever it is, the other reports are sent.
        catch (Exception e) when (!token.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new DigestPart(item, report, null, null, null, e.Message);
        }
    }

    /// <summary>Keeps what is written, up to so many bytes; more than that, nothing of it.</summary>
    private sealed class BoundedBytes(int most) : MemoryStream
    {
        private bool isOver;

        public byte[]? Bytes => isOver || most == 0 ? null : ToArray();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            isOver = isOver || Length + buffer.Length > most;
            return isOver ? ValueTask.CompletedTask : base.WriteAsync(buffer, cancellationToken);
        }
    }
}
