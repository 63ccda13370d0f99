namespace WarehouseSql.Programs;

/// <summary>Files that are their owner's only: mails, dumps, results that are kept, logs of who asked what.</summary>
public static class PrivateFiles
{
    private const UnixFileMode ReadAndWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder that nobody else may enter; one that is there keeps what it allows.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, ReadAndWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Opens a file that nobody else may read, if it makes it.</summary>
    public static FileStream Open(
        string path,
        FileMode mode,
        FileAccess access,
        FileOptions options = FileOptions.None,
        FileShare share = FileShare.Read,
        int bufferSize = 4096
    )
    {
        var how = new FileStreamOptions
        {
            Mode = mode,
            Access = access,
            Share = share,
            Options = options,
            BufferSize = bufferSize,
        };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = ReadAndWrite;
        }

        return new FileStream(path, how);
    }
}
