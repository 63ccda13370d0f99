using System.Text.RegularExpressions;

namespace WarehouseSql.Definitions;

/// <summary>The views of <c>warehouse-sql/views</c>.</summary>
public static class Views
{
    /// <summary>All views, each after those that it reads.</summary>
    /// <exception cref="DefinitionException">A view is faulty, or views read each other in a circle.</exception>
    public static IReadOnlyList<SqlFile> InOrder(string? folder = null)
    {
        folder ??= ProjectFolder.Combine("warehouse-sql", "views");
        var waiting = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.sql").Order(StringComparer.Ordinal).Select(SqlFile.Read).ToList()
            : [];
        var ordered = new List<SqlFile>();
        while (waiting.Count > 0)
        {
            var ready =
                waiting.Find(v => !waiting.Exists(other => other != v && Reads(v.Body, other.Name)))
                ?? throw new DefinitionException(
                    waiting[0].Path,
                    waiting[0].BodyLine,
                    $"views read each other in a circle: {string.Join(", ", waiting.Select(v => v.Name))}"
                );
            ordered.Add(ready);
            waiting.Remove(ready);
        }

        return ordered;
    }

    /// <summary>Whether <paramref name="sql"/> names the table or view <paramref name="name"/> as a word.</summary>
    public static bool Reads(string sql, string name) => Regex.IsMatch(sql, $@"\b{Regex.Escape(name)}\b");
}
