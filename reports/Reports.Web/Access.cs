using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>Who asks.</summary>
/// <param name="Name">What tells readers apart, for limits and jobs.</param>
/// <param name="Role">What they may see.</param>
internal sealed record Reader(string Name, Role Role)
{
    private const string TokenClaim = "token";

    /// <summary>The SHA-256 of the token that they signed in with; empty: they came otherwise.</summary>
    public string Token { get; init; } = "";

    /// <inheritdoc/>
    public bool Equals(Reader? other) => other is not null && (Name, Role) == (other.Name, other.Role);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Role);

    /// <summary>The same for ASP.NET Core.</summary>
    public ClaimsPrincipal Principal =>
        new(
            new ClaimsIdentity([new(ClaimTypes.Name, Name), new(ClaimTypes.Role, Role.ToString()), new(TokenClaim, Token)], nameof(Access))
        );

    /// <summary>Who that is; null: nobody whom this site knows.</summary>
    public static Reader? Of(ClaimsPrincipal principal) =>
        principal.Identity is { IsAuthenticated: true, Name: { } name }
            ? new Reader(name, principal.IsInRole(nameof(Role.Analyst)) ? Role.Analyst : Role.Public)
            {
                Token = principal.FindFirst(TokenClaim)?.Value ?? "",
            }
            : null;
}

/// <summary>Tells who asks: by a proxy's header, a token, a session, or, where nothing is configured, by being on this machine.</summary>
internal sealed class Access(
    WebOptions web,
    Faults faults,
    IMemoryCache sessions,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logs,
    UrlEncoder encoder
) : SignInAuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    /// <summary>The cookie that names a browser's session.</summary>
    public const string Cookie = "session";

    /// <summary>What a connection keeps its address under, whatever a proxy says of its requests.</summary>
    public static readonly object Peer = new();

    private static readonly TimeSpan Life = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            web.IsOpen ? OnThisMachine()
            : web.ProxyHeader.Length > 0 && Request.Headers.TryGetValue(web.ProxyHeader, out var said) ? ByProxy(said.ToString())
            : Request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
                ? ByToken(header["Bearer ".Length..].Trim())
            // A session is over when its token is.
            : Request.Cookies[Cookie] is { } session && sessions.Get<Reader>(session) is { } reader && web.IsKnown(reader) ? Known(reader)
            : AuthenticateResult.NoResult()
        );

    // The browser keeps a session's name, which tells nothing. It ends with signing out, after its time, and with the server.
    protected override Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var session = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        sessions.Set(session, Reader.Of(user)!, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = Life, Size = 1 });
        var cookie = new CookieOptions
        {
            HttpOnly = true,
            Secure = Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            MaxAge = Life,
        };
        Response.Cookies.Append(Cookie, session, cookie);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        sessions.Remove(Request.Cookies[Cookie] ?? "");
        Response.Cookies.Delete(Cookie);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        await faults.AnswerAsync(
            Context,
            (await HandleAuthenticateOnceSafeAsync()).Failure as WebFault
                ?? new WebFault(
                    401,
                    "Who are you?",
                    web.Tokens.Count > 0 || web.TokensFile.Length > 0
                        ? "send a token (Authorization: Bearer …), or sign in at /sign-in"
                        : "come by the proxy in front of this server, which says who you are"
                )
        );

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        faults.AnswerAsync(Context, new WebFault(403, "For analysts", "this page is for analysts; / lists the reports that are public"));

    // A page elsewhere could have its own name point to this machine and read with its visitor's browser: the name that was asked tells.
    private AuthenticateResult OnThisMachine()
    {
        var name = Request.Host.Host;
        return name is "localhost" || (IPAddress.TryParse(name.Trim('[', ']'), out var host) && IPAddress.IsLoopback(host))
            ? Known(new Reader("this machine", Role.Analyst))
            : Refused(
                403,
                "Not this machine",
                $"without tokens this server answers under localhost and 127.0.0.1 only; it was asked under '{name}'"
            );
    }

    private AuthenticateResult ByProxy(string said)
    {
        var from = Context.Features.Get<IConnectionItemsFeature>()?.Items[Peer] as IPAddress;
        return from is null || !web.Proxies.Contains(from)
                ? Refused(
                    403,
                    "Not a trusted proxy",
                    $"the header {web.ProxyHeader} is believed of the addresses in Web__TrustedProxies only, "
                        + $"and this request comes from {from}; leave it out"
                )
            : Roles.Of(said) is { } role ? Known(new Reader(NameByProxy(), role))
            : Refused(403, "Unknown role", $"the header {web.ProxyHeader}: expected public or analyst");
    }

    // Analysts behind one proxy are as many readers, where it says who they are.
    private string NameByProxy() =>
        web.ProxyUserHeader.Length > 0 && Request.Headers[web.ProxyUserHeader].ToString() is { Length: > 0 and <= 200 } user
            ? $"{CleanText.Line(user)} by proxy"
            : $"proxy {WebServer.Plain(Context.Connection.RemoteIpAddress)}";

    private AuthenticateResult ByToken(string token) =>
        web.ReaderOf(token) is { } reader
            ? Known(reader)
            : Refused(401, "Unknown token", "this token isn't among those that are configured; ask whoever runs this server for one");

    private AuthenticateResult Known(Reader reader) => AuthenticateResult.Success(new AuthenticationTicket(reader.Principal, Scheme.Name));

    private static AuthenticateResult Refused(int status, string title, string detail) =>
        AuthenticateResult.Fail(new WebFault(status, title, detail));
}
