using System.Runtime.Versioning;
using System.Text;
using MimeKit.Utils;
using Reports.Definitions;
using Reports.Mail;
using Reports.Mail.Delivery;
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
    public void Of_Columns_AreAligned() =>
        Assert.Equal(
            """
            Name    Number  Number
            ------  ------  ----------------
            ubuntu   1,234  ████████████████
            東京         5  ▏
            –            –

            """,
            TextTable.Of(
                Columns,
                [
                    ["ubuntu", "1,234"],
                    ["東京", "5"],
                    ["–", "–"],
                ],
                [1, 0.0001, null],
                "Number"
            )
        );

    [Fact]
    public void Of_LongText_IsShortenedAndNumbersNever()
    {
        var lines = TextTable
            .Of(
                Columns,
                [
                    [new string('x', 200), "1,234,567,890"],
                    ["two\nlines", "1"],
                ],
                [1, 0.5],
                "Number"
            )
            .Split('\n');

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
    public async Task SendAsync_WithoutServer_WritesValidMime()
    {
        var mail = Compose(Digest("Grüße · {{date}} · week {{week}}"), Part(rows: 3));

        var sent = await Sender().SendAsync(mail, Key, _ => Task.FromResult(true), TestContext.Current.CancellationToken);

        Assert.Equal(
            new SendResult(SendOutcome.Accepted, Path.Combine(folder.FullName, "weekly-2026-03-15T12_00_00Z-team@example.org.eml")),
            sent
        );
        Assert.Equal([sent.Detail], Directory.GetFileSystemEntries(folder.FullName));
        var text = await File.ReadAllTextAsync(sent.Detail, TestContext.Current.CancellationToken);
        var (headers, parts) = Mime(text);
        Assert.Equal($"<digest.weekly.{Key.Id}@localhost>", headers["Message-ID"]);
        Assert.Equal("team@example.org", headers["To"]);
        Assert.StartsWith("=?utf-8?", headers["Subject"], StringComparison.Ordinal);
        Assert.Equal("Grüße · 2026-03-15 · week 11", Rfc2047.DecodeText(Encoding.ASCII.GetBytes(headers["Subject"])));
        Assert.Equal(["text/plain; charset=utf-8", "text/html; charset=utf-8"], parts.Select(p => p.Type));
        Assert.Contains("a1  1  ██", parts[0].Text, StringComparison.Ordinal);
        Assert.Contains("</html>", parts[1].Text, StringComparison.Ordinal);
        Assert.All(text.Split("\r\n"), l => Assert.True(l.Length <= 998 && l.All(char.IsAscii)));
    }

    [Fact]
    public async Task SendAsync_Files_AreAttachedBesideTheTexts()
    {
        var mail = Compose(
            Digest(),
            Part(rows: 3, csv: "x,y\r\na1,1\r\n"),
            Part(rows: 1, csv: "x,y\r\nü,1\r\n"),
            Part(rows: 0, csv: "x,y\r\n")
        );

        var sent = await Sender().SendAsync(mail, Key, _ => Task.FromResult(true), TestContext.Current.CancellationToken);

        var (_, parts) = Mime(await File.ReadAllTextAsync(sent.Detail, TestContext.Current.CancellationToken));
        Assert.Equal(
            [
                "text/plain; charset=utf-8",
                "text/html; charset=utf-8",
                "charset=utf-8; name=sample.csv; text/csv",
                "charset=utf-8; name=sample-2.csv; text/csv",
            ],
            parts.Select(p =>
                p.Type.Contains("name", StringComparison.Ordinal)
                    ? string.Join("; ", p.Type.Split("; ").Order(StringComparer.Ordinal))
                    : p.Type
            )
        );
        Assert.Equal("x,y\r\nü,1\r\n", parts[3].Text);
        Assert.Contains("all rows in sample.csv, attached", parts[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_NotToBeHandedOver_LeavesNothing()
    {
        var sent = await Sender()
            .SendAsync(Compose(Digest(), Part(rows: 1)), Key, _ => Task.FromResult(false), TestContext.Current.CancellationToken);

        Assert.Equal(SendOutcome.Withdrawn, sent.Outcome);
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullName));
    }

    [Fact]
    public async Task SendAsync_SubjectOfSeveralLines_MakesNoHeader()
    {
        var sent = await Sender()
            .SendAsync(
                Post("one\r\nBcc: eve@example.org\n\n\0<p>"),
                Key,
                _ => Task.FromResult(true),
                TestContext.Current.CancellationToken
            );

        var (headers, parts) = Mime(await File.ReadAllTextAsync(sent.Detail, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("Bcc", headers.Keys);
        Assert.Equal("one  Bcc: eve@example.org   <p>", headers["Subject"]);
        Assert.Equal(2, parts.Count);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task SendAsync_IntoAFolder_OnlyTheOwnerReadsIt()
    {
        var made = Path.Combine(folder.FullName, "out", "mail");

        var sent = await new SmtpSender(new SmtpOptions(), made).SendAsync(
            Post("hello"),
            Key,
            _ => Task.FromResult(true),
            TestContext.Current.CancellationToken
        );

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal((owner | UnixFileMode.UserExecute, owner), (File.GetUnixFileMode(made), File.GetUnixFileMode(sent.Detail)));
        Assert.True(File.GetUnixFileMode(Path.GetDirectoryName(made)!).HasFlag(UnixFileMode.OtherRead));
    }

    [Theory]
    [InlineData("Sales Dept@example.org", "Never")]
    [InlineData("a@example.org, b@example.org", "Never")]
    [InlineData(
        "someone@a-department-with-a-name-as-long-as-can-be.of-an-office-with-a-name-as-long-as-can-be.of-a-firm-with-a-name-as-long-as-can-be."
            + "in-a-town-with-a-name-as-long-as-can-be.in-a-country-with-a-name-as-long-as-can-be.example.org",
        "Accepted"
    )]
    public async Task SendAsync_OddReader_IsHisFaultOnly(string address, string expected)
    {
        var sent = await Sender()
            .SendAsync(Post("hello"), Key with { Recipient = address }, _ => Task.FromResult(true), TestContext.Current.CancellationToken);

        Assert.Equal(expected, sent.Outcome.ToString());
    }

    [Fact]
    public async Task SendAsync_NoServerThere_SaysWhatToCheckAndHandsNothingOver()
    {
        // Nobody listens on port 1.
        var sender = new SmtpSender(
            new SmtpOptions
            {
                Host = "127.0.0.1",
                Port = 1,
                StartTls = false,
            },
            folder.FullName
        );

        var sent = await sender.SendAsync(
            Compose(Digest(), Part(rows: 1)),
            Key,
            _ => throw new InvalidOperationException("asked"),
            TestContext.Current.CancellationToken
        );

        Assert.Equal(SendOutcome.Later, sent.Outcome);
        Assert.Contains("127.0.0.1:1: ", sent.Detail, StringComparison.Ordinal);
        Assert.Contains("check Smtp__Host", sent.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_FailedReport_SaysSoAndShowsTheOthers()
    {
        var mail = Compose(
            Digest(),
            new DigestPart(new DigestReport { Report = "fuel/other" }, null, null, null, null, "no <table>"),
            Part(rows: 2)
        );

        Assert.Equal(["fuel/other"], mail.Failures);
        Assert.Contains("THIS REPORT FAILED: no <table>", mail.Text, StringComparison.Ordinal);
        Assert.Contains("<b>This report failed.</b> no &lt;table&gt;", mail.Html, StringComparison.Ordinal);
        Assert.Contains("a2", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_Html_HasNoScriptPictureOrRequest()
    {
        var html = Compose(Digest(), Part(rows: 3)).Html;

        Assert.All(
            (string[])["<script", "<img", "src=", "url(", "@import", "http:"],
            word => Assert.DoesNotContain(word, html, StringComparison.OrdinalIgnoreCase)
        );
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

        Assert.Equal(
            "Weekly · 2026-03-16",
            new DigestMail(Templates(), FixedTime.Noon, null)
                .Compose(Digest("{{title}} · {{date}}"), late.GetUtcNow(), [Part(rows: 1)])
                .Subject
        );
    }

    private static Templates Templates() => new([Project.Here.PathOf("reports", "templates")]);

    private static ComposedMail Compose(DigestDefinition digest, params DigestPart[] parts) =>
        new DigestMail(Templates(), FixedTime.Noon, null).Compose(digest, FixedTime.Noon.GetUtcNow(), parts);

    private static MailKey Key { get; } =
        new(MailKind.Digest, "weekly", new Occurrence.Scheduled(FixedTime.Noon.GetUtcNow()), "team@example.org");

    private static ComposedMail Post(string subject) =>
        new()
        {
            Subject = subject,
            Html = "<p>hello</p>",
            Text = "hello",
        };

    private SmtpSender Sender() => new(new SmtpOptions(), folder.FullName);

    private DigestDefinition Digest(string subject = "{{title}}")
    {
        Directory.CreateDirectory(Path.Combine(folder.FullName, "d"));
        var path = Path.Combine(folder.FullName, "d", "weekly.yaml");
        File.WriteAllText(
            path,
            $"""
            title: Weekly
            subject: "{subject}"
            to: [team@example.org]
            schedule: 0 0 7 ? * MON
            time_zone: Europe/Berlin
            reports:
              - report: fuel/os-distribution
            """
        );
        var digest = DigestDefinition.ReadFile(path, Project.Here.ReportsFolder());
        Directory.Delete(Path.Combine(folder.FullName, "d"), recursive: true);
        return digest;
    }

    private static DigestPart Part(int rows, int shown = 10, string? csv = null)
    {
        var report = Samples.Report("chart: {type: bar, x: x, y: y}");
        var table = Samples.Rows(
            [new ResultColumn("x", "String"), new ResultColumn("y", "Int64")],
            [.. Enumerable.Range(1, rows).Select(i => $"[\"a{i}\",{i}]")]
        );
        return new DigestPart(
            new DigestReport { Report = report.Name, Rows = shown },
            report,
            Samples.Run(report),
            new ReportOutcome(rows, null, TimeSpan.Zero),
            table,
            null,
            csv is null ? null : Encoding.UTF8.GetBytes(csv)
        );
    }

    // Strict where .NET's own reader would be lenient: every part closed, every line ended by CR LF.
    private static (Dictionary<string, string> Headers, List<(string Type, string Text)> Parts) Mime(string text)
    {
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        var (headers, body) = Split(text);
        return (headers, [.. Parts(headers["Content-Type"], body)]);
    }

    private static IEnumerable<(string Type, string Text)> Parts(string type, string body)
    {
        Assert.StartsWith("multipart/", type, StringComparison.Ordinal);
        var pieces = body.Split($"--{type.Split("boundary=")[1].Trim('"')}");
        Assert.StartsWith("--", pieces[^1], StringComparison.Ordinal);
        foreach (var (head, content) in pieces[1..^1].Select(p => Split(p.TrimStart())))
        {
            if (head["Content-Type"].StartsWith("multipart/", StringComparison.Ordinal))
            {
                foreach (var part in Parts(head["Content-Type"], content))
                {
                    yield return part;
                }

                continue;
            }

            Assert.Equal("base64", head["Content-Transfer-Encoding"]);
            yield return (head["Content-Type"], Encoding.UTF8.GetString(Convert.FromBase64String(content)));
        }
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var lines = text[..end]
            .Replace("\r\n ", " ", StringComparison.Ordinal)
            .Replace("\r\n\t", " ", StringComparison.Ordinal)
            .Split("\r\n");
        return (
            lines.ToDictionary(
                l => l[..l.IndexOf(':', StringComparison.Ordinal)],
                l => l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ),
            text[(end + 4)..]
        );
    }
}
