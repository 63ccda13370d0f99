using Reports.Mail;
using Reports.Mail.Delivery;
using WarehouseSql.Runs;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Nobody gets two and nobody is forgotten: one mail at a time, against a real SMTP server that misbehaves.</summary>
public sealed class DeliveryTests(ReportsProgram reports) : IClassFixture<ReportsProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("fine@example.org", "Sent", 1, "")]
    [InlineData("slow-10@example.org", "Sent", 1, "")]
    [InlineData("gone@example.org", "Refused", 0, "nobody of that name lives here")]
    [InlineData("spam@example.org", "Refused", 0, "this looks like spam")]
    [InlineData("busy@example.org", "Deferred", 0, "come back later")]
    [InlineData("full@example.org", "Deferred", 0, "the disk is full")]
    [InlineData("hang@example.org", "Deferred", 0, "")]
    [InlineData("stall@example.org", "Deferred", 0, "it didn't answer in time")]
    [InlineData("drop@example.org", "Unclear", 1, "handed over to localhost:")]
    [InlineData("lost@example.org", "Unclear", 0, "handed over to localhost:")]
    public async Task DeliverAsync_ServerDoesThat_StandsAndIsToldSo(string address, string expected, int arrived, string detail)
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        var key = Key(address);

        var result = await post.MailSender.DeliverAsync(key, Post.Hello(), Token);

        Assert.Equal(expected, result.State.ToString());
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', result.Detail);
        Assert.Equal(arrived, server.Counts().GetValueOrDefault(address));
        var log = await post.Ledger.ReadAsync(key.Name, Token);
        Assert.Equal(expected, log.Of(key).State.ToString());
        Assert.Equal(result.Detail, log.Of(key).Last!.Detail);
    }

    [Theory]
    [InlineData("jürgen@example.org", true, "Sent", "jürgen@example.org")]
    [InlineData("jürgen@example.org", false, "Refused", null)]
    [InlineData("jürgen@bücher.example", true, "Sent", "jürgen@bücher.example")]
    [InlineData("x@bücher.example", true, "Sent", "x@bücher.example")]
    [InlineData("x@bücher.example", false, "Sent", "x@bücher.example")]
    public async Task DeliverAsync_LettersThatNotEveryServerTakes_AreSentOrRefusedForGood(
        string address,
        bool utf8,
        string expected,
        string? arrived
    )
    {
        await using var server = await MailServer.StartAsync(utf8: utf8);
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);

        var result = await post.MailSender.DeliverAsync(Key(address), Post.Hello("Grüße"), Token);

        Assert.Equal(expected, result.State.ToString());
        Assert.Equal(arrived is null ? [] : [arrived], server.Counts().Keys.Select(a => a.Normalize()));
        Assert.Equal(
            arrived is null,
            result.Detail.Contains($"has no SMTPUTF8, without which nothing can be sent to {address}", StringComparison.Ordinal)
        );
        Assert.All(server.Counts().Keys, a => Assert.Equal("Grüße", Mails.Header(Assert.Single(server.To(a)), "Subject")));
    }

    [Fact]
    public async Task DeliverAsync_LineCutInTheMiddle_IsNeverSaidToBeSent()
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);

        // Whether the message's end was on its way when the line went, the network decides.
        var result = await post.MailSender.DeliverAsync(
            Key("cut@example.org"),
            Post.Hello() with
            {
                Html = new string('x', 2_000_000),
            },
            Token
        );

        Assert.Contains(result.State, (Standing[])[Standing.Deferred, Standing.Unclear]);
        Assert.Empty(server.Counts());
    }

    [Theory]
    [InlineData("busy-1@example.org")]
    [InlineData("full-1@example.org")]
    [InlineData("hang-1@example.org")]
    public async Task DeliverAsync_FailedForSure_IsSentTheNextTime(string address)
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        Assert.Equal(Standing.Deferred, (await post.MailSender.DeliverAsync(Key(address), Post.Hello(), Token)).State);

        var second = await post.MailSender.DeliverAsync(Key(address), Post.Hello(), Token);

        Assert.Equal(Standing.Sent, second.State);
        Assert.Contains(
            $"Message-ID: {Key(address).MessageId("example.org")}",
            Assert.Single(server.To(address)),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("drop@example.org", 1)]
    [InlineData("lost@example.org", 0)]
    public async Task DeliverAsync_Unclear_IsNotSentAgain(string address, int arrived)
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        var key = Key(address) with { Name = "unclear-" + arrived };
        await post.MailSender.DeliverAsync(key, Post.Hello(), Token);

        Assert.Equal(Standing.Claimed, (await post.MailSender.DeliverAsync(key, Post.Hello(), Token)).State);

        Assert.Equal(arrived, server.Counts().GetValueOrDefault(address));
        Assert.Equal(Standing.Unclear, (await post.Ledger.ReadAsync(key.Name, Token)).Of(key).State);
    }

    [Fact]
    public async Task DeliverAsync_AnotherHandsOverMeanwhile_DropsTheLineBeforeTheEnd()
    {
        await using var server = await MailServer.StartAsync();
        using var post = new Post(reports, server, DateTimeOffset.UtcNow);
        var key = Key("wait-10@example.org") with { Name = "meanwhile" };
        var delivering = post.MailSender.DeliverAsync(key, Post.Hello(), Token);
        await Wait.UntilAsync(
            async () => (await post.Ledger.ReadAsync(key.Name, Token)).Rows.Any(r => r.State == MailState.Claimed),
            "it is claimed"
        );

        // As a sender does whose claim was not seen, or had run out.
        await post.Ledger.WriteAsync([LedgerRow.Of(key, MailState.Sending) with { Attempt = "another" }], Token);

        Assert.Equal(Standing.Claimed, (await delivering).State);
        Assert.Empty(server.Counts());
        var log = await post.Ledger.ReadAsync(key.Name, Token);
        Assert.Equal(["claimed", "sending", "sending", "withdrawn"], log.Rows.Select(r => r.State.Name()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task DeliverAsync_ManySendersAtOnce_EachMailArrivesOnce()
    {
        await using var server = await MailServer.StartAsync();
        MailKey[] keys = [.. Enumerable.Range(0, 12).Select(i => Key($"many-{i}@example.org") with { Name = "many" })];
        var posts = Enumerable.Range(0, 5).Select(_ => new Post(reports, server, DateTimeOffset.UtcNow)).ToList();

        async Task SendAsync(Post post, int seed)
        {
            var random = new Random(seed);
            for (var round = 0; round < 20; round++)
            {
                var log = await post.Ledger.ReadAsync("many", Token);
                foreach (var key in keys.Where(k => log.Of(k).MayBegin(log.Now, byHand: true)).OrderBy(_ => random.Next()))
                {
                    await post.MailSender.DeliverAsync(key, Post.Hello(), Token);
                }

                if (log.All().Count(s => s.State == Standing.Sent) == keys.Length)
                {
                    return;
                }

                await Task.Delay(random.Next(100), Token);
            }
        }

        await Task.WhenAll(posts.Select((p, i) => SendAsync(p, i)));

        Assert.Equal(keys.ToDictionary(k => k.Recipient, _ => 1).OrderBy(k => k.Key), server.Counts().OrderBy(k => k.Key));
        Assert.All(keys, k => Assert.Equal(Standing.Sent, posts[0].Ledger.ReadAsync("many", Token).Result.Of(k).State));
        posts.ForEach(p => p.Dispose());
    }

    private static MailKey Key(string address) =>
        new(
            MailKind.Digest,
            "mail-" + address.Split('@')[0] + "-" + TestContext.Current.Test!.UniqueID[..8],
            Occurrence.Parse("2026-11-16T06:00:00Z"),
            address
        );
}
