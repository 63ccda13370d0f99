using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace Etl.Postgres;

/// <summary>Makes a connection secret as the connection string's SSL Mode says, as Npgsql does.</summary>
internal static class Tls
{
    /// <summary>Asks the server for TLS where the mode wants it.</summary>
    /// <exception cref="IOException">The server speaks none and the mode demands it, or the root certificates can't be read.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The server's certificate isn't trusted.</exception>
    public static Stream Secure(Stream plain, string host, NpgsqlConnectionStringBuilder options)
    {
        if (options.SslMode is SslMode.Disable or SslMode.Allow || host.StartsWith('/'))
        {
            return plain;
        }

        plain.Write(Messages.SslRequest());
        if (plain.ReadByte() != 'S')
        {
            return options.SslMode == SslMode.Prefer ? plain : throw new IOException($"the server speaks no TLS, and the connection string says SSL Mode={options.SslMode}");
        }

        var secure = new SslStream(plain, leaveInnerStreamOpen: false, (_, _, _, errors) => options.SslMode switch
        {
            SslMode.VerifyFull => errors == SslPolicyErrors.None,
            SslMode.VerifyCA => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
            _ => true,
        });
        var own = options.SslCertificate is { Length: > 0 } file ? new X509CertificateCollection { X509Certificate2.CreateFromPemFile(file, options.SslKey) } : null;
        secure.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = host, ClientCertificates = own, CertificateChainPolicy = Trust(options) });
        return secure;
    }

    private static X509ChainPolicy Trust(NpgsqlConnectionStringBuilder options)
    {
        var policy = new X509ChainPolicy { RevocationMode = options.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck };
        if (options.SslMode is SslMode.VerifyCA or SslMode.VerifyFull && RootCertificate(options) is { } file)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            try
            {
                policy.CustomTrustStore.ImportFromPemFile(file);
            }
            catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or UnauthorizedAccessException)
            {
                throw new IOException($"{file}, the root certificate: {e.Message}", e);
            }

            if (policy.CustomTrustStore.Count == 0)
            {
                throw new IOException($"{file}, the root certificate: expected a PEM file; found no certificate in it");
            }
        }

        return policy;
    }

    private static string? RootCertificate(NpgsqlConnectionStringBuilder options)
    {
        var usual = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".postgresql", "root.crt");
        return options.RootCertificate ?? Environment.GetEnvironmentVariable("PGSSLROOTCERT") ?? (File.Exists(usual) ? usual : null);
    }
}
