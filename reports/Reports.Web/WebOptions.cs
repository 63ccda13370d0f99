using System.Net;
using System.Security.Cryptography;
using System.Text;
using WarehouseSql.Programs;

namespace Reports.Web;

/// <summary>What a reader may see.</summary>
internal enum Role
{
    /// <summary>Reports whose header says <c>public</c>, as they stand, small groups merged.</summary>
    Public,

    /// <summary>Everything.</summary>
    Analyst,
}

/// <summary>A bearer token that is accepted: whose it is, what it allows, and the SHA-256 of its text.</summary>
internal sealed record WebToken
{
    public string Name { get; init; } = "";

    public string Role { get; init; } = "";

    public string Sha256 { get; init; } = "";
}

/// <summary>The section <c>Web</c> of the configuration: where pages are served, and to whom.</summary>
internal sealed record WebOptions
{
    /// <summary>How the server logs: text or json.</summary>
    public string LogFormat { get; init; } = "text";

    /// <summary>The address to listen at.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port; 0: any that is free.</summary>
    public int Port { get; init; } = 8080;

    public IReadOnlyList<WebToken> Tokens { get; init; } = [];

    /// <summary>A file with further tokens, a line each: name, role and SHA-256; it is read anew when it changes. Empty: none.</summary>
    public string TokensFile { get; init; } = "";

    /// <summary>The header in which a proxy says a reader's name; empty: all who come by a proxy from one address are one reader.</summary>
    public string ProxyUserHeader { get; init; } = "";

    /// <summary>Where each request is noted: a file, stderr or off; empty: stderr where readers are told apart.</summary>
    public string AccessLog { get; init; } = "";

    /// <summary>The header in which a proxy says a reader's role; empty: there is no proxy.</summary>
    public string ProxyHeader { get; init; } = "";

    /// <summary>The addresses, separated by blanks or commas, that are believed it.</summary>
    public string TrustedProxies { get; init; } = "";

    /// <summary>
    /// The origins, separated by blanks or commas, whose pages' scripts may ask the API in a reader's browser, with a token; empty: none
    /// but this site's own.
    /// </summary>
    public string Origins { get; init; } = "";

    /// <summary>A PEM file with the certificate and its chain; empty: plain HTTP.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>The PEM file with its key.</summary>
    public string Key { get; init; } = "";

    /// <summary>Requests that a reader may make in a minute, where readers are told apart.</summary>
    public int RequestsPerMinute { get; init; } = 600;

    /// <summary>Megabytes of results that are kept, and the largest single one.</summary>
    public int CacheMegabytes { get; init; } = 512;

    /// <summary>Reports that the warehouse is asked at once; more wait.</summary>
    public int Queries { get; init; } = 4;

    /// <summary>Seconds after which a report that isn't done becomes a job, or a page that shows how far it is.</summary>
    public double PatienceSeconds { get; init; } = 2;

    /// <summary>Whether pages are answered without the rows of nodes that don't answer, and say so.</summary>
    public bool SkipDownNodes { get; init; }

    /// <summary>Whether everyone who reaches the server is an analyst, which it allows this machine only.</summary>
    public bool IsOpen => Tokens.Count == 0 && TokensFile.Length == 0 && ProxyHeader.Length == 0;

    public IReadOnlyList<string> AllowedOrigins => [.. Words(Origins).Select(o => o.TrimEnd('/'))];

    public IReadOnlyList<IPAddress> Proxies => [.. Words(TrustedProxies).Select(IPAddress.Parse)];

