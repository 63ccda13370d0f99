using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Reports.Tests;

/// <summary>As much of an SMTP server as one mail needs; it keeps every byte that it was sent.</summary>
/// <param name="extensions">What it says it has.</param>
/// <param name="answer">What it says to a command, or to a message's end as "."; null: yes.</param>
internal sealed class RawSmtpServer(string[] extensions, Func<string, string?>? answer = null) : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly StringBuilder data = new();
    private readonly List<string> commands = [];
    private Task serving = Task.CompletedTask;

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>The commands so far, one a line.</summary>
    public string Commands
    {
        get
        {
            lock (data)
            {
                return string.Join('\n', commands);
            }
        }
    }

    /// <summary>What came after DATA so far.</summary>
    public string Data
    {
        get
        {
            lock (data)
            {
                return data.ToString();
            }
        }
    }

    /// <summary>Begins to listen, for one client.</summary>
    public RawSmtpServer Start()
    {
        listener.Start();
        serving = Task.Run(ServeAsync);
        return this;
    }

    /// <summary>Waits until the client has gone; what it sent is all there then.</summary>
    public Task EndAsync() => serving.WaitAsync(TimeSpan.FromSeconds(20));

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync()
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var line = client.GetStream();
        var (buffer, pending, isData) = (new byte[4096], "", false);
        await SayAsync("220 raw");
        try
        {
            for (int read; (read = await line.ReadAsync(buffer)) > 0; )
            {
                var text = Encoding.Latin1.GetString(buffer, 0, read);
                pending += isData ? "" : text;
                if (isData)
                {
                    isData = await TakeAsync(text);
                }

                while (!isData && pending.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0)
                {
                    var command = pending[..end].TrimEnd('\r');
                    pending = pending[(end + 1)..];
                    isData = await DoAsync(command);
                }
            }
        }
        catch (IOException)
        {
            // The client has dropped the line.
        }

        async Task<bool> TakeAsync(string text)
        {
            bool isEnd;
            lock (data)
            {
                data.Append(text);
                isEnd = data.ToString(Math.Max(0, data.Length - 5), Math.Min(5, data.Length)) == "\r\n.\r\n";
            }

            if (isEnd)
            {
                await SayAsync(answer?.Invoke(".") ?? "250 taken");
            }

            return !isEnd;
        }

        async Task<bool> DoAsync(string command)
        {
            lock (data)
            {
                commands.Add(command);
            }

            var verb = command.Split(' ')[0];
            var own = answer?.Invoke(command);
            await SayAsync(
                own
                    ?? verb switch
                    {
                        "EHLO" => string.Concat(extensions.Select(e => $"250-{e}\r\n")) + "250 raw",
                        "DATA" => "354 go on",
                        "QUIT" => "221 bye",
                        _ => "250 yes",
                    }
            );
            return verb == "DATA" && own is null;
        }

        Task SayAsync(string text) =>
            text.Length == 0 ? Task.CompletedTask : line.WriteAsync(Encoding.UTF8.GetBytes(text + "\r\n")).AsTask();
    }
}
