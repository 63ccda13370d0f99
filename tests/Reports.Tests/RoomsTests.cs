using System.Text.RegularExpressions;
using WarehouseSql.Definitions;
using Xunit;

namespace Reports.Tests;

/// <summary>
/// The rooms of the house: which namespace may know which. Each line knows what stands above it, as far as it needs to, and nothing below.
/// </summary>
public sealed partial class RoomsTests
{
    // From what knows nothing to what knows all.
    private static readonly string[][] Layers =
    [
        ["WarehouseSql.Programs"],
        ["Monitoring"],
        ["WarehouseSql.Definitions"],
        ["WarehouseSql.Native"],
        ["WarehouseSql.ClickHouse"],
        ["WarehouseSql.Runs"],
        ["WarehouseSql.Migrations", "WarehouseSql.Schema"],
        ["SourceSql"],
        ["Etl.Source"],
        ["Etl.Loading"],
        ["Etl.Backups"],
        ["Etl.Scheduling"],
        ["Etl"],
        ["Reports"],
        ["Reports.Definitions"],
        ["Reports.Running"],
        ["Reports.Values"],
        ["Reports.Charts"],
        ["Reports.Rendering"],
        ["Reports.Catalogs", "Reports.Dumps"],
        ["Reports.Mail"],
        ["Reports.Mail.Delivery"],
        ["Reports.Mail.Watching"],
        ["Reports.Cli.Hosting"],
        ["Reports.Cli.Scheduling", "Reports.Web"],
        ["Reports.Cli.Commands"],
    ];

    // The one type that everything of the reports may throw stands in the root; what starts the program does, too.
    private static readonly string[] Roots = ["Program.cs"];

    [Fact]
    public void Namespaces_Each_KnowOnlyThoseAboveThem()
    {
        var layer = Layers.SelectMany((names, i) => names.Select(n => (n, i))).ToDictionary(l => l.n, l => l.i);
        var arrows = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in SourceFiles("etl", "warehouse-sql", "reports"))
        {
            var text = File.ReadAllText(file);
            if (Roots.Contains(Path.GetFileName(file)) || Own().Match(text) is not { Success: true } own)
            {
                continue;
            }

            var room = own.Groups[1].Value;
            Assert.True(layer.ContainsKey(room), $"{Project.Relative(file)}: the namespace {room} stands in no layer");
            Assert.True(
                room.EndsWith(Path.GetFileName(Path.GetDirectoryName(file))!, StringComparison.Ordinal),
                $"{Project.Relative(file)} is in another folder than its namespace {room} says"
            );
            foreach (
                var known in Used()
                    .Matches(text)
                    .Select(m => m.Groups[1].Value)
                    .Where(k => layer.ContainsKey(k) && k != room && layer[k] >= layer[room])
            )
            {
                arrows.Add($"{room} knows {known} ({Project.Relative(file)})");
            }
        }

        Assert.Empty(arrows);
    }

    [Fact]
    public void Lines_OfCode_EndAt140Columns()
    {
        // A text that people read, or a statement, is not cut into pieces: it is found by a search as it is shown.
        var longer = SourceFiles("etl", "warehouse-sql", "reports")
            .SelectMany(f => File.ReadLines(f).Select((line, i) => (File: f, Number: i + 1, Line: line)))
            .Where(l => l.Line.Length > 140 && !l.Line.Contains('"', StringComparison.Ordinal))
            .Select(l => $"{Project.Relative(l.File)}:{l.Number}");

        Assert.Empty(longer);
    }

    private static IEnumerable<string> SourceFiles(params string[] folders) =>
        folders
            .SelectMany(d => Directory.EnumerateFiles(Project.Here.PathOf(d), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal));

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Own();

    [GeneratedRegex(@"^using ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Used();
}
