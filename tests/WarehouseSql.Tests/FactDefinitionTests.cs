using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class FactDefinitionTests : IDisposable
{
    private const string Good = """
        /*---
        about: Things
        grain: one row per thing
        key: [id]
        partition: toYYYYMM(made_at)
        columns:
          id: {is: the thing, identifies: site}
          made_at: {is: when it was made, unit: UTC}
        expect:
          - id != ''
        ---*/
        SELECT id, made_at FROM {landing}
        """;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_WholeFile_TakesEverythingOver()
    {
        var fact = FactDefinition.Read(folder.Write("thing.sql", Good));

        Assert.Equal(("thing", "Things", "one row per thing", "toYYYYMM(made_at)"), (fact.Name, fact.About, fact.Grain, fact.Partition));
        Assert.Equal(["id"], fact.Key);
        Assert.Equal(["id", "made_at"], fact.Columns.Keys);
        Assert.Equal(("the thing", null, "site"), (fact.Columns["id"].Is, fact.Columns["id"].Unit, fact.Columns["id"].Identifies));
        Assert.Equal(("UTC", "nothing"), (fact.Columns["made_at"].Unit, fact.Columns["made_at"].Identifies));
        Assert.Equal(["id != ''"], fact.Expect);
        Assert.Equal("SELECT id, made_at FROM {landing}", fact.Select);
    }

    [Fact]
    public void Read_ManyFaults_ListsAllWithTheirLines()
    {
        var path = folder.Write(
            "thing.sql",
            """
            /*---
            grain: every thing
            key: [id, gone]
            columns:
              id: {is: the thing, identifies: everybody}
              made_at: {unit: UTC}
              name:
            ---*/

            SELECT id FROM things
            """
        );

        var message = Assert.Throws<DefinitionException>(() => FactDefinition.Read(path)).Message;

        Assert.Equal(
            [
                $"{path}:1: expected `about:`, what the fact tells; found nothing",
                $"{path}:2: expected `grain: one row per …`; found 'every thing'",
                $"{path}:1: expected `partition:`, as in the table's DDL; found nothing",
                $"{path}:3: the key's 'gone' is not among `columns`",
                $"{path}:5: expected `identifies: person|site|nothing`; found 'everybody'",
                $"{path}:6: expected a meaning, `made_at: {{is: …}}`; found none",
                $"{path}:7: expected a meaning, `name: {{is: …}}`; found none",
                $"{path}:10: expected a SELECT … FROM {{landing}}; found no {{landing}}",
            ],
            message.Split(Environment.NewLine)
        );
    }

    [Theory]
    [InlineData("grain: one row per thing\n", "", "1: expected `grain: one row per …`; found nothing")]
    [InlineData("key: [id]\n", "", "1: expected `key: [column, …]`; found none")]
    [InlineData("key: [id]\n", "key: []\n", "4: expected `key: [column, …]`; found none")]
    [InlineData("key: [id]\n", "key:\n", "4: expected a value after the key; found nothing")]
    [InlineData("partition: toYYYYMM(made_at)\n", "partition: ''\n", "5: expected `partition:`, as in the table's DDL; found nothing")]
    [InlineData(
        "partition: toYYYYMM(made_at)\n",
        "partition: toYYYYMM(made_at)\nretain_days: 1\n",
        "6: expected `retain_days:` of 2 or more, of a fact whose partitions are days, months or years of a time; found 1"
    )]
    [InlineData(
        "partition: toYYYYMM(made_at)\n",
        "partition: tuple()\nretain_days: 30\n",
        "6: expected `retain_days:` of 2 or more, of a fact whose partitions are days, months or years of a time; found 30"
    )]
    public void Read_OneFault_SaysIt(string good, string bad, string message)
    {
        var path = folder.Write("thing.sql", Good.Replace(good, bad, StringComparison.Ordinal));

        Assert.Equal($"{path}:{message}", Assert.Throws<DefinitionException>(() => FactDefinition.Read(path)).Message);
    }

    [Fact]
    public void ReadAll_FaultsInTwoFiles_ListsBothAndReadsOn()
    {
        var first = folder.Write("a.sql", "SELECT 1");
        folder.Write("b.sql", Good);
        var third = folder.Write("c.sql", Good.Replace("about: Things\n", "", StringComparison.Ordinal));

        var message = Assert.Throws<DefinitionException>(() => FactDefinition.ReadAll(folder.Path)).Message;

        Assert.Equal(2, message.Split(Environment.NewLine).Length);
        Assert.Contains($"{first}:1: ", message, StringComparison.Ordinal);
        Assert.Contains($"{third}:1: ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAll_GoodFiles_AreThereByName()
    {
        folder.Write("b.sql", Good);
        folder.Write("a.sql", Good);
        folder.Write("notes.md", "not SQL");

        Assert.Equal(["a", "b"], FactDefinition.ReadAll(folder.Path).Keys);
    }

    [Fact]
    public void ReadAll_OfTheProject_IsWellFormed() => Assert.NotEmpty(Project.Here.Facts());
}
