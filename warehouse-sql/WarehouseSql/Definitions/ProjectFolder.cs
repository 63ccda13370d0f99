namespace WarehouseSql.Definitions;

/// <summary>Where the project's SQL files are: the folder that holds <c>warehouse-sql/facts</c>.</summary>
public static class ProjectFolder
{
    // Not in a static constructor: whatever fails there comes out as a TypeInitializationException, without its message.
    private static readonly Lazy<string> Found = new(() =>
        Find(Environment.GetEnvironmentVariable("WAREHOUSE_ROOT"), Environment.CurrentDirectory, AppContext.BaseDirectory)
    );

    /// <summary>
    /// The root: <c>WAREHOUSE_ROOT</c> where set, else the nearest folder above the working directory, else above the program.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">None of them is a project's folder.</exception>
    public static string Root => Found.Value;

    /// <summary>A path below <see cref="Root"/>.</summary>
    public static string Combine(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary><paramref name="path"/> relative to <see cref="Root"/> where it lies below it; else as it is.</summary>
    public static string Relative(string path)
    {
        var relative = Path.GetRelativePath(Root, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>The first project's folder at or above one of <paramref name="starts"/>.</summary>
    internal static string Find(params string?[] starts)
    {
        foreach (var start in starts.Where(s => !string.IsNullOrEmpty(s)))
        {
            for (var folder = new DirectoryInfo(start!); folder is not null; folder = folder.Parent)
            {
                if (Directory.Exists(Path.Combine(folder.FullName, "warehouse-sql", "facts")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new DirectoryNotFoundException(
            "no folder warehouse-sql/facts here or above: run in the project's folder, or set WAREHOUSE_ROOT to it"
        );
    }
}
