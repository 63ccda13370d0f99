using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WarehouseSql.Definitions;

namespace WarehouseSql.Migrations;

/// <summary>A file <c>warehouse-sql/migrations/NNNN_&lt;what&gt;.sql</c>.</summary>
internal sealed record MigrationFile(int Number, string Name, string Path, string Text)
{
    /// <summary>SHA-256 of the text with Unix line ends, so that a checkout's line ends don't count as a change.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n"))));

    /// <summary>Where a project keeps them.</summary>
    public static string FolderIn(Project project) => project.PathOf("warehouse-sql", "migrations");

    /// <summary>All of a folder's in order.</summary>
    /// <exception cref="DefinitionException">A name isn't of the form, or a number is taken twice.</exception>
    public static IReadOnlyList<MigrationFile> ReadAll(string folder)
    {
        var files = new List<MigrationFile>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.sql").Order(StringComparer.Ordinal))
        {
            var name = System.IO.Path.GetFileNameWithoutExtension(path);
            if (
                name.Length < 6
                || name[4] != '_'
                || !int.TryParse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            )
            {
                throw new DefinitionException(path, 0, "expected a name such as 0007_add_nodes.sql: four digits, '_', what it does");
            }

            if (files.Find(f => f.Number == number) is { } other)
            {
                throw new DefinitionException(
                    path,
                    0,
                    $"the number {number:0000} is also that of {System.IO.Path.GetFileName(other.Path)}; take the next free one"
                );
            }

            files.Add(new MigrationFile(number, name, path, File.ReadAllText(path)));
        }

        return files;
    }
}
