using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace SourceSql;

/// <summary>
/// Opens sessions on a source, all in one state: the same text means the same value in each, whatever a server, a database or an account
/// sets.
/// </summary>
internal static class SourceConnection
{
    // How much longer than the server the client waits before it takes the line for dead: the server's word says more.
    private const int GraceSeconds = 30;

    // Hundreds of rows a read; Npgsql's own 8 KiB cost a call of the system for every dozen.
    private const int BufferBytes = 256 << 10;

    /// <summary>Opens a session, which may be used synchronously afterwards.</summary>
    /// <remarks>
    /// Never Npgsql's synchronous Open: where the server says nothing to its question whether Kerberos encrypts, it asks the next one with
    /// what is left of Timeout in whole milliseconds, and none means for ever to a socket. It did so in 33 of 200 tries at once.
    /// </remarks>
    /// <exception cref="NpgsqlException">
    /// The server refuses or isn't reached; what else may be thrown, <see cref="SourceFaults.IsSource"/> knows.
    /// </exception>
    public static async Task<NpgsqlConnection> OpenAsync(NpgsqlConnectionStringBuilder options, CancellationToken token)
    {
        var connection = new NpgsqlConnection(WithClientsLimits(options));
        try
        {
            await connection.OpenAsync(token);
            await using var command = new NpgsqlCommand(Settle(options.CommandTimeout), connection);
            await command.ExecuteNonQueryAsync(token);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            throw IsSilent(e) ? Silent(options, e) : e;
        }
    }

    /// <summary>As <see cref="OpenAsync(NpgsqlConnectionStringBuilder, CancellationToken)"/>; a failure names the source.</summary>
    /// <exception cref="SourceException">The source isn't reached; the message says what to look at.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(string name, NpgsqlConnectionStringBuilder options, CancellationToken token)
    {
        try
        {
            return await OpenAsync(options, token);
        }
        catch (Exception e) when (SourceFaults.IsSource(e))
        {
            throw SourceFaults.Unreachable(name, e);
        }
    }

    // The server ends what takes longer than Command Timeout, since a statement whose client is gone would go on there. Where the server or
    // the account has a lower limit, that one stays.
    private static string Settle(int mostSeconds)
    {
        var limit = Math.Min(int.MaxValue, mostSeconds * 1000L);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT
              set_config('DateStyle', 'ISO, MDY', false), set_config('IntervalStyle', 'postgres', false),
              set_config('TimeZone', 'UTC', false), set_config('extra_float_digits', '1', false),
              set_config('bytea_output', 'hex', false), set_config('standard_conforming_strings', 'on', false),
              (
                SELECT set_config('statement_timeout', '{limit}', false)
                FROM pg_settings
                WHERE name = 'statement_timeout' AND {limit} > 0 AND setting::int NOT BETWEEN 1 AND {limit}
              )
            """
        );
    }

    private static bool IsSilent(Exception e) =>
        e is not PostgresException && (e is TimeoutException || e.InnerException is TimeoutException);

    private static IOException Silent(NpgsqlConnectionStringBuilder options, Exception e)
    {
        var server = options.Host?.Contains(',', StringComparison.Ordinal) == true ? options.Host : $"{options.Host}:{options.Port}";
        return new IOException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{server} did not answer within {options.Timeout} s (the connection string's Timeout)"
            ),
            e
        );
    }

    // Npgsql names neither the file nor what it misses in it.
    private static void CheckRootCertificate(string path)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(path);
            if (found.Count == 0)
            {
                X509CertificateLoader.LoadCertificateFromFile(path).Dispose();
            }
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{path}: expected a PEM file; found no certificate in it", e);
        }
    }

    private static string WithClientsLimits(NpgsqlConnectionStringBuilder options)
    {
        if (options.RootCertificate is { Length: > 0 } root)
        {
            CheckRootCertificate(root);
        }

        var own = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            CommandTimeout =
                options.CommandTimeout == 0 ? 0 : (int)Math.Min(int.MaxValue / 1000, options.CommandTimeout + (long)GraceSeconds),
            TcpKeepAlive = true,
            Pooling = false, // a few connections at most; a pool would keep a dead replica's
        };
        if (!options.ContainsKey("Read Buffer Size"))
        {
            own.ReadBufferSize = BufferBytes;
        }

        return own.ConnectionString;
    }
}
