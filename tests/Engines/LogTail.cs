namespace Engines;

/// <summary>The end of a server's log, for an error message.</summary>
internal static class LogTail
{
    private const int Lines = 12;
    private const int Bytes = 16 * 1024;

    /// <summary>The last lines, each on a new line and indented; says so when there are none.</summary>
    internal static string Of(string path)
    {
        var lines = Read(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(Lines).ToArray();
        return lines.Length == 0 ? " (nothing)" : string.Concat(lines.Select(line => $"{Environment.NewLine}  {line}"));
    }

    private static string Read(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(file.Length, Bytes), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
