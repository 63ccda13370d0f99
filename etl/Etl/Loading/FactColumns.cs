using System.Text.RegularExpressions;
using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace Etl.Loading;

/// <summary>
/// Whether what a fact's SELECT makes fits the fact's table. A materialized view asks nobody: it fills a column that its SELECT lacks with
/// defaults, and casts the others.
/// </summary>
internal static partial class FactColumns
{
    /// <summary>The columns of facts' tables, in their order.</summary>
    public static async Task<ILookup<string, (string Name, string Type)>> OfTablesAsync(
        ClickHouseClient client,
        IEnumerable<FactDefinition> facts,
        CancellationToken token
    )
    {
        var columns = await client.QueryAsync(
            $"SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN ({Partitions.Listed(facts.Select(f => f.Name))}) AND name != '_run' ORDER BY table, position",
            token
        );
        return columns.Rows.ToLookup(r => r[0].GetString()!, r => (r[1].GetString()!, r[2].GetString()!));
    }

    /// <summary>Compares names, their order, and types.</summary>
    /// <exception cref="DefinitionException">
    /// The SELECT fails, its columns are others than the table's, or one makes values that the table's type can't hold.
    /// </exception>
    public static async Task CheckAsync(
        ClickHouseClient client,
        FactDefinition fact,
        string select,
        ExtractDefinition extract,
        IReadOnlyList<SourceColumn> columns,
        IReadOnlyList<(string Name, string Type)> table,
        CancellationToken token
    )
    {
        ResultTable made;
        try
        {
            made = await client.QueryAsync($"DESCRIBE TABLE ({select})", token);
        }
        catch (WarehouseException e) when (e.Code != 0)
        {
            throw new DefinitionException(fact.Path, 0, e.Message, e);
        }

        if (!table.Select(c => c.Name).SequenceEqual(made.Texts))
        {
            throw new DefinitionException(
                fact.Path,
                0,
                $"the SELECT's columns differ from the table's: expected {string.Join(", ", table.Select(c => c.Name))}; found {string.Join(", ", made.Texts)} — add a migration, or mend the SELECT"
            );
        }

        foreach (var (into, from) in table.Zip(made.Rows))
        {
            var (wanted, found) = (Bare(into.Type), Bare(from[1].GetString()!));
            if (wanted != found && await CommonTypeAsync(client, wanted, found, token) != wanted)
            {
                var sources = string.Join(", ", columns.Select(c => $"{c.Name} {c.PostgresType}"));
                throw new DefinitionException(
                    fact.Path,
                    0,
                    $"column {into.Name}: the SELECT makes {found}, not all of which the table's {wanted} can hold; did a column of {extract.Name} change its type (it has {sources})? — convert it in the SELECT, or widen the column by a migration"
                );
            }
        }
    }

    // The type that holds all values of both; null where there is none.
    private static async Task<string?> CommonTypeAsync(ClickHouseClient client, string one, string other, CancellationToken token)
    {
        try
        {
            var common = await client.QueryAsync(
                "SELECT toTypeName(if(materialize(true), defaultValueOfTypeName({one:String}), defaultValueOfTypeName({other:String})))",
                token,
                QueryOptions.With(("one", one), ("other", other))
            );
            return common.Scalar.GetString();
        }
        catch (WarehouseException e) when (e.Name == "NO_COMMON_TYPE")
        {
            return null;
        }
    }

    // How a value is kept doesn't matter, and NULL where the table has none is an error of the insert itself.
    private static string Bare(string type)
    {
        var plain = LowCardinality().Replace(type, "$1");
        return plain.StartsWith("Nullable(", StringComparison.Ordinal) ? plain["Nullable(".Length..^1] : plain;
    }

    [GeneratedRegex(@"LowCardinality\(((?:[^()]|\([^()]*\))*)\)")]
    private static partial Regex LowCardinality();
}
