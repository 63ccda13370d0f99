using System.Net;
using System.Net.Sockets;

namespace Engines;

/// <summary>
/// A TCP port on 127.0.0.1 that no other set takes for as long as this is held, also while its server is down.
/// A lock file keeps other sets away; binding once finds the ports of other programs.
/// </summary>
internal sealed class PortReservation : IDisposable
{
    // Below the range that Linux gives to outgoing connections, which would otherwise take a port while its server restarts.
    private const int First = 16000;
    private const int End = 32000;
    private readonly FileStream _lock;

    private PortReservation(int port, FileStream held)
    {
        Port = port;
        _lock = held;
    }

    internal int Port { get; }

    /// <exception cref="EngineException">No free port was found.</exception>
    internal static PortReservation Take()
    {
        // A folder for each account: one account can't open another's lock files. The bind below covers what that leaves open.
        var folder = Path.Combine(Path.GetTempPath(), $"engines-ports-{Environment.UserName}");
        Directory.CreateDirectory(folder);
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            if (TryLock(Path.Combine(folder, port.ToString(System.Globalization.CultureInfo.InvariantCulture))) is not { } held)
            {
                continue;
            }

            if (IsFree(port))
            {
                return new PortReservation(port, held);
            }

            held.Dispose();
        }

        throw new EngineException($"Found no free port on 127.0.0.1 between {First} and {End}: stop some servers");
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
