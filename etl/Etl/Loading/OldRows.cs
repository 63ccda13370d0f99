using System.Globalization;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Etl.Loading;

/// <summary>Rows of a fact that were loaded before a migration added columns to it, and have nothing in them.</summary>
/// <param name="Extract">The extract that makes the fact.</param>
/// <param name="Fact">The fact.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">How many rows, on all nodes.</param>
internal sealed record OldRows(ExtractDefinition Extract, string Fact, IReadOnlyList<string> Columns, long Rows)
{
    /// <summary>What is missing, and what to do, in a line.</summary>
    public string Said =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Fact}: {Rows} rows of before have nothing in {string.Join(", ", Columns)}; `make verify EXTRACT={Extract.Name} HEAL=1` reads them again{(Extract.HasItsHistory ? "" : ", as far as the source still has them")}"
        );

    /// <summary>All that there are. A heal of everything has read whatever the source had, a backfill the rows of its time.</summary>
    /// <exception cref="WarehouseException">A server failed.</exception>
    public static async Task<IReadOnlyList<OldRows>> FindAsync(
        IReadOnlyList<ClickHouseClient> nodes,
        Project project,
        TableEngines engines,
        CancellationToken token
    )
    {
        var added = (await new Migrator(nodes[0], project, engines).AddedColumnsAsync(token)).ToLookup(a => a.Table);
        var heals = await nodes[0]
            .QueryAsync(
                "SELECT toString(extract), toInt64(max(run)) FROM etl_run FINAL WHERE kind = 'heal' AND outcome = 'published' AND range_from IS NULL GROUP BY 1",
                token
            );
        var healed = heals.Rows.ToDictionary(r => r[0].GetString()!, r => r[1].GetInt64());
        var old = new List<OldRows>();
        // What each load reads as a whole, has its columns from the next one on.
        foreach (var extract in project.Extracts().Where(e => !e.IsWhole))
        {
            foreach (var fact in extract.Facts.Where(added.Contains))
            {
                var columns = added[fact].Where(a => a.AppliedAt > healed.GetValueOrDefault(extract.Name)).ToList();
                if (columns.Count > 0 && await CountAsync(nodes, fact, columns.Max(c => c.AppliedAt), token) is > 0 and var rows)
                {
                    old.Add(new OldRows(extract, fact, [.. columns.Select(c => c.Column)], rows));
                }
            }
        }

        return old;
    }

    private static async Task<long> CountAsync(IReadOnlyList<ClickHouseClient> nodes, string fact, long before, CancellationToken token)
    {
        var rows = 0L;
        foreach (var node in nodes)
        {
            var found = await node.QueryAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT count() FROM {fact} FINAL WHERE _run < {before} {Partitions.ForThemselves}"
                ),
                token
            );
            rows += found.Scalar.GetInt64();
        }

        return rows;
    }
}
