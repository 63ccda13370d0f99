using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Reports.Definitions;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Who may read what, over real HTTP.</summary>
public sealed class WebAccessTests(WebProgram web) : IClassFixture<WebProgram>
{
    private const string Groups = "/api/reports/web/groups";

    internal static readonly (string, string)[] Tokens =
    [
        .. WebProgram.Token(0, "Ann", "analyst", "ann's token"),
        .. WebProgram.Token(1, "all", "public", "everybody"),
    ];

    private static (string, string) Analyst => ("Authorization", "Bearer ann's token");

    private static (string, string) Everybody => ("Authorization", "Bearer everybody");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/reports", null)]
    [InlineData("/api/reports/fuel/os-distribution", null)]
    [InlineData("/api/reports", "Bearer nobody's")]
    [InlineData("/api/reports", "Bearer ")]
    [InlineData("/api/reports", "Basic YTpi")]
    [InlineData("/nothing", null)]
    public async Task Token_MissingOrUnknown_Is401(string address, string? token)
    {
        await using var site = await web.ServeAsync(Tokens);
        using var response = await site.GetAsync(address, token is null ? [] : [("Authorization", token)]);

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Role_Public_SeesPublicReportsOnly()
    {
        await using var site = await web.ServeAsync(Tokens);

        var (_, list) = await site.JsonAsync("/api/reports", Everybody);
        var names = list.GetProperty("reports").EnumerateArray().Select(r => r.GetProperty("name").GetString()!).ToList();
        Assert.Contains("web/groups", names);
        Assert.All(names.Where(n => n.StartsWith("fuel/", StringComparison.Ordinal)), n => Assert.NotNull(Project.Here.Report(n).Public));
        Assert.DoesNotContain("web/slow", names);
        foreach (
            var address in (string[])
                ["/api/reports/fuel/server-types", "/api/reports/web/slow", "/reports/web/slow", "/reports/web/slow.csv"]
        )
        {
            using var hidden = await site.GetAsync(address, Everybody);
            Assert.Equal(404, (int)hidden.StatusCode);
            // Nor does a message name what is hidden.
            Assert.DoesNotContain("server-types?", await hidden.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        foreach (var address in (string[])["/catalogue", "/loads", "/mails"])
        {
            using var forbidden = await site.GetAsync(address, Everybody);
            Assert.Equal(403, (int)forbidden.StatusCode);
        }

        Assert.Contains("web/slow", await site.TextAsync("/api/reports", Analyst), StringComparison.Ordinal);
        Assert.DoesNotContain("web/slow", await site.TextAsync("/api/openapi.json", Everybody), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_SmallGroups_AreMergedInEveryForm()
    {
        await using var site = await web.ServeAsync(Tokens);

        var (_, json) = await site.JsonAsync(Groups, Everybody);
        Assert.Equal(
            ["big 20 100 1.5", "other 12 62 "],
            json.GetProperty("rows")
                .EnumerateArray()
                .Select(r => $"{r.GetProperty("name")} {r.GetProperty("sites")} {r.GetProperty("nodes")} {r.GetProperty("average")}")
        );
        Assert.Contains("fewer than 5 sites", json.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            "name,sites,nodes,average\r\nbig,20,100,1.5\r\nother,12,62,\r\n",
            await site.TextAsync(Groups, Everybody, ("Accept", "text/csv"))
        );
        var page = await site.TextAsync("/reports/web/groups", Everybody);
        Assert.All(
            (string[])["middle", "small", "rare", "tenths"],
            word => Assert.DoesNotContain($">{word}<", page, StringComparison.Ordinal)
        );
        Assert.DoesNotContain("rare&quot;", page, StringComparison.Ordinal);
        Assert.Contains(">other<", page, StringComparison.Ordinal);
        // How many there were isn't told either.
        Assert.DoesNotContain("of 4", page, StringComparison.Ordinal);
        Assert.Contains("2 rows", page, StringComparison.Ordinal);
        using var parquet = await site.GetAsync(Groups, Everybody, ("Accept", "application/vnd.apache.parquet"));
        Assert.Equal(406, (int)parquet.StatusCode);
        // The same answer, whole, for an analyst.
        var (_, whole) = await site.JsonAsync(Groups, Analyst);
        Assert.Equal(4, whole.GetProperty("rows").GetArrayLength());
        Assert.False(whole.TryGetProperty("note", out _));
    }

    [Fact]
    public async Task Public_AllSitesTogetherTooFew_IsSaidAndNothingElse()
    {
        await using var site = await web.ServeAsync(Tokens);

        Assert.Equal(
            "name,sites,nodes,average\r\nfewer than 1000 sites,,,\r\n",
            await site.TextAsync("/api/reports/web/tiny", Everybody, ("Accept", "text/csv"))
        );
    }

    [Fact]
    public async Task Public_Parameters_AreRefused()
    {
        await using var site = await web.ServeAsync(Tokens);
        using var response = await site.GetAsync(Groups + "?more=3", Everybody);

        Assert.Equal(403, (int)response.StatusCode);
    }

    [Fact]
    public async Task Public_CacheOfAnalyst_IsNotTheirs()
    {
        await using var site = await web.ServeAsync(Tokens);
        using var analysts = await site.GetAsync(Groups, Analyst);

        using var theirs = await site.GetAsync(Groups, Everybody, ("If-None-Match", analysts.Headers.ETag!.ToString()));

        Assert.Equal(200, (int)theirs.StatusCode);
    }

    [Fact]
    public async Task Job_OfAnotherReader_IsNotFound()
    {
        await using var site = await web.ServeAsync([
            .. Tokens,
            .. WebProgram.Token(2, "Bob", "analyst", "bob"),
            ("Web__PatienceSeconds", "0.2"),
        ]);
        using var accepted = await site.GetAsync("/api/reports/web/slow?tenths=20&mark=anns", Analyst, ("Prefer", "respond-async"));

        using var bobs = await site.GetAsync(accepted.Headers.Location!.ToString(), ("Authorization", "Bearer bob"));

        Assert.Equal((202, 404), ((int)accepted.StatusCode, (int)bobs.StatusCode));
    }

    [Fact]
    public async Task Browser_WithoutToken_SignsIn()
    {
        await using var site = await web.ServeAsync(Tokens);
        using var sent = await site.GetAsync("/reports/fuel/os-distribution?release=9.0", ("Accept", "text/html"));
        Assert.Equal(
            (303, "/sign-in?to=%2Freports%2Ffuel%2Fos-distribution%3Frelease%3D9.0"),
            ((int)sent.StatusCode, sent.Headers.Location!.OriginalString)
        );

        using var wrong = await site.SendAsync(
            HttpMethod.Post,
            sent.Headers.Location.OriginalString,
            [("Accept", "text/html")],
            new FormUrlEncodedContent([new("token", "nobody's")])
        );
        Assert.Equal(401, (int)wrong.StatusCode);
        using var right = await site.SendAsync(
            HttpMethod.Post,
            sent.Headers.Location.OriginalString,
            [],
            new FormUrlEncodedContent([new("token", "ann's token")])
        );

        Assert.Equal((303, "/reports/fuel/os-distribution?release=9.0"), ((int)right.StatusCode, right.Headers.Location!.OriginalString));
        var cookie = right.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        Assert.Contains(
            "Operating systems",
            await site.TextAsync("/reports/fuel/os-distribution", ("Cookie", cookie.Split(';')[0])),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Origin", "https://elsewhere.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 303)]
    public async Task SignIn_FormOfAnotherSite_IsRefused(string header, string value, int status)
    {
        await using var site = await web.ServeAsync(Tokens);
        using var signIn = await site.SendAsync(
            HttpMethod.Post,
            "/sign-in",
            [(header, value)],
            new FormUrlEncodedContent([new("token", "ann's token")])
        );
        using var signOut = await site.SendAsync(
            HttpMethod.Post,
            "/sign-out",
            [(header, value), ("Cookie", "token=" + Uri.EscapeDataString("ann's token"))]
        );

        Assert.Equal((status, status == 303 ? 302 : status), ((int)signIn.StatusCode, (int)signOut.StatusCode));
    }

    [Fact]
    public async Task SignIn_NoSuchForm_IsOneClearAnswer()
    {
        await using var site = await web.ServeAsync(Tokens);
        using var parts = new MultipartFormDataContent { { new StringContent("ann's token"), "token" } };
        using var other = await site.SendAsync(HttpMethod.Post, "/sign-in", [], parts);
        using var many = await site.SendAsync(
            HttpMethod.Post,
            "/sign-in",
            [],
            new FormUrlEncodedContent(Enumerable.Range(0, 2000).Select(i => KeyValuePair.Create($"{i}", "")))
        );

        Assert.Equal((415, 400), ((int)other.StatusCode, (int)many.StatusCode));
    }

    [Fact]
    public async Task Index_SignedIn_HasAWayOut()
    {
        await using var site = await web.ServeAsync(Tokens);

        var session = (await WebSessionTests.SignInAsync(site)).Split(';')[0];
        Assert.Contains("action=\"/sign-out\"", await site.TextAsync("/", ("Cookie", session)), StringComparison.Ordinal);
        Assert.DoesNotContain("/sign-out", await site.TextAsync("/", Analyst), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_LinkOfAMail_LeadsToTheReportAsItStands()
    {
        await using var site = await web.ServeAsync(Tokens);
        using var theirs = await site.GetAsync("/web/groups.html?more=3", Everybody);

        Assert.Equal("/reports/web/groups", theirs.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Limit_RefusedBehindAProxy_IsCountedByTheirOwnAddress()
    {
        await using var site = await web.ServeAsync([
            .. Tokens,
            ("Web__ProxyHeader", "X-Role"),
            ("Web__TrustedProxies", "127.0.0.1"),
            ("Web__RequestsPerMinute", "1"),
        ]);

        Assert.Equal(
            (401, 429, 401),
            (
                (await site.JsonAsync("/api/reports", ("X-Forwarded-For", "10.0.0.1, 10.0.0.2"))).Status,
                (await site.JsonAsync("/api/reports", ("X-Forwarded-For", "10.0.0.9, 10.0.0.2"))).Status,
                (await site.JsonAsync("/api/reports", ("X-Forwarded-For", "10.0.0.2, 10.0.0.3"))).Status
            )
        );
    }

    [Theory]
    [InlineData("//elsewhere.example")]
    [InlineData("/\\elsewhere.example")]
    [InlineData("https://elsewhere.example")]
    public async Task SignIn_ToAnotherSite_LeadsHome(string to)
    {
        await using var site = await web.ServeAsync(Tokens);
        using var right = await site.SendAsync(
            HttpMethod.Post,
            "/sign-in?to=" + Uri.EscapeDataString(to),
            [],
            new FormUrlEncodedContent([new("token", "ann's token")])
        );

        Assert.Equal("/", right.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Proxy_Header_IsBelievedOfTrustedAddressesOnly()
    {
        await using (var site = await web.ServeAsync(("Web__ProxyHeader", "X-Role"), ("Web__TrustedProxies", "127.0.0.1")))
        {
            Assert.Contains("web/slow", await site.TextAsync("/api/reports", ("X-Role", "analyst")), StringComparison.Ordinal);
            Assert.DoesNotContain("web/slow", await site.TextAsync("/api/reports", ("X-Role", "public")), StringComparison.Ordinal);
            Assert.Equal(
                (403, 401),
                ((await site.JsonAsync("/api/reports", ("X-Role", "root"))).Status, (await site.JsonAsync("/api/reports")).Status)
            );
        }

        await using var other = await web.ServeAsync([.. Tokens, ("Web__ProxyHeader", "X-Role"), ("Web__TrustedProxies", "10.9.8.7")]);
        var (status, forged) = await other.JsonAsync("/api/reports", ("X-Role", "analyst"), Everybody);
        Assert.Equal(403, status);
        Assert.Contains("this request comes from 127.0.0.1", forged.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AskedUnderAnotherName_IsRefused()
    {
        var (status, _) = await web.Site.JsonAsync("/api/reports", ("Host", "elsewhere.example"));

        Assert.Equal(403, status);
    }

    [Fact]
    public async Task Limit_TooManyRequests_Is429WithTheTimeToWait()
    {
        await using var site = await web.ServeAsync([.. Tokens, ("Web__RequestsPerMinute", "3")]);
        List<int> statuses = [];
        for (var i = 0; i < 4; i++)
        {
            using var response = await site.GetAsync("/api/reports", Analyst);
            statuses.Add((int)response.StatusCode);
            if (statuses[^1] == 429)
            {
                Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            }
        }

        Assert.Equal([200, 200, 200, 429], statuses);
        // Others are not held up by it.
        Assert.Equal(200, (await site.JsonAsync("/api/reports", Everybody)).Status);
    }

    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/reports/fuel/os-distribution", "text/html")]
    [InlineData("/catalogue", "text/html")]
    [InlineData("/nothing", "text/html")]
    [InlineData("/api/reports", "application/json")]
    [InlineData("/assets/charts.js", "*/*")]
    public async Task Answer_EveryOne_HasTheStrictHeaders(string address, string accept)
    {
        using var response = await web.Site.GetAsync(address, ("Accept", accept));

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self' ", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("Referrer-Policy").Single());
    }

    public static TheoryData<string, (string, string)[]> Refused() =>
        new()
        {
            { "everyone would be an analyst", [("Web__Host", "0.0.0.0")] },
            { "Web__Host: expected an address", [("Web__Host", "here")] },
            { "Web__Tokens__0__Role: expected public or analyst; found 'root'", WebProgram.Token(0, "Ann", "root", "x") },
            {
                "Web__Tokens__0__Sha256: expected the token's SHA-256",
                [("Web__Tokens__0__Name", "Ann"), ("Web__Tokens__0__Role", "public"), ("Web__Tokens__0__Sha256", "secret")]
            },
            { "Web__Tokens__0__Sha256: it is the hash of an empty text", WebProgram.Token(0, "Ann", "public", "") },
            {
                "Web__Tokens__1__Sha256: expected a token of its own; found the same one that Ann has",
                [.. WebProgram.Token(0, "Ann", "public", "x"), .. WebProgram.Token(1, "Bob", "public", "x")]
            },
            { "can't listen at 192.0.2.1:0", [.. WebProgram.Token(0, "Ann", "public", "x"), ("Web__Host", "192.0.2.1")] },
            { "Web__ProxyHeader and Web__TrustedProxies go together", [("Web__ProxyHeader", "X-Role")] },
            { "Web__TrustedProxies: expected addresses", [("Web__ProxyHeader", "X-Role"), ("Web__TrustedProxies", "proxy")] },
            { "there is no file '/nowhere.pem'", [("Web__Certificate", "/nowhere.pem"), ("Web__Key", "/proc/self/status")] },
            { "Web__Queries: expected a number over 0", [("Web__Queries", "0")] },
            { "the configuration's section Web can't be read", [("Web__Queries", "many")] },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Serve_WrongConfiguration_IsOneClearLine(string expected, (string, string)[] settings)
    {
        var (code, output, errors) = await web.RunAsync(0, settings);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains(expected, Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        // A token's text that was put in the wrong place stays out of logs.
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_PortInUse_IsOneClearLine()
    {
        var (code, _, errors) = await web.RunAsync(web.Site.Http.BaseAddress!.Port);

        Assert.Equal(1, code);
        Assert.Contains("choose another port", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_Certificate_SpeaksTls()
    {
        using var folder = new TempFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now.AddDays(-1),
            now.AddDays(1)
        );
        var (pem, secret) = (Path.Combine(folder.Path, "site.pem"), Path.Combine(folder.Path, "site.key"));
        await File.WriteAllTextAsync(pem, certificate.ExportCertificatePem(), Token);
        await File.WriteAllTextAsync(secret, key.ExportPkcs8PrivateKeyPem(), Token);
        await using var site = await web.ServeAsync(("Web__Certificate", pem), ("Web__Key", secret));

        Assert.Equal("https", site.Http.BaseAddress!.Scheme);
        using var response = await site.GetAsync("/api/reports");
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Serve_CertificateOfAnAuthority_SendsTheChain()
    {
        using var folder = new TempFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var authority = new CertificateRequest("CN=between", key, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var root = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var top = root.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        using var between = authority.Create(top, now.AddDays(-1), now.AddDays(1), [1]).CopyWithPrivateKey(key);
        using var leaf = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).Create(
            between,
            now.AddDays(-1),
            now.AddHours(1),
            [2]
        );
        var (pem, secret) = (Path.Combine(folder.Path, "site.pem"), Path.Combine(folder.Path, "site.key"));
        await File.WriteAllTextAsync(pem, leaf.ExportCertificatePem() + "\n" + between.ExportCertificatePem() + "\n", Token);
        await File.WriteAllTextAsync(secret, key.ExportPkcs8PrivateKeyPem(), Token);
        await using var site = await web.ServeAsync(("Web__Certificate", pem), ("Web__Key", secret));

        List<string> sent = [];
        using var http = new HttpClient(
            new HttpClientHandler
            {
                ServerCertificateCustomValidationCallback = (_, _, chain, _) =>
                {
                    sent.AddRange(chain!.ChainPolicy.ExtraStore.Select(c => c.Subject));
                    return true;
                },
            }
        );
        using var response = await http.GetAsync(new Uri(site.Http.BaseAddress!, "/api/reports"), Token);

        Assert.Contains("CN=between", sent);
    }

    [Fact]
    public async Task Serve_Terminated_StopsCleanlyAndEndsItsQueries()
    {
        await using var site = await web.ServeAsync(("Web__PatienceSeconds", "0.2"));
        using var accepted = await site.GetAsync("/api/reports/web/slow?tenths=503&mark=terminated", ("Prefer", "respond-async"));
        var waiting = site.GetAsync("/api/reports/web/slow?tenths=503&mark=terminated");
        Assert.True(await web.IsRunningAsync("'terminated'"));

        Assert.Equal(0, await site.StopAsync());

        // Whoever waits is told, or finds the line broken off; nobody gets half a result for a whole one.
        var status = 0;
        var broken = await Record.ExceptionAsync(async () => status = (int)(await waiting).StatusCode);
        Assert.True(broken is HttpRequestException || status == 503, $"{status} {broken}");

        await Wait.UntilAsync(async () => !await web.IsRunningAsync("'terminated'"), "the query ends on the server", seconds: 20);
        Assert.DoesNotContain("   at ", site.Log, StringComparison.Ordinal);
    }
}
