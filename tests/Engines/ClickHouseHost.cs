using System.Runtime.InteropServices;

namespace Engines;

/// <summary>
/// The program `engines clickhouse LIBRARY CONFIG DATA`: a ClickHouse server in this process, out of the shared library.
/// It serves until its standard input ends.
/// </summary>
internal static class ClickHouseHost
{
    // The query that keeps the server going: it reads standard input, which nobody writes to.
    private const string Serve =
        "SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT count() FROM file('/dev/stdin', 'LineAsString', 'line String') FORMAT Null";

    // The configuration's level is not listened to when the server runs in this way.
    private const string LogLevel = "information";

    // Left alone it would wait 5 s for every connection that a client merely keeps open.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    internal static unsafe int Run(string library, string config, string data)
    {
        new Thread(EndWithInput) { IsBackground = true }.Start();
        var loaded = NativeLibrary.Load(library);
        var run = (delegate* unmanaged[Cdecl]<int, byte**, void*>)NativeLibrary.GetExport(loaded, "chdb_query_cmdline");
        var error = (delegate* unmanaged[Cdecl]<void*, byte*>)NativeLibrary.GetExport(loaded, "chdb_result_error");
        string[] arguments = ["clickhouse", $"--config-file={config}", $"--path={data}", $"--log-level={LogLevel}", "--query", Serve];
        var native = (byte**)NativeMemory.AllocZeroed((nuint)arguments.Length + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < arguments.Length; i++)
        {
            native[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        var result = run(arguments.Length, native);
        var fault = result is null ? "no result" : Marshal.PtrToStringUTF8((nint)error(result));
        if (fault is not null)
        {
            Console.Error.WriteLine(fault);
        }

        // The library's own threads and destructors are of no interest any more: the server has stopped.
        Native.ExitNow(fault is null ? 0 : 1);
        return 1;
    }

    /// <summary>Neither a long query nor an idle connection may keep the server alive after its parent.</summary>
    private static void EndWithInput()
    {
        Native.WaitForHangUp(0);
        Thread.Sleep(Grace);
        Native.ExitNow(1);
    }
}
