using System.Globalization;
using System.Runtime.InteropServices;

namespace Engines;

/// <summary>The few calls of the C library that .NET has no word for.</summary>
internal static partial class Native
{
    internal const int Interrupt = 2;
    internal const int Quit = 3;
    internal const int Kill = 9;
    internal const int Terminate = 15;

    private const short HangUp = 0x10;
    private const int RemoveSegment = 0;

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal static bool IsRoot => GetEffectiveUser() == 0;

    /// <summary>The number of the account that this process runs as.</summary>
    internal static string User => GetEffectiveUser().ToString(CultureInfo.InvariantCulture);

    /// <summary>Sends a signal; a process that has ended already is no error.</summary>
    internal static void Signal(int process, int signal) => _ = SendSignal(process, signal);

    /// <exception cref="EngineException">The system refused.</exception>
    internal static void GiveTo(string path, int user, int group)
    {
        if (ChangeOwner(path, user, group) != 0)
        {
            throw new EngineException($"Can't give {path} to the account {user}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    internal static bool Exists(int process) => SendSignal(process, 0) == 0;

    /// <summary>Lets nobody but the owner into a folder.</summary>
    internal static void MakePrivate(string folder) => SetMode(folder, Owner);

    /// <summary>Lets nobody but the owner read a file.</summary>
    internal static void MakePrivateFile(string path) => SetMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    /// <summary>Lets every account pass through a folder, without listing it.</summary>
    internal static void MakePassable(string folder) => SetMode(folder, Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    /// <summary>The path of an existing file or folder with every link in it followed, as /proc shows it.</summary>
    internal static string RealPath(string path)
    {
        var real = ResolvePath(path, 0);
        if (real == 0)
        {
            throw new EngineException($"Can't find {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var text = Marshal.PtrToStringUTF8(real)!;
        Free(real);
        return text;
    }

    /// <summary>Waits until nobody can write any more to the pipe behind a descriptor, without reading from it.</summary>
    internal static void WaitForHangUp(int descriptor)
    {
        // An empty set of events: a hang-up is reported all the same, and data for the other reader doesn't wake us.
        var poll = new PollDescriptor { Descriptor = descriptor };
        while (PollOne(ref poll, 1, -1) < 0 || (poll.Returned & HangUp) == 0)
        {
            poll.Returned = 0;
        }
    }

    /// <summary>Ends this process at once: no finalizer, no handler, no flush.</summary>
    internal static void ExitNow(int code) => Exit(code);

    /// <summary>Removes a System V shared memory segment; one that is gone is no error.</summary>
    internal static void RemoveSharedMemory(int segment) => _ = ControlSegment(segment, RemoveSegment, 0);

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("The engines exist for Linux only.");
        }

        File.SetUnixFileMode(path, mode);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int user, int group);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ResolvePath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int PollOne(ref PollDescriptor descriptor, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "shmctl")]
    private static partial int ControlSegment(int segment, int command, nint buffer);
}
