using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Etl.Postgres;

/// <summary>A connected socket, and the name of the host that it leads to.</summary>
internal sealed record ServerSocket(Socket Socket, EndPoint Address, string Host)
{
    // The server's own limit counts from the same moment, and its word says more than a line that went silent.
    private const int GraceSeconds = 15;

    /// <summary>Connects to the first of the hosts that answers.</summary>
    /// <exception cref="IOException">None does.</exception>
    public static ServerSocket Connect(NpgsqlConnectionStringBuilder options)
    {
        Exception? failure = null;
        foreach (var host in options.Host!.Split(','))
        {
            var (name, addresses) = Addresses(host, options.Port);
            foreach (var address in addresses)
            {
                try
                {
                    return new ServerSocket(Connect(address, options), address, name);
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    failure = e;
                }
            }
        }

        throw new IOException(failure?.Message ?? "the connection string names no host", failure);
    }

    /// <summary>Waits for the server's words no longer than for a connection, while the session begins.</summary>
    public void ExpectGreeting(NpgsqlConnectionStringBuilder options) => Socket.ReceiveTimeout = Milliseconds(options.Timeout);

    /// <summary>Waits as long as statements may take: a server that is gone without a word must not hold a load for ever.</summary>
    public void ExpectAnswers(NpgsqlConnectionStringBuilder options) =>
        Socket.ReceiveTimeout = options.CommandTimeout == 0 ? 0 : Milliseconds(options.CommandTimeout + (long)GraceSeconds);

    /// <summary>Seconds as PostgreSQL's and the socket's milliseconds; 0, no limit, stays so.</summary>
    public static int Milliseconds(long seconds) => (int)Math.Min(int.MaxValue, seconds * 1000);

    /// <summary>What is said of a server that doesn't.</summary>
    public static IOException Silent(string server, int seconds) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{server} did not answer within {seconds} s (the connection string's Timeout)"));

    private static Socket Connect(EndPoint address, NpgsqlConnectionStringBuilder options)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        using var patience = new CancellationTokenSource(options.Timeout == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(options.Timeout));
        try
        {
            if (address is IPEndPoint)
            {
                socket.NoDelay = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }

            // A blocking connect has no limit of its own; closing the socket ends it.
            using (patience.Token.Register(socket.Dispose))
            {
                socket.Connect(address);
            }

            patience.Token.ThrowIfCancellationRequested();
            return socket;
        }
        catch (Exception e) when (patience.IsCancellationRequested && e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();
            throw Silent(address.ToString()!, options.Timeout);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static (string Name, IEnumerable<EndPoint> Addresses) Addresses(string host, int port)
    {
        if (host.StartsWith('/'))
        {
            return (host, [new UnixDomainSocketEndPoint($"{host}/.s.PGSQL.{port}")]);
        }

        var (name, given) = host.Split(':') is [var before, var after] && int.TryParse(after, out var own) ? (before, own) : (host, port);
        try
        {
            return (name, [.. Dns.GetHostAddresses(name).Select(a => new IPEndPoint(a, given))]);
        }
        catch (SocketException e)
        {
            throw new IOException($"{name}: {e.Message}", e);
        }
    }
}
