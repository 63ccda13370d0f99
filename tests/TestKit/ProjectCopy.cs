using WarehouseSql.Definitions;

namespace TestKit;

/// <summary>The project's SQL files in a folder of the test's own, to be changed there.</summary>
public sealed class ProjectCopy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warehouse-test-").FullName;

    /// <summary>Copies <c>warehouse-sql</c> and the extracts.</summary>
    public ProjectCopy()
    {
        foreach (
            var part in (string[])
                ["warehouse-sql/migrations", "warehouse-sql/facts", "warehouse-sql/functions", "warehouse-sql/views", "etl/extracts/fuel"]
        )
        {
            Directory.CreateDirectory(PathOf(part));
            foreach (var file in Directory.EnumerateFiles(Project.Here.PathOf(part), "*.sql"))
            {
                File.Copy(file, Path.Combine(PathOf(part), Path.GetFileName(file)));
            }
        }
    }

    /// <summary>Makes of a folder the project without its reports, but with these parts of it besides: for <c>WAREHOUSE_ROOT</c>.</summary>
    public static void Link(string root, params string[] parts)
    {
        foreach (var part in (string[])["warehouse-sql", "etl", "reports/templates", "reports/digests", "reports/dumps", .. parts])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, part))!);
            Directory.CreateSymbolicLink(Path.Combine(root, part), Project.Here.PathOf(part));
        }
    }

    /// <summary>The folder, for <c>WAREHOUSE_ROOT</c>.</summary>
    public string Root => _folder;

    /// <summary>The full path of a file of the copy.</summary>
    public string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>Writes a file anew.</summary>
    public void Write(string file, string text) => File.WriteAllText(PathOf(file), text);

    /// <summary>Replaces a text that has to be there.</summary>
    public ProjectCopy Change(string file, string from, string to)
    {
        var text = File.ReadAllText(PathOf(file));
        if (!text.Contains(from, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{file} doesn't contain '{from}' any more; mend the test");
        }

        Write(file, text.Replace(from, to, StringComparison.Ordinal));
        return this;
    }

    /// <summary>Whether the SQL files of these folders are still the project's own.</summary>
    public bool IsLike(params string[] folders) =>
        folders.All(folder => Texts(PathOf(folder)).SequenceEqual(Texts(Project.Here.PathOf(folder))));

    private static IEnumerable<(string, string)> Texts(string folder) =>
        Directory.GetFiles(folder, "*.sql").Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllText(f)));

    /// <summary>The text of a file from one word up to another.</summary>
    public string Block(string file, string from, string to)
    {
        var text = File.ReadAllText(PathOf(file));
        var start = text.IndexOf(from, StringComparison.Ordinal);
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
