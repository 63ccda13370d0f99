using System.Globalization;
using WarehouseSql.Definitions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Reports.Tests;

/// <summary>Reads <c>reports/definitions/&lt;system&gt;/&lt;report&gt;.test.yaml</c>.</summary>
public sealed class ReportTestFile
{
    private static readonly string[] Keys = ["case", "today", "params", "given", "expect"];

    // So that a case without `today` says the same every day.
    private static readonly DateOnly DefaultToday = new(2026, 1, 31);

    private readonly List<DefinitionException> faults = [];
    private readonly string path;

    private ReportTestFile(string path) => this.path = path;

    /// <summary>The ending of such files' names.</summary>
    public static string Ending => ".test.yaml";

    /// <summary>The cases of a file in its order.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the file.</exception>
    public static IReadOnlyList<ReportTestCase> Read(string path) => Parse(path, File.ReadAllText(path));

    /// <summary>As <see cref="Read"/>, of a text that is at hand.</summary>
    /// <exception cref="DefinitionException">Lists every fault of the text.</exception>
    public static IReadOnlyList<ReportTestCase> Parse(string path, string yaml)
    {
        var file = new ReportTestFile(path);
        var cases = file.Cases(yaml);
        return DefinitionException.Of(file.faults) is { } fault ? throw fault : cases;
    }

    private List<ReportTestCase> Cases(string yaml)
    {
        var cases = new List<ReportTestCase>();
        if (Root(yaml) is not YamlSequenceNode list)
        {
            Fault(null, "expected a list of cases, `- case: …`");
            return cases;
        }

        foreach (var item in list)
        {
            if (item is not YamlMappingNode mapping)
            {
                Fault(item, "expected `- case: …` with `given:` and `expect:`");
            }
            else if (Case(mapping) is { } read)
            {
                cases.Add(read);
            }
        }

        faults.AddRange(
            cases
                .GroupBy(c => c.Name)
                .SelectMany(g => g.Skip(1))
                .Select(c => new DefinitionException(path, c.Line, $"a second case '{c.Name}'; name what sets it apart"))
        );
        return cases;
    }

    private YamlNode? Root(string yaml)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : null;
        }
        catch (YamlException e)
        {
            faults.Add(new DefinitionException(path, (int)e.Start.Line, $"not readable as YAML: {e.Message.ReplaceLineEndings(" ")}", e));
            return null;
        }
    }

    private ReportTestCase? Case(YamlMappingNode mapping)
    {
        foreach (var key in mapping.Children.Keys.Where(k => !Keys.Contains(k.ToString())))
        {
            Fault(key, $"unknown key '{key}'; known keys: {string.Join(", ", Keys)}");
        }

        var name = Child(mapping, "case") as YamlScalarNode;
        var expect = Child(mapping, "expect") as YamlSequenceNode;
        if (string.IsNullOrWhiteSpace(name?.Value))
        {
            Fault(mapping, "expected `case:`, what is special about it; found nothing");
        }

        if (expect is null)
        {
            Fault(mapping, "expected `expect:`, a list of rows ([] for none)");
        }

        foreach (var row in expect?.Children.Where(r => r is not YamlMappingNode) ?? [])
        {
            Fault(row, "expected a row {column: value, …}");
        }

        return name is null || expect is null
            ? null
            : new ReportTestCase(path, name.Value ?? "", (int)name.Start.Line, Params(mapping), Today(mapping), Given(mapping), expect);
    }

    private Dictionary<string, string> Params(YamlMappingNode mapping)
    {
        var read = new Dictionary<string, string>();
        foreach (var (key, value) in Mapping(mapping, "params", "{name: value, …}"))
        {
            // A list is an array's items, as a person writes them on the command line.
            read[key.ToString()] = value is YamlSequenceNode items ? string.Join(',', items) : value.ToString();
        }

        return read;
    }

    private DateOnly Today(YamlMappingNode mapping)
    {
        if (Child(mapping, "today") is not { } node)
        {
            return DefaultToday;
        }

        if (!DateOnly.TryParseExact(node.ToString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            Fault(node, $"expected `today:` with a day such as 2026-01-31; found '{node}'");
        }

        return day;
    }

    private Dictionary<YamlScalarNode, IReadOnlyList<YamlMappingNode>> Given(YamlMappingNode mapping)
    {
        const string form = "{fact: [{column: value, …}, …]}";
        var given = new Dictionary<YamlScalarNode, IReadOnlyList<YamlMappingNode>>();
        foreach (var (key, value) in Mapping(mapping, "given", form))
        {
            if (key is YamlScalarNode fact && value is YamlSequenceNode rows && rows.All(r => r is YamlMappingNode))
            {
                given[fact] = [.. rows.Cast<YamlMappingNode>()];
            }
            else
            {
                Fault(value, $"expected `given:` {form}");
            }
        }

        return given;
    }

    private IEnumerable<KeyValuePair<YamlNode, YamlNode>> Mapping(YamlMappingNode mapping, string key, string form)
    {
        var node = Child(mapping, key);
        if (node is YamlMappingNode found)
        {
            return found.Children;
        }

        if (node is not (null or YamlScalarNode { Value: null or "" }))
        {
            Fault(node, $"expected `{key}:` {form}");
        }

        return [];
    }

    private static YamlNode? Child(YamlMappingNode mapping, string key) =>
        mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private void Fault(YamlNode? node, string what) => faults.Add(new DefinitionException(path, (int)(node?.Start.Line ?? 1), what));
}
