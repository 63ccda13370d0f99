using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What the server does below its answers: files, connections.</summary>
public sealed class WebConnectionTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("identity", "")]
    public async Task Asset_OfAPage_IsKeptForEver(string accept, string encoding)
    {
        var address = Regex.Match(await web.Site.TextAsync("/"), "/assets/web[^\"]+css").Value;
        using var asset = await web.Site.GetAsync(address, ("Accept-Encoding", accept));
        using var known = await web.Site.GetAsync(address, ("Accept-Encoding", accept), ("If-None-Match", asset.Headers.ETag!.ToString()));
        using var unnamed = await web.Site.GetAsync("/assets/web.css", ("Accept-Encoding", accept));

        var (status, content) = ((int)asset.StatusCode, asset.Content.Headers);
        Assert.Equal((200, encoding, "text/css"), (status, string.Join(' ', content.ContentEncoding), content.ContentType!.MediaType));
        Assert.Equal("max-age=31536000, immutable", asset.Headers.CacheControl!.ToString());
        Assert.Equal((304, "no-cache"), ((int)known.StatusCode, unnamed.Headers.CacheControl!.ToString()));
    }

    // 5,001 half requests from one address once shut everybody else out for 27 s.
    [Fact]
    public async Task Connections_HalfSentOfOneAddress_LeaveRoomAndEnd()
    {
        await using var site = await web.ServeAsync();
        List<Socket> sockets = [];
        try
        {
            for (var i = 0; i < 1_100; i++)
            {
                sockets.Add(await HalfAsync(site, IPAddress.Parse("127.0.0.2")));
            }

            // Those over the thousand are closed at once, the others when nothing more came for ten seconds.
            var closed = sockets[^50..].Select(s => EndAsync(s, seconds: 5)).ToList();
            Assert.All(await Task.WhenAll(closed), Assert.Empty);
            Assert.Equal(200, (await site.JsonAsync("/api/reports")).Status);
            Assert.StartsWith("HTTP/1.1 408", await EndAsync(sockets[0], seconds: 20), StringComparison.Ordinal);
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    private static async Task<Socket> HalfAsync(WebSite site, IPAddress from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, site.Http.BaseAddress!.Port, Token);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: "u8.ToArray(), Token);
        return socket;
    }

    // What comes until the server closes the line.
    private static async Task<string> EndAsync(Socket socket, int seconds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(seconds));
        var (buffer, text) = (new byte[4096], new StringBuilder());
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var read)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It was closed before what had been sent was read.
        }

        return text.ToString();
    }
}
