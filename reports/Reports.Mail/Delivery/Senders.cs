using System.Diagnostics;
using System.Globalization;

namespace Reports.Mail.Delivery;

/// <summary>Who writes into the ledger: a process of a machine.</summary>
internal static class Senders
{
    /// <summary>This process.</summary>
    public static string Own { get; } = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{Environment.ProcessId}");

    /// <summary>Whether a sender was a process of this machine that is no more. Of another machine's nobody here knows.</summary>
    public static bool IsGone(string sender)
    {
        var at = sender.LastIndexOf(':');
        if (
            at < 0
            || sender[..at] != Environment.MachineName
            || !int.TryParse(sender.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        )
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }
}
