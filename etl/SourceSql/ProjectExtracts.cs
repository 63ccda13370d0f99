using WarehouseSql.Definitions;

namespace SourceSql;

/// <summary>A project's extracts.</summary>
internal static class ProjectExtracts
{
    /// <summary>All extracts in the order of their names.</summary>
    /// <exception cref="DefinitionException">Lists every fault of every file, or of every fact's.</exception>
    public static IReadOnlyList<ExtractDefinition> Extracts(this Project project) =>
        ExtractDefinition.ReadAll(project.Facts(), Folder(project));

    /// <summary>The names of all extracts, which are their files'; none where only reports are kept.</summary>
    public static IReadOnlySet<string> ExtractNames(this Project project) =>
        Directory.Exists(Folder(project))
            ? Directory
                .EnumerateFiles(Folder(project), "*.sql", SearchOption.AllDirectories)
                .Select(f => Path.ChangeExtension(Path.GetRelativePath(Folder(project), f), null))
                .ToHashSet(StringComparer.Ordinal)
            : new HashSet<string>();

    private static string Folder(Project project) => project.PathOf("etl", "extracts");
}
