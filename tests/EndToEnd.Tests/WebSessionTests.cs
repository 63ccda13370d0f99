using Xunit;

namespace EndToEnd.Tests;

/// <summary>Sessions of people who signed in with a token.</summary>
public sealed class WebSessionTests(WebProgram web) : IClassFixture<WebProgram>
{
    private static (string, string)[] Tokens => WebAccessTests.Tokens;

    [Fact]
    public async Task Session_SignedOut_IsNobodysAnyMore()
    {
        await using var site = await web.ServeAsync(Tokens);
        var (anns, other) = ((await SignInAsync(site)).Split(';')[0], (await SignInAsync(site)).Split(';')[0]);
        Assert.DoesNotContain("ann", anns, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (await site.JsonAsync("/api/reports", ("Cookie", anns))).Status);

        using var signedOut = await site.SendAsync(HttpMethod.Post, "/sign-out", [("Cookie", anns)]);

        Assert.Contains("expires=Thu, 01 Jan 1970", signedOut.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Equal(
            (401, 200, 401),
            (
                (await site.JsonAsync("/api/reports", ("Cookie", anns))).Status,
                (await site.JsonAsync("/api/reports", ("Cookie", other))).Status,
                (await site.JsonAsync("/api/reports", ("Cookie", anns[..^1] + "x"))).Status
            )
        );
    }

    [Fact]
    public async Task SignIn_ProxySaysHttps_CookieIsForHttpsOnly()
    {
        (string, string)[] proxy = [.. Tokens, ("Web__ProxyHeader", "X-Role"), ("Web__TrustedProxies", "127.0.0.1")];
        await using var site = await web.ServeAsync(proxy);
        await using var other = await web.ServeAsync([.. proxy, ("Web__TrustedProxies", "10.9.8.7")]);

        Assert.Contains("; secure", await SignInAsync(site, ("X-Forwarded-Proto", "https")), StringComparison.Ordinal);
        Assert.DoesNotContain("; secure", await SignInAsync(site, ("X-Forwarded-Proto", "http")), StringComparison.Ordinal);
        Assert.DoesNotContain("; secure", await SignInAsync(other, ("X-Forwarded-Proto", "https")), StringComparison.Ordinal);
        using var secure = await site.GetAsync("/sign-in", ("X-Forwarded-Proto", "https"));
        using var plain = await site.GetAsync("/sign-in");
        Assert.Equal(
            (true, false),
            (secure.Headers.Contains("Strict-Transport-Security"), plain.Headers.Contains("Strict-Transport-Security"))
        );
    }

    [Fact]
    public async Task SignIn_TriedTooOften_Is429ForThatAddress()
    {
        await using var site = await web.ServeAsync([.. Tokens, ("Web__ProxyHeader", "X-Role"), ("Web__TrustedProxies", "127.0.0.1")]);
        List<int> statuses = [];
        for (var i = 0; i < 11; i++)
        {
            using var form = new FormUrlEncodedContent([new("token", $"a guess, {i}")]);
            using var tried = await site.SendAsync(HttpMethod.Post, "/sign-in", [("X-Forwarded-For", "10.0.0.1")], form);
            statuses.Add((int)tried.StatusCode);
        }

        Assert.Equal([.. Enumerable.Repeat(401, 10), 429], statuses);
        Assert.Contains("session=", await SignInAsync(site, ("X-Forwarded-For", "10.0.0.2")), StringComparison.Ordinal);
    }

    /// <summary>Signs Ann in; returns what her browser keeps.</summary>
    internal static async Task<string> SignInAsync(WebSite site, params (string, string)[] headers)
    {
        using var form = new FormUrlEncodedContent([new("token", "ann's token")]);
        using var response = await site.SendAsync(HttpMethod.Post, "/sign-in", headers, form);
        return response.Headers.GetValues("Set-Cookie").Single();
    }
}
