using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>What operators get to know of requests, and what they change while the server runs.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class WebLogTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static readonly (string, string)[] Tokens = WebAccessTests.Tokens;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AccessLog_EveryRequest_IsALineWithoutSecrets()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "access.log");
        await using var site = await web.ServeAsync([.. Tokens, ("Web__AccessLog", path)]);
        await site.JsonAsync("/api/reports/fuel/os-distribution?release=9.0", ("Authorization", "Bearer ann's token"));
        await site.JsonAsync("/api/reports/fuel/os-distribution?token=ann's%20token", ("Authorization", "Bearer ann's token"));
        await site.JsonAsync("/api/reports", ("Authorization", "Bearer nobody's"));
        await site.JsonAsync("/api/nothing%0a2026%20forged%1b[2J", ("Authorization", "Bearer everybody"));
        var cookie = await WebSessionTests.SignInAsync(site);
        using var wrong = new FormUrlEncodedContent([new("token", "guessed")]);
        using var refused = await site.SendAsync(HttpMethod.Post, "/sign-in", [], wrong);
        await site.JsonAsync("/api/reports", ("Cookie", cookie.Split(';')[0]));

        string[] lines = [];
        await Wait.UntilAsync(async () => (lines = await File.ReadAllLinesAsync(path, Token)).Length >= 7, "seven requests are noted");
        Assert.Equal(
            [
                "Ann 127.0.0.1 GET /api/reports/fuel/os-distribution?release=9.0 200",
                "Ann 127.0.0.1 GET /api/reports/fuel/os-distribution?token=… 400",
                "- 127.0.0.1 GET /api/reports 401",
                "all 127.0.0.1 GET /api/nothing%0A2026%20forged%1B%5B2J 404",
                "Ann 127.0.0.1 POST /sign-in 303",
                "- 127.0.0.1 POST /sign-in 401",
                "Ann 127.0.0.1 GET /api/reports 200",
            ],
            lines
                .Select(l => l[(l.IndexOf('Z', StringComparison.Ordinal) + 2)..])
                .Select(l => l[..l[..l.LastIndexOf(' ')].LastIndexOf(' ')])
        );
        Assert.All(lines, l => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .* \d+ ms$", l));
        var all = string.Join('\n', lines);
        Assert.All(
            (string[])["ann's", "everybody", "nobody's", "guessed", cookie.Split(';')[0].Split('=')[1]],
            secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal)
        );
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

        // Moved away by a log's rotation, it is begun anew.
        File.Move(path, path + ".1");
        await site.JsonAsync("/api/reports", ("Authorization", "Bearer everybody"));
        await Wait.UntilAsync(() => Task.FromResult(File.Exists(path)), "the log is begun anew");
    }

    [Fact]
    public async Task AccessLog_ByDefault_IsOnStderrWhereReadersAreToldApart()
    {
        await using var site = await web.ServeAsync(Tokens);
        await site.JsonAsync("/api/reports", ("Authorization", "Bearer everybody"));
        await Wait.UntilAsync(
            () => Task.FromResult(site.Log.Contains(" all 127.0.0.1 GET /api/reports 200 ", StringComparison.Ordinal)),
            "the request is noted"
        );
    }

    [Fact]
    public async Task Proxy_NamesUsers_EachIsAReader()
    {
        await using var site = await web.ServeAsync([
            .. Tokens,
            ("Web__ProxyHeader", "X-Role"),
            ("Web__ProxyUserHeader", "X-User"),
            ("Web__TrustedProxies", "127.0.0.1"),
            ("Web__RequestsPerMinute", "3"),
        ]);
        async Task<int> AskAsync(string? user)
        {
            (string, string)[] headers = [("X-Role", "analyst"), .. user is null ? Array.Empty<(string, string)>() : [("X-User", user)]];
            return (await site.JsonAsync("/api/reports", headers)).Status;
        }

        List<int> statuses = [];
        foreach (var user in (string?[])["ann", "ann", "ann", "ann", "bob", null])
        {
            statuses.Add(await AskAsync(user));
        }

        Assert.Equal([200, 200, 200, 429, 200, 200], statuses);
        Assert.Contains(" \"ann by proxy\" ", site.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokensFile_Changed_CountsWithoutARestart()
    {
        using var folder = new TempFolder();
        static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var path = folder.Write(
            "tokens",
            $"# name, role, SHA-256\nAnn analyst {Hash("ann's token")}\n\nthe public public {Hash("everybody")}\n"
        );
        await using var site = await web.ServeAsync(("Web__TokensFile", path));
        Task<int> StatusAsync(string name, string value) =>
            site.JsonAsync("/api/reports", (name, value)).ContinueWith(t => t.Result.Status, Token);
        var session = (await WebSessionTests.SignInAsync(site)).Split(';')[0];
        Assert.Equal(
            (200, 200, 401, 200),
            (
                await StatusAsync("Authorization", "Bearer ann's token"),
                await StatusAsync("Authorization", "Bearer everybody"),
                await StatusAsync("Authorization", "Bearer bob's"),
                await StatusAsync("Cookie", session)
            )
        );

        await File.WriteAllTextAsync(path, "half a line\n", Token);
        await Wait.UntilAsync(
            async () =>
                await StatusAsync("Authorization", "Bearer ann's token") == 200
                && site.Log.Contains("the tokens of Web__TokensFile can't be read anew", StringComparison.Ordinal),
            "a faulty file is said, and changes nothing"
        );
        // Ann has another token now: what her old one opened is shut.
        await File.WriteAllTextAsync(path, $"Ann analyst {Hash("ann's new token")}\nBob analyst {Hash("bob's")}\n", Token);
        await Wait.UntilAsync(async () => await StatusAsync("Authorization", "Bearer bob's") == 200, "the new tokens count");
        Assert.Equal(
            (401, 401, 401, 200),
            (
                await StatusAsync("Authorization", "Bearer ann's token"),
                await StatusAsync("Authorization", "Bearer everybody"),
                await StatusAsync("Cookie", session),
                await StatusAsync("Authorization", "Bearer ann's new token")
            )
        );
    }

    [Fact]
    public async Task Certificate_Changed_IsShownWithoutARestart()
    {
        using var folder = new TempFolder();
        var (pem, key) = (Path.Combine(folder.Path, "c.pem"), Path.Combine(folder.Path, "k.pem"));
        Write("first");
        await using var site = await web.ServeAsync(("Web__Certificate", pem), ("Web__Key", key));
        Assert.Equal("CN=first", await SubjectAsync());

        await File.WriteAllTextAsync(key, "no key", Token);
        await Wait.UntilAsync(
            async () =>
                await SubjectAsync() == "CN=first"
                && site.Log.Contains("Web__Certificate and Web__Key can't be read anew", StringComparison.Ordinal),
            "half a change is said, and changes nothing"
        );
        Write("second");
        await Wait.UntilAsync(async () => await SubjectAsync() == "CN=second", "the new certificate is shown");

        void Write(string name)
        {
            using var secret = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var made = new CertificateRequest("CN=" + name, secret, HashAlgorithmName.SHA256).CreateSelfSigned(
                DateTimeOffset.UtcNow.AddDays(-1),
                DateTimeOffset.UtcNow.AddDays(1)
            );
            File.WriteAllText(key, secret.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(pem, made.ExportCertificatePem());
        }

        async Task<string> SubjectAsync()
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync("127.0.0.1", site.Http.BaseAddress!.Port, Token);
            var shown = "";
            await using var tls = new SslStream(
                tcp.GetStream(),
                false,
                (_, certificate, _, _) => (shown = certificate?.Subject ?? "").Length > 0
            );
            await tls.AuthenticateAsClientAsync("localhost");
            return shown;
        }
    }
}
