using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using WarehouseSql.Definitions;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// A real SMTP server, which misbehaves as its recipients' names ask (see mail-server.cjs). It ends with this process at the latest.
/// </summary>
public sealed class MailServer : IAsyncDisposable
{
    public const string User = "reports";
    public const string Password = "a secret";
    private readonly TempFolder _folder = new();
    private Process? _process;

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The certificate of whom its own was signed by; empty: it speaks without TLS.</summary>
    public string Root { get; private set; } = "";

    private bool IsTlsFromFirstByte { get; init; }

    private string Arrived => Path.Combine(_folder.Path, "arrived");

    /// <summary>
    /// Starts one; with <paramref name="tls"/>, it speaks STARTTLS, or TLS <paramref name="fromFirstByte"/>, and wants a login.
    /// </summary>
    /// <param name="mechanisms">By what one may log in.</param>
    /// <param name="utf8">Whether it has SMTPUTF8.</param>
    public static async Task<MailServer> StartAsync(
        bool tls = false,
        bool fromFirstByte = false,
        string[]? mechanisms = null,
        bool utf8 = true
    )
    {
        var server = new MailServer { IsTlsFromFirstByte = fromFirstByte };
        Directory.CreateDirectory(server.Arrived);
        var options = JsonSerializer.Serialize(
            new
            {
                secure = fromFirstByte,
                authMethods = mechanisms ?? ["LOGIN", "PLAIN"],
                hideSMTPUTF8 = !utf8,
            }
        );
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "mail-server.cjs"),
            server.Arrived,
            Project.Here.PathOf("tests", "Engines", "node_modules"),
            options,
        ];
        var start = new ProcessStartInfo("node", [.. arguments, .. tls ? server.Keys() : []])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        server._process = Process.Start(start)!;
        var port = await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        server.Port = int.Parse(
            port ?? throw new InvalidOperationException("the mail server didn't start; its error stands above"),
            CultureInfo.InvariantCulture
        );
        return server;
    }

    /// <summary>How often each address was sent a mail.</summary>
    public Dictionary<string, int> Counts() =>
        Directory.GetFiles(Arrived).GroupBy(f => Path.GetFileNameWithoutExtension(f)[5..]).ToDictionary(g => g.Key, g => g.Count());

    /// <summary>The mails to an address, in the order of their arrival.</summary>
    public IReadOnlyList<string> To(string address) =>
        [.. Directory.GetFiles(Arrived, $"*-{address}.eml").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    /// <summary>What a program needs to reach it.</summary>
    public (string Name, string Value)[] Settings(params (string Name, string Value)[] more) =>
        [
            ("Smtp__Host", "localhost"),
            ("Smtp__Port", Port.ToString(CultureInfo.InvariantCulture)),
            ("Smtp__From", "reports@example.org"),
            ("Smtp__TimeoutSeconds", "5"),
            .. Root.Length == 0
                ? [("Smtp__StartTls", "false")]
                : new[]
                {
                    IsTlsFromFirstByte ? ("Smtp__Tls", "true") : ("Smtp__StartTls", "true"),
                    ("Smtp__User", User),
                    ("Smtp__Password", Password),
                    ("SSL_CERT_FILE", Root),
                },
            .. more,
        ];

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        _folder.Dispose();
    }

    private string[] Keys()
    {
        using var root = TestCertificates.Root("mail");
        using var key = RSA.Create(2048);
        using var certificate = TestCertificates.Of("localhost", root, key);
        Root = _folder.Write("root.crt", root.ExportCertificatePem());
        return
        [
            _folder.Write("server.key", key.ExportPkcs8PrivateKeyPem()),
            _folder.Write("server.crt", certificate.ExportCertificatePem()),
            User,
            Password,
        ];
    }
}
