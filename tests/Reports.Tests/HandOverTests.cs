using System.Text.RegularExpressions;
using Reports.Mail;
using Reports.Mail.Delivery;
using Xunit;

namespace Reports.Tests;

/// <summary>The moment between a message's last byte and the dot that makes the server answer for it, as the server sees it.</summary>
public sealed partial class HandOverTests : IDisposable
{
    private static readonly string[] All =
    [
        "SIZE 50000000",
        "PIPELINING",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "DSN",
        "CHUNKING",
        "BINARYMIME",
    ];

    private static readonly MailKey Key = new(MailKind.Digest, "weekly", Occurrence.Parse("2026-03-15T12:00:00Z"), "team@example.org");
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ComposedMail Small { get; } = Mail(1);

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(3_000_000, false)]
    [InlineData(3_000_000, true)]
    public async Task SendAsync_AskedForTheEnd_TheServerHasAllButTheDot(int length, bool hasFile)
    {
        foreach (
            var extensions in (string[][])
                [
                    [],
                    ["SIZE", "PIPELINING"],
                    All,
                ]
        )
        {
            using var server = new RawSmtpServer(extensions).Start();
            var asked = new List<string>();

            var sent = await Sender(server)
                .SendAsync(
                    Mail(length, hasFile),
                    Key,
                    async t =>
                    {
                        asked.Add(await WholeAsync(server, t));
                        return true;
                    },
                    Token
                );

            Assert.Equal(SendOutcome.Accepted, sent.Outcome);
            await server.EndAsync();
            Assert.Equal(Assert.Single(asked) + ".\r\n", server.Data);
            Assert.EndsWith("DATA\nQUIT", server.Commands, StringComparison.Ordinal);
            Assert.Equal(await FileAsync(length, hasFile), Same(asked[0]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task SendAsync_NotToBeHandedOver_DropsTheLineWithoutTheDot(int length)
    {
        using var server = new RawSmtpServer(All).Start();
        var asked = "";

        var sent = await Sender(server)
            .SendAsync(
                Mail(length),
                Key,
                async t =>
                {
                    asked = await WholeAsync(server, t);
                    return false;
                },
                Token
            );

        Assert.Equal(new SendResult(SendOutcome.Withdrawn, ""), sent);
        await server.EndAsync();
        Assert.NotEmpty(asked);
        Assert.Equal(asked, server.Data);
        Assert.EndsWith("DATA", server.Commands, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_LedgerIsGone_SaysSoAndDropsTheLineWithoutTheDot()
    {
        using var server = new RawSmtpServer(All).Start();

        var sending = Sender(server).SendAsync(Small, Key, _ => throw new InvalidDataException(), Token);

        await Assert.ThrowsAsync<InvalidDataException>(() => sending);

        await server.EndAsync();
        Assert.EndsWith("--\r\n", server.Data, StringComparison.Ordinal);
        Assert.EndsWith("DATA", server.Commands, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_LedgerTakesTooLong_IsTriedLaterAndTheServerHasNothing()
    {
        using var server = new RawSmtpServer(All).Start();

        var sent = await Sender(server, seconds: 1)
            .SendAsync(
                Small,
                Key,
                async t =>
                {
                    await Task.Delay(TimeSpan.FromMinutes(1), t);
                    return true;
                },
                Token
            );

        Assert.Equal(SendOutcome.Later, sent.Outcome);
        await server.EndAsync();
        Assert.EndsWith("--\r\n", server.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_StoppedBeforeTheEnd_StopsAndTheServerHasNothing()
    {
        using var server = new RawSmtpServer(All).Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Sender(server)
                .SendAsync(
                    Small,
                    Key,
                    async t =>
                    {
                        await stop.CancelAsync();
                        t.ThrowIfCancellationRequested();
                        return true;
                    },
                    stop.Token
                )
        );

        await server.EndAsync();
        Assert.EndsWith("--\r\n", server.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".", "", "Unclear", "it didn't answer in time")]
    [InlineData(".", "554 spam", "Never", "554 spam")]
    [InlineData(".", "451 full", "Later", "451 full")]
    [InlineData(".", "421 going down", "Later", "421 going down")]
    [InlineData(".", "530 who are you?", "Later", "check Smtp__Host")]
    [InlineData(".", "what?", "Unclear", "handed over to ")]
    [InlineData("RCPT", "550-nobody\r\n550 here", "Never", "550 nobody here")]
    [InlineData("RCPT", "450 busy", "Later", "450 busy")]
    [InlineData("RCPT", "530 who are you?", "Later", "check Smtp__Host")]
    [InlineData("MAIL", "552 too large", "Never", "552 too large")]
    [InlineData("MAIL", "550 not from there", "Later", "check Smtp__Host")]
    [InlineData("DATA", "554 no", "Later", "check Smtp__Host")]
    [InlineData("EHLO", "421 too many", "Later", "421 too many")]
    [InlineData("EHLO", "", "Later", "it didn't answer in time")]
    public async Task SendAsync_ServerSays_IsThatOutcome(string command, string says, string expected, string detail)
    {
        // At once: a server that says nothing is waited for.
        await Task.WhenAll(IsThatOutcomeAsync([]), IsThatOutcomeAsync(["PIPELINING", "ENHANCEDSTATUSCODES"]));

        async Task IsThatOutcomeAsync(string[] extensions)
        {
            string[] verbs = command == "EHLO" ? ["EHLO", "HELO"] : [command];
            using var server = new RawSmtpServer(extensions, c => verbs.Contains(c.Split(' ')[0]) ? says : null).Start();

            // The answer to a message may take ten times as long.
            var sent = await Sender(server, seconds: says.Length > 0 ? 10 : 2).SendAsync(Small, Key, _ => Task.FromResult(true), Token);

            Assert.Equal(expected, sent.Outcome.ToString());
            Assert.Contains(detail, sent.Detail, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', sent.Detail);
        }
    }

    [Fact]
    public async Task SendAsync_DomainThatDnsWritesOtherwise_IsWrittenSoForServersWithoutSmtpUtf8()
    {
        using var server = new RawSmtpServer(["8BITMIME"]).Start();

        var sent = await Sender(server).SendAsync(Small, Key with { Recipient = "x@bücher.example" }, _ => Task.FromResult(true), Token);

        Assert.Equal(SendOutcome.Accepted, sent.Outcome);
        await server.EndAsync();
        Assert.Contains("RCPT TO:<x@xn--bcher-kva.example>", server.Commands, StringComparison.Ordinal);
        Assert.Contains("To: x@xn--bcher-kva.example\r\n", server.Data, StringComparison.Ordinal);
        Assert.Contains("From: Team <reports@example.org>\r\n", server.Data, StringComparison.Ordinal);
    }

    // Waits until nothing more comes; what has come then.
    private static async Task<string> WholeAsync(RawSmtpServer server, CancellationToken token)
    {
        while (!server.Data.EndsWith("--\r\n", StringComparison.Ordinal))
        {
            await Task.Delay(10, token);
        }

        await Task.Delay(100, token);
        return server.Data;
    }

    private static ComposedMail Mail(int length, bool hasFile = false) =>
        new()
        {
            Subject = "Grüße",
            Html = string.Join('\n', Enumerable.Repeat(".", length / 2)) + "<p>ü</p>",
            Text = "plain",
            Files = hasFile ? [new MailFile("a.csv", "x,y\r\n"u8.ToArray())] : [],
        };

    private SmtpSender Sender(RawSmtpServer server, int seconds = 20) =>
        new(
            new SmtpOptions
            {
                Host = "127.0.0.1",
                Port = server.Port,
                StartTls = false,
                TimeoutSeconds = seconds,
                From = "Team <reports@example.org>",
            },
            folder.FullName
        );

    private async Task<string> FileAsync(int length, bool hasFile)
    {
        var sender = new SmtpSender(new SmtpOptions { From = "Team <reports@example.org>" }, folder.FullName);
        var sent = await sender.SendAsync(Mail(length, hasFile), Key, _ => Task.FromResult(true), Token);
        return Same(await File.ReadAllTextAsync(sent.Detail, System.Text.Encoding.Latin1, Token));
    }

    // What differs from one mail to the next: when it was made, and what parts its parts.
    private static string Same(string mail) =>
        Boundary()
            .Matches(mail)
            .Select(m => m.Groups[1].Value)
            .Distinct()
            .Index()
            .Aggregate(Date().Replace(mail, "Date: \r\n"), (text, b) => text.Replace(b.Item, $"part{b.Index}", StringComparison.Ordinal));

    [GeneratedRegex("boundary=\"([^\"]+)\"")]
    private static partial Regex Boundary();

    [GeneratedRegex("Date: [^\r]+\r\n")]
    private static partial Regex Date();
}
