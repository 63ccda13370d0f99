using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class ViewsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void InOrder_ViewsThatReadLaterOnes_ComeAfterThem()
    {
        View("a", "SELECT * FROM c JOIN b");
        View("b", "SELECT * FROM fact");
        View("c", "SELECT * FROM b");

        Assert.Equal(["b", "c", "a"], Views.InOrder(folder.Path).Select(v => v.Name));
    }

    [Fact]
    public void InOrder_Independent_IsByName()
    {
        View("z", "SELECT 1");
        View("a", "SELECT 1");

        Assert.Equal(["a", "z"], Views.InOrder(folder.Path).Select(v => v.Name));
    }

    // A table that is called like a view with something added is another table.
    [Fact]
    public void InOrder_NameInsideALongerName_IsNoDependency()
    {
        View("action", "SELECT * FROM action_counted");
        View("counted", "SELECT * FROM action");

        Assert.Equal(["action", "counted"], Views.InOrder(folder.Path).Select(v => v.Name));
    }

    [Fact]
    public void InOrder_Circle_NamesItsViews()
    {
        View("good", "SELECT 1");
        View("one", "SELECT * FROM two");
        View("two", "SELECT * FROM three");
        View("three", "SELECT * FROM one");

        var e = Assert.Throws<DefinitionException>(() => Views.InOrder(folder.Path));

        Assert.EndsWith("one.sql:4: views read each other in a circle: one, three, two", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InOrder_NoFolder_IsEmpty() => Assert.Empty(Views.InOrder(Path.Combine(folder.Path, "none")));

    [Fact]
    public void InOrder_AnyGraphWithoutCircles_PutsEachViewAfterThoseItReads() =>
        RandomCases.Check(
            10,
            random =>
            {
                using var views = new TempFolder();
                var names = Enumerable.Range(0, random.Next(1, 8)).Select(i => $"v{i}").ToArray();
                random.Shuffle(names);
                // A view reads only views before it in the shuffled row, so that there is no circle.
                var reads = names
                    .Select((name, i) => (name, Reads: names[..i].Where(_ => random.Next(2) == 0).ToList()))
                    .ToDictionary(p => p.name, p => p.Reads);
                foreach (var (name, from) in reads)
                {
                    views.Write(
                        $"{name}.sql",
                        $"/*---\nabout: x\n---*/\nSELECT 1 {string.Concat(from.Select(f => $" UNION ALL SELECT * FROM {f}"))}"
                    );
                }

                var ordered = Views.InOrder(views.Path).Select(v => v.Name).ToList();

                Assert.Equal(names.Order(StringComparer.Ordinal), ordered.Order(StringComparer.Ordinal));
                Assert.All(reads, r => Assert.All(r.Value, f => Assert.True(ordered.IndexOf(f) < ordered.IndexOf(r.Key))));
            }
        );

    [Fact]
    public void InOrder_OfTheProject_HasNoCircle() => Assert.NotEmpty(Project.Here.Views());

    [Theory]
    [InlineData("outlives: thing.day", "SELECT day, count() AS n FROM thing GROUP BY day", true)]
    [InlineData("outlives: thing.at", "SELECT day, count() AS n FROM thing GROUP BY day", false)]
    [InlineData("outlives: thing", "SELECT day, count() AS n FROM thing GROUP BY day", false)]
    [InlineData("outlives: other.day", "SELECT day, count() AS n FROM thing GROUP BY day", false)]
    [InlineData("outlives: thing.day", "SELECT t.day, count() AS n FROM thing AS t JOIN other AS o ON o.id = t.id GROUP BY t.day", false)]
    [InlineData("outlives: thing.day\nkept: true", "SELECT day, count() AS n FROM thing GROUP BY day", false)]
    public void Faults_OfAViewThatOutlives_AreSaid(string header, string sql, bool isFine)
    {
        folder.Write("summed.sql", $"/*---\nabout: x\n{header}\n---*/\n{sql}\n");
        var faults = Views.Faults(
            Views.InOrder(folder.Path),
            [
                ["thing", "other"],
            ],
            new Dictionary<string, IReadOnlyList<string>>(),
            new Dictionary<string, string> { ["thing"] = "day", ["other"] = "day" }
        );

        Assert.Equal(isFine, !faults.Any());
        Assert.All(
            faults,
            f =>
                Assert.Contains(
                    "summed.sql:5: `outlives:` is fact.column".Replace(
                        ":5",
                        header.Contains("kept") ? ":6" : ":5",
                        StringComparison.Ordinal
                    ),
                    f.Message,
                    StringComparison.Ordinal
                )
        );
    }

    private void View(string name, string sql) => folder.Write(name + ".sql", $"/*---\nabout: x\n---*/\n{sql}\n");
}
