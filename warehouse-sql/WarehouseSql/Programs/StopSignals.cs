using System.Runtime.InteropServices;

namespace WarehouseSql.Programs;

/// <summary>SIGINT and SIGTERM as a token: the first asks for a clean stop, a second one ends the program.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;
    private long first;

    /// <summary>Listens from now on.</summary>
    public StopSignals() =>
        registrations = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(registrations, r => r.Dispose());
        source.Dispose();
    }

    // A terminal or a time-out may signal the whole group and then each process: twice at once is still one request.
    private void Stop(PosixSignalContext signal)
    {
        var now = TimeProvider.System.GetTimestamp();
        signal.Cancel = first == 0 || TimeProvider.System.GetElapsedTime(first, now) < TimeSpan.FromSeconds(1);
        first = first == 0 ? now : first;
        source.Cancel();
    }
}
