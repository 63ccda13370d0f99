using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class ProjectTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Find_BelowAProject_IsItsRoot()
    {
        folder.Write("warehouse-sql/facts/a.sql", "");
        var below = Path.GetDirectoryName(folder.Write("reports/definitions/x.sql", ""));

        Assert.Equal(folder.Path, Project.Find(null, "", below).Root);
    }

    [Fact]
    public void Find_SeveralStarts_TheFirstThatIsInAProjectCounts()
    {
        folder.Write("one/warehouse-sql/facts/a.sql", "");
        folder.Write("two/warehouse-sql/facts/a.sql", "");
        string In(string name) => Path.Combine(folder.Path, name);

        Assert.Equal(In("two"), Project.Find(In("none"), In("two"), In("one")).Root);
    }

    [Fact]
    public void Find_NoProject_SaysWhatToDo() =>
        Assert.Equal(
            "no folder warehouse-sql/facts here or above: run in the project's folder, or set WAREHOUSE_ROOT to it",
            Assert.Throws<DirectoryNotFoundException>(() => Project.Find(folder.Path)).Message
        );

    [Fact]
    public void Relative_PathBelowTheRoot_IsShort() =>
        Assert.Equal("etl/extracts", Project.Relative(Project.Here.PathOf("etl", "extracts")));

    [Fact]
    public void Relative_PathElsewhere_IsAsItWas() => Assert.Equal("/etc/x", Project.Relative("/etc/x"));

    [Fact]
    public void DefinitionExceptionOf_NoFaultOneOrMany_IsNoneItselfOrAllInOne()
    {
        DefinitionException first = new("/a", 0, "x"),
            second = new("/b", 2, "y");

        Assert.Null(DefinitionException.Of([]));
        Assert.Same(first, DefinitionException.Of([first]));
        Assert.Equal($"/a: x{Environment.NewLine}/b:2: y", DefinitionException.Of([first, second])?.Message);
    }
}