    /// <summary>Whose token that is; null: it is unknown.</summary>
    public Reader? ReaderOf(string token)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        WebToken? found = null;
        // All are compared, each in constant time, so that no answer comes sooner than another.
        foreach (var known in AllTokens)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, Convert.FromHexString(known.Sha256)) ? known : found;
        }

        return found is null ? null : new Reader(found.Name, Roles.Of(found.Role)!.Value) { Token = Convert.ToHexStringLower(hash) };
    }

    /// <summary>Whether the token that a reader signed in with still stands for the same.</summary>
    public bool IsKnown(Reader reader) =>
        AllTokens.Any(t =>
            t.Name == reader.Name && Roles.Of(t.Role) == reader.Role && t.Sha256.Equals(reader.Token, StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>The tokens of the configuration and those of the file, as it is now.</summary>
    public IReadOnlyList<WebToken> AllTokens => file is null ? Tokens : file.Current;

    private WatchedFiles<IReadOnlyList<WebToken>>? file;

    private List<WebToken> ReadTokens()
    {
        List<WebToken> all =
        [
            .. Tokens,
            .. File.ReadLines(TokensFile)
                .Select(l => l.Trim())
                .Where(l => l.Length > 0 && l[0] != '#')
                .Select(l =>
                    l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [.. var name, var role, var hash]
                        ? new WebToken
                        {
                            Name = string.Join(' ', name),
                            Role = role,
                            Sha256 = hash,
                        }
                        : throw new ReportException(
                            $"Web__TokensFile: expected in each line a name, public or analyst, and the token's SHA-256; found '{l[..Math.Min(l.Length, 20)]}…'"
                        )
                ),
        ];
        return (this with { Tokens = all, file = null }).TokenFaults().FirstOrDefault() is { } fault
            ? throw new ReportException(fault.Replace("Web__Tokens__", "Web__TokensFile, token ", StringComparison.Ordinal))
            : all;
    }

    /// <summary>Reads and validates the section.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="port">A port that counts in place of the configured one.</param>
    /// <exception cref="ReportException">Lists every fault at once.</exception>
    public static WebOptions Read(IConfiguration configuration, int? port = null)
    {
        var options = Settings.Section<WebOptions>(configuration, "Web");
        options = options with { Port = port ?? options.Port, LogFormat = ProgramLog.FormatOf(configuration) };
        var faults = options.Faults().ToList();
        if (faults.Count > 0)
        {
            throw new ReportException(string.Join(Environment.NewLine, faults));
        }

        if (options.TokensFile.Length > 0)
        {
            options.file = new WatchedFiles<IReadOnlyList<WebToken>>(
                [options.TokensFile],
                options.ReadTokens,
                "the tokens of Web__TokensFile"
            );
        }

        return options;
    }

    private IEnumerable<string> Faults()
    {
        var isAddress = IPAddress.TryParse(Host, out var address);
        if (!isAddress)
        {
            yield return $"Web__Host: expected an address of this machine such as 127.0.0.1 or 0.0.0.0; found '{Host}'";
        }

        if (Port is < 0 or > 65535)
        {
            yield return $"Web__Port: expected a port from 0 to 65535; found {Port}";
        }

        if (isAddress && IsOpen && !IPAddress.IsLoopback(address!))
        {
            yield return $"Web__Host: {Host} is reached from other machines, and without Web__Tokens__0__… or Web__ProxyHeader everyone would be an analyst; configure one of them, or listen at 127.0.0.1";
        }

        foreach (var fault in TokenFaults().Concat(ProxyFaults()).Concat(OriginFaults()))
        {
            yield return fault;
        }

        if ((Certificate.Length > 0) != (Key.Length > 0))
        {
            yield return "Web__Certificate and Web__Key go together; found only one of them";
        }

        foreach (
            var (name, path) in new[] { ("Web__Certificate", Certificate), ("Web__Key", Key), ("Web__TokensFile", TokensFile) }.Where(f =>
                f.Item2.Length > 0 && !File.Exists(f.Item2)
            )
        )
        {
            yield return $"{name}: there is no file '{path}'";
        }

        foreach (
            var (name, number) in new[]
            {
                ("RequestsPerMinute", RequestsPerMinute),
                ("CacheMegabytes", CacheMegabytes),
                ("Queries", Queries),
                ("PatienceSeconds", PatienceSeconds),
            }.Where(n => n.Item2 <= 0)
        )
        {
            yield return string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"Web__{name}: expected a number over 0; found {number}"
            );
        }
    }

    // Whose token's variable was empty when it was hashed: anybody could send that.
    private const string Sha256OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private IEnumerable<string> TokenFaults()
    {
        for (var i = 0; i < Tokens.Count; i++)
        {
            var token = Tokens[i];
            if (token.Name.Length == 0 || Tokens.Take(i).Any(t => t.Name == token.Name))
            {
                yield return $"Web__Tokens__{i}__Name: expected a name of its own, which tells whose token it is; found '{token.Name}'";
            }

            if (Roles.Of(token.Role) is null)
            {
                yield return $"Web__Tokens__{i}__Role: expected public or analyst; found '{token.Role}'";
            }

            if (token.Sha256.Length != 64 || !token.Sha256.All(char.IsAsciiHexDigit))
            {
                yield return $"Web__Tokens__{i}__Sha256: expected the token's SHA-256 in 64 hexadecimal digits (printf %s \"$TOKEN\" | sha256sum); found {token.Sha256.Length} characters";
            }
            else if (token.Sha256.Equals(Sha256OfNothing, StringComparison.OrdinalIgnoreCase))
            {
                yield return $"Web__Tokens__{i}__Sha256: it is the hash of an empty text; was the token's variable empty?";
            }
            else if (Tokens.Take(i).FirstOrDefault(t => t.Sha256.Equals(token.Sha256, StringComparison.OrdinalIgnoreCase)) is { } same)
            {
                yield return $"Web__Tokens__{i}__Sha256: expected a token of its own; found the same one that {same.Name} has";
            }
        }
    }

    private IEnumerable<string> ProxyFaults()
    {
        if ((ProxyHeader.Length > 0) != (Words(TrustedProxies).Length > 0))
        {
            yield return "Web__ProxyHeader and Web__TrustedProxies go together: the header that holds the role, and the addresses that are believed it; found only one of them";
        }

        if (ProxyUserHeader.Length > 0 && ProxyHeader.Length == 0)
        {
            yield return "Web__ProxyUserHeader goes with Web__ProxyHeader, which holds the role; found only the name's header";
        }

        foreach (var text in Words(TrustedProxies).Where(t => !IPAddress.TryParse(t, out _)))
        {
            yield return $"Web__TrustedProxies: expected addresses such as 10.0.0.5; found '{text}'";
        }
    }

    private IEnumerable<string> OriginFaults() =>
        AllowedOrigins
            .Where(o =>
                !Uri.TryCreate(o, UriKind.Absolute, out var url)
                || url.Scheme is not ("http" or "https")
                || url.AbsolutePath != "/"
                || url.Query.Length > 0
            )
            .Select(o => $"Web__Origins: expected origins such as https://notebooks.example.org; found '{o}'");

    private static string[] Words(string text) => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Roles by name.</summary>
internal static class Roles
{
    /// <summary>The role of that name; null: there is none such.</summary>
    public static Role? Of(string name) =>
        name switch
        {
            "public" => Role.Public,
            "analyst" => Role.Analyst,
            _ => null,
        };
}
