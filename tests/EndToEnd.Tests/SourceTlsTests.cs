using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>TLS to a source whose certificate a root of our own signed: what each SSL Mode accepts.</summary>
public sealed class SourceTlsTests(SourceTlsTests.Server server) : IClassFixture<SourceTlsTests.Server>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("localhost", "Require", null, true)]
    [InlineData("localhost", "VerifyCA", "root.crt", true)]
    [InlineData("localhost", "VerifyFull", "root.crt", true)]
    [InlineData("127.0.0.1", "VerifyCA", "root.crt", true)]
    [InlineData("127.0.0.1", "VerifyFull", "root.crt", false)]
    [InlineData("localhost", "VerifyCA", "other.crt", false)]
    [InlineData("localhost", "VerifyFull", "other.crt", false)]
    [InlineData("localhost", "VerifyFull", "both.crt", true)]
    [InlineData("localhost", "VerifyCA", null, false)]
    [InlineData("localhost", "VerifyFull", null, false)]
    public async Task Open_CertificateOfARootOfOurOwn_IsTrustedAsTheModeSays(string host, string mode, string? root, bool trusted)
    {
        var options = new NpgsqlConnectionStringBuilder(server.Connection)
        {
            Host = host,
            SslMode = Enum.Parse<SslMode>(mode),
            Pooling = false,
        };
        options.RootCertificate = root is null ? null : Path.Combine(server.Folder, root);

        Assert.Equal(
            trusted,
            await OpensAsync(async () =>
            {
                await using var connection = await SourceConnection.OpenAsync(options, Token);
                await using var command = new NpgsqlCommand("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", connection);
                Assert.Equal(true, await command.ExecuteScalarAsync(Token));
            })
        );
    }

    [Theory]
    [InlineData("none.crt", "none.crt")]
    [InlineData("empty.crt", "expected a PEM file; found no certificate in it")]
    public async Task Open_RootCertificateThatIsNone_NamesTheFile(string root, string expected)
    {
        var options = new NpgsqlConnectionStringBuilder(server.Connection)
        {
            SslMode = SslMode.VerifyCA,
            RootCertificate = Path.Combine(server.Folder, root),
        };

        var fault = await Assert.ThrowsAnyAsync<IOException>(() => SourceConnection.OpenAsync(options, Token));

        Assert.Contains(options.RootCertificate, fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> OpensAsync(Func<Task> open)
    {
        try
        {
            await open();
            return true;
        }
        catch (Exception e) when (e.GetBaseException() is System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    /// <summary>The primary with TLS switched on: a certificate for localhost, and roots of which one signed it.</summary>
    public sealed class Server(EnginesFixture engines) : IAsyncLifetime
    {
        private readonly TempFolder _folder = new();

        internal string Folder => _folder.Path;

        internal string Connection => engines.Engines.Primary.ConnectionString("postgres");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            using var root = TestCertificates.Root("root");
            using var other = TestCertificates.Root("other");
            _folder.Write("root.crt", root.ExportCertificatePem());
            _folder.Write("other.crt", other.ExportCertificatePem());
            _folder.Write("both.crt", other.ExportCertificatePem() + "\n" + root.ExportCertificatePem());
            _folder.Write("empty.crt", "");
            using var key = RSA.Create(2048);
            using var certificate = TestCertificates.Of("localhost", root, key);
            await WriteAsync("server.crt", certificate.ExportCertificatePem());
            await WriteAsync("server.key", key.ExportPkcs8PrivateKeyPem());
            await AskAsync("ALTER SYSTEM SET ssl = on");
            await AskAsync("SELECT pg_reload_conf()");
            await Wait.UntilAsync(async () => await AskAsync("SHOW ssl") is "on", "TLS is on");
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await AskAsync("ALTER SYSTEM RESET ssl");
            await AskAsync("SELECT pg_reload_conf()");
            _folder.Dispose();
        }

        // The server writes them itself, since its folder and its key must be its account's own.
        private Task<object?> WriteAsync(string name, string pem) =>
            AskAsync(
                $"COPY (SELECT line FROM string_to_table('{pem.ReplaceLineEndings("\n")}', E'\\n') AS line) TO PROGRAM 'umask 077; cat > {name}'"
            );

        private Task<object?> AskAsync(string sql) => engines.Engines.Primary.ExecuteAsync("postgres", sql, Token);
    }
}
