using WarehouseSql.Definitions;
using WarehouseSql.Programs;
using Xunit;

namespace Etl.Tests;

public sealed class ExtractDefinitionTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_WholeFile_TakesEverythingOver()
    {
        var extract = Samples.Read(
            ("mode: append", "mode: snapshot"),
            ("facts: [thing]", "facts: [thing]\noverlap: 5000\nunreadable: if(site = '', 'no site', '')")
        );

        Assert.Equal(("shop/things", "Things", "Shop", ExtractMode.Snapshot), (extract.Name, extract.About, extract.Source, extract.Mode));
        Assert.Equal(["site", "id"], extract.Key);
        Assert.Equal(("id", "made_at", "site", "5000"), (extract.Cursor, extract.EventTime, extract.ShardBy, extract.Overlap));
        Assert.Equal(("0 0/15 * * * ?", "if(site = '', 'no site', '')"), (extract.Schedule, extract.Unreadable));
        Assert.Equal(["thing"], extract.Facts);
        Assert.Equal("SELECT id, site, made_at FROM things", extract.Select);
    }

    [Fact]
    public void Read_OnlyWhatIsNeeded_HasDefaults()
    {
        var extract = Samples.Read(("mode: append\n", ""), ("shard_by: site\n", ""));

        Assert.Equal((ExtractMode.Append, null, null, "''"), (extract.Mode, extract.ShardBy, extract.Overlap, extract.Unreadable));
    }

    [Fact]
    public void Read_ManyFaults_ListsAllWithTheirLines()
    {
        var path = folder.Write(
            "shop/things.sql",
            """
            /*---
            mode: append
            key: []
            schedule: every day
            facts: [thing, gone, lost]
            ---*/
            SELECT 1
            """
        );

        Assert.Equal(
            [
                $"{path}:1: expected `about:`; found nothing",
                $"{path}:1: expected `source:`; found nothing",
                $"{path}:1: expected `cursor:`; found nothing",
                $"{path}:1: expected `event_time:`; found nothing",
                $"{path}:3: expected `key: [column, …]`; found none",
                $"{path}:4: expected a Quartz cron expression such as '0 0 7 ? * MON' (second minute hour day month weekday); found 'every day': ",
                $"{path}:5: there is no warehouse-sql/facts/gone.sql",
                $"{path}:5: there is no warehouse-sql/facts/lost.sql",
            ],
            Faults(path)
                .Select(f => f.Contains("cron", StringComparison.Ordinal) ? f[..(f.IndexOf("day'", StringComparison.Ordinal) + 6)] : f)
        );
    }

    [Theory]
    [InlineData("facts: [thing]", "facts: []", "10: expected `facts: [fact, …]`; found none")]
    [InlineData("facts: [thing]", "facts: [thing, thing]", "10: the fact thing is named twice")]
    [InlineData("schedule: 0 0/15 * * * ?\n", "", "1: expected `schedule:`; found nothing")]
    [InlineData("cursor: id", "cursor:", "6: expected a value after the key; found nothing")]
    [InlineData(
        "mode: append",
        "mode: both",
        "4: 'both' is not among the values that this key takes; mode is one of append, snapshot, full; deleted is one of follow, keep"
    )]
    [InlineData(
        "about: Things",
        "abuot: Things",
        "2: unknown key 'abuot'; known keys: about, source, mode, deleted, key, cursor, overlap, unfinished, event_time, shard_by, deletes, schedule, facts, parse, unreadable"
    )]
    [InlineData("SELECT id, site, made_at FROM things", "", "11: expected SQL after the header; found nothing")]
    public void Read_OneFault_SaysIt(string good, string bad, string message)
    {
        var path = folder.Write("shop/things.sql", Samples.Changed((good, bad)));

        Assert.Equal($"{path}:{message}", Assert.Single(Faults(path)));
    }

    [Theory]
    [InlineData("0/15 * * * *")]
    [InlineData("0 0 25 * * ?")]
    [InlineData("0 61 * * * ?")]
    [InlineData("0 0 0 L-99 * ?")]
    [InlineData("0 0 0 ? * 9#9")]
    [InlineData("0 0 0 ? * MOO")]
    [InlineData("0 0 0 1 FOO ?")]
    [InlineData("'- - - - - ?'")]
    [InlineData("'@hourlyish'")]
    [InlineData("'*'")]
    public void Read_BadSchedule_SaysWhy(string schedule)
    {
        var path = folder.Write("shop/things.sql", Samples.Changed(("0 0/15 * * * ?", schedule)));

        Assert.StartsWith(
            $"{path}:9: expected a Quartz cron expression such as '0 0 7 ? * MON' (second minute hour day month weekday); found '{schedule.Trim('\'')}': ",
            Assert.Single(Faults(path)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_AnyScheduleOfCronCharacters_IsTakenOrExplained() =>
        RandomCases.Check(
            60,
            random =>
            {
                var schedule = string.Join(
                    ' ',
                    Enumerable
                        .Range(0, random.Next(5, 8))
                        .Select(_ => new string(random.GetItems("0123459*?/-,LW#CMONJAN".AsSpan(), random.Next(1, 5))))
                );
                var path = folder.Write("shop/things.sql", Samples.Changed(("0 0/15 * * * ?", $"'{schedule}'")));

                var fault = Record.Exception(() => ExtractDefinition.Read(path, Samples.Facts("thing")));

                Assert.True(fault is null or DefinitionException, $"'{schedule}': {fault}");
            }
        );

    [Fact]
    public void ReadAll_Folders_AreInTheOrderOfTheirNames()
    {
        folder.Write("b/one.sql", Samples.Changed(("[thing]", "[one]")));
        folder.Write("a/two.sql", Samples.Changed(("[thing]", "[two]")));
        folder.Write("a/notes.md", "none");

        Assert.Equal(["a/two", "b/one"], ExtractDefinition.ReadAll(Samples.Facts("one", "two"), folder.Path).Select(e => e.Name));
    }

    [Fact]
    public void ReadAll_SameFactInTwoExtracts_NamesBoth()
    {
        folder.Write("shop/a.sql", Samples.Changed(("[thing]", "[thing, one]")));
        var second = folder.Write("shop/b.sql", Samples.Changed(("[thing]", "[two, thing]")));

        Assert.Equal(
            $"{second}: the fact thing is also made by shop/a; a fact has one extract, so that replacing its partitions loses nothing",
            Assert.Throws<DefinitionException>(() => ExtractDefinition.ReadAll(Samples.Facts("thing", "one", "two"), folder.Path)).Message
        );
    }

    [Fact]
    public void ReadAll_FaultsInSeveralFiles_ListsAll()
    {
        var first = folder.Write("a/one.sql", "SELECT 1");
        folder.Write("b/two.sql", Samples.Extract);
        folder.Write("c/three.sql", Samples.Extract);
        var last = folder.Write("d/four.sql", Samples.Changed(("source: Shop\n", "")));

        var lines = Assert
            .Throws<DefinitionException>(() => ExtractDefinition.ReadAll(Samples.Facts("thing"), folder.Path))
            .Message.Split(Environment.NewLine);

        Assert.Equal(3, lines.Length);
        Assert.StartsWith(first, lines[0], StringComparison.Ordinal);
        Assert.StartsWith(last, lines[1], StringComparison.Ordinal);
        Assert.Contains("the fact thing is also made by b/two", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_UnknownName_ListsThoseThatThereAre()
    {
        var all = new[] { Samples.Read() };

        Assert.Same(all[0], ExtractDefinition.Find(all, "shop/things"));
        Assert.Equal(
            "there is no extract 'things'; there are: shop/things",
            Assert.Throws<UserException>(() => ExtractDefinition.Find(all, "things")).Message
        );
    }

    [Fact]
    public void ReadAll_OfTheProject_MakesEachFactOnce()
    {
        var facts = Project.Here.Facts();

        var extracts = Project.Here.Extracts();

        Assert.Equal(facts.Keys, extracts.SelectMany(e => e.Facts).Order(StringComparer.Ordinal));
    }

    private static string[] Faults(string path) =>
        Assert.Throws<DefinitionException>(() => ExtractDefinition.Read(path, Samples.Facts("thing"))).Message.Split(Environment.NewLine);
}
