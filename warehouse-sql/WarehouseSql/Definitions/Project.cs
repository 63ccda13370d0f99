using System.Security.Cryptography;
using System.Text;

namespace WarehouseSql.Definitions;

/// <summary>A project's views.</summary>
/// <param name="InOrder">Each after those that it reads.</param>
/// <param name="Checksum">Another one after each change of a view, or of a function that they call: rows that were kept before say something else.</param>
public sealed record ViewSet(IReadOnlyList<ViewDefinition> InOrder, string Checksum);

/// <summary>
/// The project's files, which say what is loaded, kept, asked and sent. Facts and views are here; who adds a kind of file adds a method
/// beside its definition (extracts, reports, digests, watches).
/// </summary>
/// <remarks>Nothing is remembered: each method reads its files as they are at that moment.</remarks>
/// <param name="Root">The folder that holds <c>warehouse-sql/facts</c>.</param>
public sealed record Project(string Root)
{
    // Not in a static constructor: whatever fails there comes out as a TypeInitializationException, without its message.
    private static readonly Lazy<Project> Found = new(() =>
        Find(Environment.GetEnvironmentVariable("WAREHOUSE_ROOT"), Environment.CurrentDirectory, AppContext.BaseDirectory)
    );

    /// <summary>
    /// The program's own: in <c>WAREHOUSE_ROOT</c> where set, else in the nearest folder above the working directory, else above the
    /// program.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">None of them is a project's folder.</exception>
    public static Project Here => Found.Value;

    /// <summary>A path below <see cref="Root"/>.</summary>
    public string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary><paramref name="path"/> relative to the root of <see cref="Here"/> where it lies below it; else as it is.</summary>
    public static string Relative(string path)
    {
        var relative = Path.GetRelativePath(Here.Root, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>All facts by name.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file.</exception>
    public IReadOnlyDictionary<string, FactDefinition> Facts() => FactDefinition.ReadAll(FactsFolder);

    /// <summary>The names of all facts, which are their files'.</summary>
    public IReadOnlySet<string> FactNames() => FactDefinition.Names(FactsFolder);

    /// <summary>All views, each after those that it reads.</summary>
    /// <exception cref="DefinitionException">A view is faulty, or views read each other in a circle.</exception>
    public IReadOnlyList<ViewDefinition> Views() => Definitions.Views.InOrder(PathOf("warehouse-sql", "views"));

    /// <summary>All views, and a checksum of what they say of facts.</summary>
    /// <exception cref="DefinitionException">As for <see cref="Views"/>.</exception>
    public ViewSet ViewSet()
    {
        var views = Views();
        IEnumerable<string> functions = ((string[])["clickhouse.sql", "facts.sql"])
            .Select(f => PathOf("warehouse-sql", "functions", f))
            .Where(File.Exists)
            .Select(File.ReadAllText);
        // Of all views: a kept one may read others.
        var said = views.Select(v => $"{v.Sql}\n{v.PartitionOf} {string.Join(' ', v.Group)}").Concat(functions);
        return new ViewSet(views, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', said)))));
    }

    private string FactsFolder => PathOf("warehouse-sql", "facts");

    /// <summary>The first project at or above one of <paramref name="starts"/>.</summary>
    internal static Project Find(params string?[] starts)
    {
        foreach (var start in starts.Where(s => !string.IsNullOrEmpty(s)))
        {
            for (var folder = new DirectoryInfo(start!); folder is not null; folder = folder.Parent)
            {
                if (Directory.Exists(Path.Combine(folder.FullName, "warehouse-sql", "facts")))
                {
                    return new(folder.FullName);
                }
            }
        }

        throw new DirectoryNotFoundException(
            "no folder warehouse-sql/facts here or above: run in the project's folder, or set WAREHOUSE_ROOT to it"
        );
    }
}
