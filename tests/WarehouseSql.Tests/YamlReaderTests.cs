using WarehouseSql.Definitions;
using Xunit;

namespace WarehouseSql.Tests;

public sealed class YamlReaderTests
{
    private enum Shape
    {
        Round,
        Square,
    }

    [Fact]
    public void Read_KeysInSnakeCase_FillTheProperties()
    {
        var sample = YamlReader.Read<Sample>("/x.yaml", "name: a\nmost_rows: 5\nkey: [b, c]\nshape: square\ninner: {is: d}");

        Assert.Equal(("a", 5, Shape.Square, "d"), (sample.Name, sample.MostRows, sample.Shape, sample.Inner.Is));
        Assert.Equal(["b", "c"], sample.Key);
    }

    [Fact]
    public void Read_UnknownKey_ListsThoseThatAFileMaySet()
    {
        var message = Fault("name: a\nmost_row: 5");

        Assert.Equal("/x.yaml:12: unknown key 'most_row'; known keys: name, most_rows, key, shape, inner, parts", message);
    }

    [Fact]
    public void Read_UnknownKeyOfANestedRecord_NamesItAndItsLine() =>
        Assert.Equal("/x.yaml:13: unknown key 'unti'", Fault("name: a\ninner:\n  unti: s"));

    [Fact]
    public void Read_KeyThatOnlyTheCodeMaySet_IsUnknown() =>
        Assert.StartsWith("/x.yaml:11: unknown key 'path'", Fault("path: a"), StringComparison.Ordinal);

    [Theory]
    [InlineData("name: a\nmost_rows: many", "12: expected a number; found 'many'")]
    [InlineData("name: a\n\nkey: b", "13: expected a list, for example [a, b]; found something else")]
    [InlineData("name: [a]", "11: expected text; found a list or keys")]
    [InlineData("name: {a: b}", "11: expected text; found a list or keys")]
    [InlineData("shape: oval", "11: 'oval' is not among the values that this key takes; shape is one of round, square")]
    [InlineData("inner: text", "11: expected keys and values, `key: value`; found text")]
    [InlineData("just text", "11: expected keys and values, `key: value`; found text")]
    [InlineData("- a", "11: expected keys and values, `key: value`; found a list")]
    public void Read_ValueOfAWrongType_SaysWhatWasExpected(string yaml, string message) => Assert.Equal("/x.yaml:" + message, Fault(yaml));

    [Theory]
    [InlineData("name: a\nname: b", 12)]
    [InlineData("name: a\nparts:\n  p: {is: q}\n  p: {is: r}", 13)]
    public void Read_DuplicateKey_SaysWhere(string yaml, int line)
    {
        var message = Fault(yaml);

        Assert.StartsWith($"/x.yaml:{line}: ", message, StringComparison.Ordinal);
        Assert.Contains("uplicate", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name: 'a\nkey: [b]\n", 11)]
    [InlineData("name: a\n\tkey: [b]", 11)]
    [InlineData("name: a: b", 11)]
    [InlineData("name: a\nbad", 12)]
    [InlineData("key: [a", 11)]
    public void Read_NoYamlOfThisKind_SaysWhere(string yaml, int earliest)
    {
        var message = Fault(yaml);

        var line = int.Parse(message.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        // The parser may see the fault only where the text ends.
        Assert.InRange(line, earliest, 10 + yaml.Split('\n').Length + 1);
        Assert.Contains("not readable as YAML", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# only a comment")]
    public void Read_Nothing_SaysSo(string yaml) => Assert.Equal("/x.yaml:11: expected YAML; found nothing", Fault(yaml));

    // A key without a value is what a half-finished file looks like; nobody looks for a null in a property that has none.
    [Theory]
    [InlineData("name:\nmost_rows: 5", 11)]
    [InlineData("most_rows: 5\nkey:", 12)]
    [InlineData("name: a\ninner:\n  is:", 13)]
    [InlineData("name: a\nparts: ~", 12)]
    public void Read_KeyWithoutAValue_SaysWhere(string yaml, int line) =>
        Assert.Equal($"/x.yaml:{line}: expected a value after the key; found nothing", Fault(yaml));

    [Fact]
    public void Read_OptionalKeyWithoutAValue_IsNull() => Assert.Null(YamlReader.Read<Sample>("/x.yaml", "inner: {unit: }").Inner.Unit);

    private static string Fault(string yaml)
    {
        var message = Assert.Throws<DefinitionException>(() => YamlReader.Read<Sample>("/x.yaml", yaml, firstLine: 11)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private sealed record Part
    {
        public string Is { get; init; } = "";

        public string? Unit { get; init; }
    }

    private sealed record Sample
    {
        public string Name { get; init; } = "";

        public int MostRows { get; init; }

        public IReadOnlyList<string> Key { get; init; } = [];

        public Shape Shape { get; init; }

        public Part Inner { get; init; } = new();

        public Dictionary<string, Part> Parts { get; init; } = [];

        public string Path { get; private init; } = "";
    }
}
