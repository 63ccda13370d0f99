using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Reports.Charts;
using Reports.Running;
using Reports.Web;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

/// <summary>The pieces of the server that need no server.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class WebTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(4096)]
    public async Task ProgressLines_BlocksOfAnySize_GiveRowsAndProgress(int block)
    {
        var target = new MemoryStream();
        var progress = new List<QueryProgress>();
        var lines = new ProgressLines(target, progress.Add);
        const string sent = """
            {"progress":{"read_rows":"5","total_rows_to_read":"10"}}
            {"meta":[{"name":"a \"b\"","type":"String"},{"name":"n","type":"Int64"}]}
            {"row":["}{", 9223372036854775807]}
            {"progress":{"read_rows":"10","total_rows_to_read":"10","elapsed_ns":"1"}}
            {"row":["[\"row\":]", null]}
            {"rows_before_limit_at_least":2}

            """;
        foreach (var part in Encoding.UTF8.GetBytes(sent).Chunk(block))
        {
            await lines.WriteAsync(part, Token);
        }

        Assert.Equal(
            "[\"a \\u0022b\\u0022\",\"n\"]\n[\"String\",\"Int64\"]\n[\"}{\", 9223372036854775807]\n[\"[\\\"row\\\":]\", null]\n",
            Encoding.UTF8.GetString(target.ToArray())
        );
        Assert.Equal([new QueryProgress(5, 10), new QueryProgress(10, 10)], progress);
    }

    [Fact]
    public async Task Spool_ReadWhileItGrows_GivesAllOfIt()
    {
        using var spool = new Spool(1_000_000);
        var readers = Enumerable
            .Range(0, 5)
            .Select(async _ =>
            {
                var target = new MemoryStream();
                await spool.CopyAsync(target, Token);
                return Encoding.UTF8.GetString(target.ToArray());
            })
            .ToList();
        for (var i = 0; i < 100; i++)
        {
            await spool.WriteAsync(Encoding.UTF8.GetBytes($"{i},"), Token);
            await Task.Yield();
        }

        spool.End();

        Assert.All(await Task.WhenAll(readers), r => Assert.Equal(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},")), r));
    }

    [Fact]
    public async Task Spool_Failed_TellsEveryReader()
    {
        using var spool = new Spool(1_000_000);
        await spool.WriteAsync("half"u8.ToArray(), Token);
        var reader = spool.CopyAsync(new MemoryStream(), Token);
        spool.End(new ReportException("broken"));

        Assert.Equal("broken", (await Assert.ThrowsAsync<ReportException>(() => reader)).Message);
        Assert.Equal("broken", (await Assert.ThrowsAsync<ReportException>(() => spool.BeganAsync(Token))).Message);
    }

    [Fact]
    public async Task Spool_LargerThanAllowed_IsAnError()
    {
        using var spool = new Spool(1_000_000);
        await spool.WriteAsync(new byte[999_999], Token);

        var fault = await Assert.ThrowsAsync<ReportException>(async () => await spool.WriteAsync(new byte[2], Token));

        Assert.Contains("larger than 1 MB", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spool_AllTogether_HaveNoMoreThanTheirQuota()
    {
        var asked = 0L;
        Spool? kept = null;
        var quota = new SpoolQuota(
            1_000,
            more =>
            {
                asked = more;
                kept?.Dispose();
            }
        );
        using var held = new Spool(1_000, quota);
        kept = new Spool(1_000, quota);
        await held.WriteAsync(new byte[400], Token);
        await kept.WriteAsync(new byte[500], Token);
        using var next = new Spool(1_000, quota);
        // What nobody holds makes room; what somebody holds stays.
        await next.WriteAsync(new byte[300], Token);
        Assert.Equal(300, asked);
        var fault = await Assert.ThrowsAsync<ReportException>(async () => await next.WriteAsync(new byte[301], Token));
        Assert.Contains("there is no room for another", fault.Message, StringComparison.Ordinal);
        held.Dispose();
        held.Dispose();
        await next.WriteAsync(new byte[700], Token);
        await Assert.ThrowsAsync<ReportException>(async () => await next.WriteAsync(new byte[1], Token));
    }

    [Fact]
    public void Spool_File_IsItsOwnersOnly()
    {
        using var spool = new Spool(1_000_000);

        var file = Directory
            .GetFiles("/proc/self/fd")
            .First(f =>
                File.ResolveLinkTarget(f, returnFinalTarget: false)?.FullName is { } target
                && target.Contains("/report-", StringComparison.Ordinal)
            );
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    // A response begins with its first flush: after that, its status can't say any more that something failed.
    [Fact]
    public async Task Json_FailureBeforeTheFirstRow_LeavesTheResponseAlone()
    {
        var answer = AnswerOf(Samples.Run(Samples.Report("columns:\n  nope: {title: None such}", "SELECT * FROM fuel_action")));
        await answer.Spool.WriteAsync("[\"x\"]\n[\"String\"]\n[\"a\"]\n"u8.ToArray(), Token);
        answer.Spool.End();
        var target = new Flushed();

        await Assert.ThrowsAsync<DefinitionException>(() =>
            WebFormat.All[0].WriteAsync(answer, answer.Run, new Reader("a", Role.Analyst), target, Token)
        );

        Assert.Equal((0, 0), (target.Flushes, target.Length));
    }

    [Fact]
    public void Jobs_AskedAgain_AreTheSameAndAReaderHasNoMoreThanTwenty()
    {
        using var jobs = new Jobs(TimeProvider.System);
        var (ann, run, released) = (new Reader("ann", Role.Public), Samples.Run(Samples.Report("")), 0);
        AnswerHold Hold(Answer answer) => new(answer, _ => released++);
        var answers = Enumerable.Range(0, 21).Select(_ => AnswerOf(run)).ToList();
        var first = jobs.Add(ann, Hold(answers[0]), WebFormat.All[0], run);

        Assert.Same(first, jobs.Add(ann, Hold(answers[0]), WebFormat.All[0], run));
        Assert.Equal(1, released);
        Assert.NotSame(first, jobs.Add(new Reader("bob", Role.Public), Hold(answers[0]), WebFormat.All[0], run));
        answers[1..20].ForEach(a => jobs.Add(ann, Hold(a), WebFormat.All[0], run));
        var refused = Assert.Throws<WebFault>(() => jobs.Add(ann, Hold(answers[20]), WebFormat.All[0], run));
        Assert.Equal((429, 1), (refused.Status, released));
        jobs.Add(new Reader("bob", Role.Public), Hold(answers[20]), WebFormat.All[0], run);
    }

    [Fact]
    public void KeyOf_ValueWithALineBreak_IsNotTwoValues()
    {
        var report = Samples.Report(
            "params:\n  x: {type: String, default: a, is: a text}\n  y: {type: String, default: a, is: a text}",
            "SELECT {x:String} AS x, {y:String} AS y"
        );
        var run = Samples.Run(report);
        string KeyOf(string x, string y) =>
            Answers.KeyOf(run with { Parameters = [(report.Parameters[0], x), (report.Parameters[1], y)] }, "rows");

        Assert.NotEqual(KeyOf("a\\ny=b", "c"), KeyOf("a\ny=b", "c"));
    }

    [Theory]
    [InlineData("", "json")]
    [InlineData("*/*", "json")]
    [InlineData("text/csv", "csv")]
    [InlineData("text/csv; charset=utf-8", "csv")]
    [InlineData("application/vnd.apache.parquet", "parquet")]
    [InlineData("text/csv;q=0, */*", "json")]
    [InlineData("image/*, text/*;q=0.3", "csv")]
    [InlineData("not a media type", "json")]
    public void Accept_Header_ChoosesTheFormat(string accept, string format)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Accept = accept;

        Assert.Equal(format, WebFormat.Of(new Reader("a", Role.Analyst), request).Name);
    }

    [Fact]
    public void KeyOf_OtherValueLoadHourOrForm_IsAnotherQuestion()
    {
        var report = Samples.Report("params:\n  x: {type: String, default: a, is: a text}", "SELECT {x:String} AS x");
        var run = Samples.Run(report);
        string[] keys =
        [
            Answers.KeyOf(run, "rows"),
            Answers.KeyOf(run, "Parquet"),
            Answers.KeyOf(run with { Parameters = [(report.Parameters[0], "b")] }, "rows"),
            Answers.KeyOf(run with { Freshness = run.Freshness with { Stamp = "fuel_action@2" } }, "rows"),
            Answers.KeyOf(run with { AskedAt = run.AskedAt.AddHours(1) }, "rows"),
            Answers.KeyOf(
                run with
                {
                    Report = Samples.Report("params:\n  x: {type: String, default: a, is: a text}", "SELECT {x:String} AS x, 1 AS y"),
                },
                "rows"
            ),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], Answers.KeyOf(run with { AskedAt = run.AskedAt.AddMinutes(1) }, "rows"));
    }

    [Fact]
    public void ChartJson_Line_HasThePicturesAxisAndTexts()
    {
        var report = Samples.Report("chart: {type: line, x: x, y: y}\ncolumns:\n  y: {format: seconds}");
        var json = JsonDocument
            .Parse(ChartJson.Of(ChartData.Of(report, Samples.Table(report, "[\"a\",60]", "[\"b\",null]", "[\"c\",3600]"))!))
            .RootElement;

        Assert.Equal(
            ["1\u00a0min", "–", "1\u00a0h"],
            json.GetProperty("series")[0].GetProperty("texts").EnumerateArray().Select(t => t.GetString())
        );
        Assert.Equal(JsonValueKind.Null, json.GetProperty("series")[0].GetProperty("values")[1].ValueKind);
        Assert.Equal(
            json.GetProperty("highest").GetDouble(),
            json.GetProperty("step").GetDouble() * (json.GetProperty("ticks").GetArrayLength() - 1)
        );
    }

    private static Answer AnswerOf(ReportRun run) => new("key", run, new Spool(1_000_000)) { Ended = Task.CompletedTask };

    private sealed class Flushed : MemoryStream
    {
        public int Flushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return base.FlushAsync(cancellationToken);
        }
    }
}
