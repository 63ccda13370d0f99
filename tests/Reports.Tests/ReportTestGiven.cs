using WarehouseSql.Definitions;
using WarehouseSql.Schema;
using YamlDotNet.RepresentationModel;

namespace Reports.Tests;

/// <summary>The rows of a case as whole rows of their tables.</summary>
internal static class ReportTestGiven
{
    /// <summary>
    /// Rows by table, with a cell for each column: what the file says, else NULL or the type's default, as ClickHouse fills them in.
    /// </summary>
    /// <exception cref="DefinitionException">
    /// Lists every unknown table or column, and every value that isn't of its column's type.
    /// </exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<object?[]>> Rows(ReportTestCase test, SchemaSnapshot schema)
    {
        var faults = new List<DefinitionException>();
        var given = new SortedDictionary<string, IReadOnlyList<object?[]>>(StringComparer.Ordinal);
        foreach (var (fact, rows) in test.Given)
        {
            if (schema.Tables.TryGetValue(fact.Value ?? "", out var table))
            {
                given[fact.Value!] = [.. rows.Select(r => Row(test, fact.Value!, table, r, faults))];
            }
            else
            {
                faults.Add(
                    new DefinitionException(
                        test.Path,
                        (int)fact.Start.Line,
                        $"unknown fact '{fact.Value}'; known facts: {string.Join(", ", schema.Tables.Keys)}"
                    )
                );
            }
        }

        return DefinitionException.Of(faults) is { } fault ? throw fault : given;
    }

    /// <summary>
    /// Of the rows that agree in the table's key, the last one with the highest version: what ClickHouse's <c>final = 1</c> reads.
    /// </summary>
    public static IEnumerable<object?[]> Final(SchemaTable table, IReadOnlyList<object?[]> rows)
    {
        var columns = table.Columns.Keys.ToList();
        var version = columns.IndexOf(table.Version);
        var key = table.Key.Select(k => columns.IndexOf(k)).ToList();
        return rows.GroupBy(r => string.Join('\0', key.Select(k => ReportTestValue.Show(r[k]))))
            .Select(g => g.Aggregate((a, b) => Comparer<object?>.Default.Compare(b[version], a[version]) >= 0 ? b : a));
    }

    private static object?[] Row(ReportTestCase test, string fact, SchemaTable table, YamlMappingNode row, List<DefinitionException> faults)
    {
        foreach (var column in row.Children.Keys.Where(c => !table.Columns.ContainsKey(c.ToString())))
        {
            faults.Add(
                new DefinitionException(
                    test.Path,
                    (int)column.Start.Line,
                    $"{fact} has no column '{column}'; known columns: {string.Join(", ", table.Columns.Keys)}"
                )
            );
        }

        var cells = new object?[table.Columns.Count];
        var c = 0;
        foreach (var (name, typeName) in table.Columns)
        {
            var type = SchemaColumnType.Parse(typeName);
            cells[c] = type.Default;
            if (row.Children.TryGetValue(new YamlScalarNode(name), out var node) && !ReportTestValue.TryRead(node, type, out cells[c]))
            {
                faults.Add(
                    new DefinitionException(
                        test.Path,
                        (int)node.Start.Line,
                        $"{fact}.{name}: expected {ReportTestValue.Expected(type)}; found {ReportTestValue.Show(node)}"
                    )
                );
            }

            c++;
        }

        return cells;
    }
}
