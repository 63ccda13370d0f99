using System.Globalization;

namespace WarehouseSql.Programs;

/// <summary>
/// Progress on stderr: one line that is rewritten on a terminal, a line every few seconds elsewhere. Safe for many threads.
/// </summary>
public sealed class ProgressLine : IDisposable
{
    private readonly Lock gate = new();
    private readonly bool terminal = !Console.IsErrorRedirected;
    private long last;

    /// <summary>Shows where things stand; calls that come too quickly are left out unless <paramref name="always"/>.</summary>
    public void Show(string text, bool always = false)
    {
        lock (gate)
        {
            var now = TimeProvider.System.GetTimestamp();
            var pause = TimeSpan.FromSeconds(terminal ? 0.1 : 5);
            if (last == 0)
            {
                last = terminal ? 1 : now;
            }

            if (!always && TimeProvider.System.GetElapsedTime(last, now) < pause)
            {
                return;
            }

            last = now;
            CleanText.Terminal.Write(terminal ? $"\r\x1b[K{CleanText.Line(text)}" : CleanText.Line(text) + Environment.NewLine);
        }
    }

    /// <summary>Wipes the line that stands on a terminal.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (terminal && last > 1)
            {
                CleanText.Terminal.Write("\r\x1b[K");
            }
        }
    }

    /// <summary>"12,345,678".</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of bytes as "1.2 GB".</summary>
    public static string Bytes(long value)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var unit = 0;
        var scaled = (double)value;
        while (Math.Round(scaled, 1) >= 1000 && unit < units.Length - 1)
        {
            scaled /= 1000;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{scaled:0.#} {units[unit]}");
    }
}
