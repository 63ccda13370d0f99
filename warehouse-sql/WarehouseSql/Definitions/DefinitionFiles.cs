namespace WarehouseSql.Definitions;

/// <summary>Reading all files of a kind, so that a person learns of every fault at once.</summary>
public static class DefinitionFiles
{
    /// <summary>What <paramref name="read"/> makes of each file, in their order.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public static List<T> ReadAll<T>(IEnumerable<string> paths, Func<string, T> read)
    {
        var faults = new List<DefinitionException>();
        var all = ReadAll(paths, read, faults);
        return DefinitionException.Of(faults) is { } fault ? throw fault : all;
    }

    /// <summary>
    /// As the other, for who has more to check: adds the faults to <paramref name="faults"/>, and leaves faulty files out.
    /// </summary>
    public static List<T> ReadAll<T>(IEnumerable<string> paths, Func<string, T> read, ICollection<DefinitionException> faults)
    {
        var all = new List<T>();
        foreach (var path in paths)
        {
            try
            {
                all.Add(read(path));
            }
            catch (DefinitionException e)
            {
                faults.Add(e);
            }
        }

        return all;
    }
}
