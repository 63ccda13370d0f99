using Reports.Definitions;
using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using YamlDotNet.RepresentationModel;

namespace Reports.Tests;

/// <summary>One case of a <c>.test.yaml</c>: given these rows and parameters, the report answers those rows.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">The case's name.</param>
/// <param name="Line">The 1-based line of its name.</param>
/// <param name="Params">The parameters' values where they aren't the defaults.</param>
/// <param name="Today">The day that <c>today</c> means.</param>
/// <param name="Given">Rows by table, as they stand in the file.</param>
/// <param name="Expect">The list of the rows expected, as it stands in the file.</param>
public sealed record ReportTestCase(
    string Path,
    string Name,
    int Line,
    IReadOnlyDictionary<string, string> Params,
    DateOnly Today,
    IReadOnlyDictionary<YamlScalarNode, IReadOnlyList<YamlMappingNode>> Given,
    YamlSequenceNode Expect
)
{
    /// <summary>The rows expected.</summary>
    public IReadOnlyList<YamlMappingNode> ExpectedRows => [.. Expect.Children.Cast<YamlMappingNode>()];

    /// <summary>Everything that an engine needs.</summary>
    /// <exception cref="DefinitionException">A table, column, value or parameter doesn't fit; every such fault is listed.</exception>
    public ReportTestRun ToRun(ReportDefinition report, SchemaSnapshot schema)
    {
        var given = ReportTestGiven.Rows(this, schema);
        try
        {
            var time = new FixedTime(Today);
            return new ReportTestRun(given, report.Sql, report.Bind(Params, time));
        }
        catch (ReportException e)
        {
            throw new DefinitionException(Path, Line, e.Message, e);
        }
    }

    private sealed class FixedTime(DateOnly today) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(today, TimeOnly.MinValue, TimeSpan.Zero);
    }
}
