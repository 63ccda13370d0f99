using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Reports.Web;

/// <summary>Who asks.</summary>
/// <param name="Name">What tells readers apart, for limits and jobs.</param>
/// <param name="Role">What they may see.</param>
internal sealed record Reader(string Name, Role Role);

/// <summary>Tells who asks: by a bearer token, by the header of a trusted proxy, or, where neither is configured, by being on this machine.</summary>
internal sealed class Access(WebOptions options)
{
    /// <summary>The cookie in which a browser keeps the token that it signed in with.</summary>
    public const string Cookie = "token";

    private readonly List<(Reader Reader, byte[] Hash)> tokens =
        [.. options.Tokens.Select(t => (new Reader(t.Name, Roles.Of(t.Role)!.Value), Convert.FromHexString(t.Sha256)))];

    private readonly IReadOnlyList<IPAddress> proxies = options.Proxies;

    /// <summary>The reader who sent a request.</summary>
    /// <exception cref="WebFault">Nobody who may read: what to do about it stands in the message.</exception>
    public Reader Of(HttpRequest request)
    {
        if (options.IsOpen)
        {
            return OnThisMachine(request);
        }

        if (options.ProxyHeader.Length > 0 && request.Headers.TryGetValue(options.ProxyHeader, out var said))
        {
            return ByProxy(request, said.ToString());
        }

        if (TokenOf(request) is { } token)
        {
            return ByToken(token) ?? throw new WebFault(401, "Unknown token", "this token isn't among those that are configured; ask whoever runs this server for one");
        }

        throw new WebFault(401, "Who are you?", tokens.Count > 0
            ? "send a token (Authorization: Bearer …), or sign in at /sign-in"
            : "come by the proxy in front of this server, which says who you are");
    }

    /// <summary>Where a request comes from: behind a trusted proxy, the address that it adds last.</summary>
    public string AddressOf(HttpRequest request)
    {
        var from = From(request);
        var told = from is not null && proxies.Contains(from) ? request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim() : "";
        return told.Length > 0 ? told : from?.ToString() ?? "";
    }

    /// <summary>The reader of a token; null: it is unknown.</summary>
    public Reader? ByToken(string token)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        Reader? found = null;
        // All are compared, each in constant time, so that no answer comes sooner than another.
        foreach (var (reader, known) in tokens)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? reader : found;
        }

        return found;
    }

    // A page elsewhere could have its own name point to this machine and read with its visitor's browser: the name that was asked for tells.
    private static Reader OnThisMachine(HttpRequest request) =>
        request.Host.Host is "localhost" || (IPAddress.TryParse(request.Host.Host.Trim('[', ']'), out var host) && IPAddress.IsLoopback(host))
            ? new Reader("this machine", Role.Analyst)
            : throw new WebFault(403, "Not this machine", $"without tokens this server answers under localhost and 127.0.0.1 only; it was asked under '{request.Host.Host}'");

    private Reader ByProxy(HttpRequest request, string said)
    {
        var from = From(request);
        if (from is null || !proxies.Contains(from))
        {
            throw new WebFault(403, "Not a trusted proxy", $"the header {options.ProxyHeader} is believed of the addresses in Web__TrustedProxies only, and this request comes from {from}; leave it out");
        }

        return Roles.Of(said) is { } role
            ? new Reader($"proxy {AddressOf(request)}", role)
            : throw new WebFault(403, "Unknown role", $"the header {options.ProxyHeader}: expected public or analyst");
    }

    private static IPAddress? From(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : request.HttpContext.Connection.RemoteIpAddress;

    private static string? TokenOf(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[scheme.Length..].Trim() : request.Cookies[Cookie];
    }
}
