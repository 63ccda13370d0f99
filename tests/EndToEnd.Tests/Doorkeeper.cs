using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EndToEnd.Tests;

/// <summary>
/// Stands before a PostgreSQL server: turns the first callers away as a server does that is starting, and lets the others through.
/// </summary>
internal sealed class Doorkeeper : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _server;
    private readonly Task _running;
    private int _toTurnAway;

    public Doorkeeper(int server, int turnsAway)
    {
        _server = server;
        _toTurnAway = turnsAway;
        _listener.Start();
        _running = RunAsync();
    }

    /// <summary>Where it stands.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many it has still to turn away.</summary>
    public int ToTurnAway => _toTurnAway;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        List<Task> guests = [];
        try
        {
            while (true)
            {
                guests.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(guests);
        }
    }

    private async Task ServeAsync(TcpClient guest)
    {
        using (guest)
        using (var server = new TcpClient())
        {
            try
            {
                if (_toTurnAway > 0)
                {
                    _toTurnAway--;
                    await TurnAwayAsync(guest.GetStream());
                    return;
                }

                await server.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);
                await Task.WhenAny(
                    guest.GetStream().CopyToAsync(server.GetStream(), _stop.Token),
                    server.GetStream().CopyToAsync(guest.GetStream(), _stop.Token)
                );
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException) { }
        }
    }

    private async Task TurnAwayAsync(NetworkStream guest)
    {
        await guest.ReadAtLeastAsync(new byte[8], 8, throwOnEndOfStream: false, _stop.Token);
        var body = Encoding.UTF8.GetBytes("SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0");
        await guest.WriteAsync((byte[])[(byte)'E', 0, 0, 0, (byte)(body.Length + 4), .. body], _stop.Token);
    }
}
