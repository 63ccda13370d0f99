using System.Text;
using Reports.Definitions;
using Reports.Mail;
using Reports.Rendering;
using Reports.Running;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

public sealed class MailTests : IDisposable
{
    private static readonly TextTable.Column[] Columns = [new("Name", false), new("Number", true)];
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Of_Columns_AreAligned() => Assert.Equal(
        """
        Name    Number  Number
        ------  ------  ----------------
        ubuntu   1,234  ████████████████
        東京         5  ▏
        –            –

        """,
        TextTable.Of(Columns, [["ubuntu", "1,234"], ["東京", "5"], ["–", "–"]], [1, 0.0001, null], "Number"));

    [Fact]
    public void Of_LongText_IsShortenedAndNumbersNever()
    {
        var lines = TextTable.Of(Columns, [[new string('x', 200), "1,234,567,890"], ["two\nlines", "1"]], [1, 0.5], "Number").Split('\n');

        Assert.All(lines, l => Assert.True(l.Length <= 76, l));
        Assert.Contains("…  1,234,567,890  ████████", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("two lines", lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(0.5, "████████")]
    [InlineData(1, "████████████████")]
    [InlineData(2, "████████████████")]
    [InlineData(0.03, "▌")]
    public void Bar_Share_IsThatLong(double share, string expected) => Assert.Equal(expected, TextTable.Bar(share));

    [Fact]
    public async Task DeliverAsync_WithoutServer_WritesValidMime()
    {
        var mail = Compose(Digest("Grüße · {{date}} · week {{week}}"), Part(rows: 3));

        var path = await new Postman(new SmtpOptions(), folder.FullName).DeliverAsync(mail, TestContext.Current.CancellationToken);

        Assert.Equal(Path.Combine(folder.FullName, "weekly-2026-03-15.eml"), path);
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.FullName));
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var (headers, parts) = Mime(text);
        Assert.Equal("<weekly.2026-03-15@localhost>", headers["Message-ID"]);
        Assert.Equal("team@example.org", headers["To"]);
        Assert.Equal($"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes("Grüße · 2026-03-15 · week 11"))}?=", headers["Subject"]);
        Assert.Equal(["text/plain; charset=utf-8", "text/html; charset=utf-8"], parts.Select(p => p.Type));
        Assert.Contains("a1  1  ██", parts[0].Text, StringComparison.Ordinal);
        Assert.Contains("</html>", parts[1].Text, StringComparison.Ordinal);
        Assert.All(text.Split("\r\n"), l => Assert.True(l.Length <= 998 && l.All(char.IsAscii)));
    }

    [Fact]
    public async Task DeliverAsync_NoServerThere_SaysWhatToCheck()
    {
        // Nobody listens on port 1.
        var postman = new Postman(new SmtpOptions { Host = "127.0.0.1", Port = 1, StartTls = false }, folder.FullName);

        var fault = await Assert.ThrowsAsync<ReportException>(() => postman.DeliverAsync(Compose(Digest(), Part(rows: 1)), TestContext.Current.CancellationToken));

        Assert.Contains("127.0.0.1:1 didn't take the digest weekly", fault.Message, StringComparison.Ordinal);
        Assert.Contains("check Smtp__Host", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_FailedReport_SaysSoAndShowsTheOthers()
    {
        var mail = Compose(Digest(), new DigestPart(new DigestReport { Report = "fuel/other" }, null, null, null, null, "no <table>"), Part(rows: 2));

        Assert.Equal(["fuel/other"], mail.Failures);
        Assert.Contains("THIS REPORT FAILED: no <table>", mail.Text, StringComparison.Ordinal);
        Assert.Contains("<b>This report failed.</b> no &lt;table&gt;", mail.Html, StringComparison.Ordinal);
        Assert.Contains("a2", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_Html_HasNoScriptPictureOrRequest()
    {
        var html = Compose(Digest(), Part(rows: 3)).Html;

        Assert.All((string[])["<script", "<img", "src=", "url(", "@import", "http:"], word => Assert.DoesNotContain(word, html, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Compose_TooLongForMailClients_ShowsFewerRowsAndSaysSo()
    {
        var mail = Compose(Digest(), [.. Enumerable.Range(0, 8).Select(_ => Part(rows: 1000, shown: 100))]);

        Assert.InRange(Encoding.UTF8.GetByteCount(mail.Html), 1000, DigestMail.MostHtmlBytes);
        Assert.Contains("the first 10 of 1,000 rows", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_Day_IsTheDigestsZones()
    {
        var late = new FixedTime(new DateTimeOffset(2026, 3, 15, 23, 30, 0, TimeSpan.Zero));

        Assert.Equal(new DateOnly(2026, 3, 16), new DigestMail(Templates(), late, null).Compose(Digest(), [Part(rows: 1)]).Day);
    }

    private static Templates Templates() => new([ProjectFolder.Combine("reports", "templates")]);

    private static ComposedMail Compose(DigestDefinition digest, params DigestPart[] parts) => new DigestMail(Templates(), FixedTime.Noon, null).Compose(digest, parts);

    private DigestDefinition Digest(string subject = "{{title}}")
    {
        Directory.CreateDirectory(Path.Combine(folder.FullName, "d"));
        var path = Path.Combine(folder.FullName, "d", "weekly.yaml");
        File.WriteAllText(path, $"""
            title: Weekly
            subject: "{subject}"
            to: [team@example.org]
            schedule: 0 0 7 ? * MON
            time_zone: Europe/Berlin
            reports:
              - report: fuel/os-distribution
            """);
        var digest = DigestDefinition.ReadFile(path);
        Directory.Delete(Path.Combine(folder.FullName, "d"), recursive: true);
        return digest;
    }

    private static DigestPart Part(int rows, int shown = 10)
    {
        var report = Samples.Report("chart: {type: bar, x: x, y: y}");
        var table = Samples.Rows([new ResultColumn("x", "String"), new ResultColumn("y", "Int64")], [.. Enumerable.Range(1, rows).Select(i => $"[\"a{i}\",{i}]")]);
        return new DigestPart(new DigestReport { Report = report.Name, Rows = shown }, report, Samples.Run(report), new ReportOutcome(rows, null, TimeSpan.Zero), table, null);
    }

    // Strict where .NET's own reader would be lenient: every part closed, every line ended by CR LF.
    private static (Dictionary<string, string> Headers, List<(string Type, string Text)> Parts) Mime(string text)
    {
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        var (headers, body) = Split(text);
        var boundary = headers["Content-Type"].Split("boundary=")[1].Trim('"');
        Assert.StartsWith("multipart/alternative;", headers["Content-Type"], StringComparison.Ordinal);
        var pieces = body.Split($"--{boundary}");
        Assert.StartsWith("--", pieces[^1], StringComparison.Ordinal);
        return (headers, [.. pieces[1..^1].Select(p =>
        {
            var (head, content) = Split(p.TrimStart());
            Assert.Equal("base64", head["Content-Transfer-Encoding"]);
            return (head["Content-Type"], Encoding.UTF8.GetString(Convert.FromBase64String(content)));
        })]);
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var lines = text[..end].Replace("\r\n ", " ", StringComparison.Ordinal).Split("\r\n");
        return (lines.ToDictionary(l => l[..l.IndexOf(':', StringComparison.Ordinal)], l => l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()), text[(end + 4)..]);
    }
}
