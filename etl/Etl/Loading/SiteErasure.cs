using System.Globalization;
using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>Erases sites from an extract's facts. The caller keeps loads away.</summary>
internal sealed class SiteErasure(IReadOnlyList<ClickHouseClient> nodes, TableEngines engines, Project project, TimeProvider time)
{
    // So many sites may vanish from a source at once, or this part of them, before that is taken for a fault.
    private const int FewSites = 10;

    /// <summary>The facts that name the site of each row.</summary>
    public static IReadOnlyList<FactDefinition> Of(ExtractDefinition extract, IReadOnlyDictionary<string, FactDefinition> facts) =>
        [.. extract.Facts.Select(f => facts[f]).Where(f => f.SiteColumn is not null)];

    /// <summary>Erases rows from all facts of an extract, and whatever was staged or kept of them.</summary>
    /// <param name="extract">The extract.</param>
    /// <param name="isOne">The condition for an SQL expression, a fact's site.</param>
    /// <param name="token">Cancels it; doing it again goes on.</param>
    /// <returns>What was erased.</returns>
    /// <exception cref="WarehouseException">The server failed; what was erased by then stays so.</exception>
    public async Task<IReadOnlyList<SiteRows>> EraseAsync(ExtractDefinition extract, Func<string, string> isOne, CancellationToken token)
    {
        var facts = project.Facts();
        IReadOnlyList<FactDefinition> all = [.. extract.Facts.Select(f => facts[f])];
        var run = await new RunLedger(nodes[0], time).NextRunAsync(token);
        await Task.WhenAll(nodes.Select(n => TablesOf(n).DropOrphansAsync(null, token)));
        var views = KeptViews.Of(nodes, engines, project.ViewSet(), all);
        var (erased, partitions) = (new List<SiteRows>(), new List<string>());
        await views.LetGoAsync(trusts: true, token);
        foreach (var fact in Of(extract, facts))
        {
            var (rows, condition) = (0L, isOne(fact.SiteColumn!));
            foreach (var node in nodes)
            {
                var changes = await Erasure.FindAsync(node, fact, condition, token);
                if (changes.Count > 0)
                {
                    await Erasure.RewriteAsync(node, fact, condition, changes, TablesOf(node).Next(fact.Name), run++, token);
                }

                partitions.AddRange(changes.Select(c => $"{c.Fact}/{c.Partition}"));
                rows += changes.Sum(c => c.RowsBefore - c.RowsAfter);
            }

            if (rows > 0)
            {
                await RetentionLog.NoteErasedAsync(nodes[0], fact.Name, rows, token);
                erased.Add(new SiteRows(extract.SystemName, fact.Name, rows));
            }
        }

        // What a load says of views whose rows it could not keep, it says again.
        _ = await views.KeepAsync(run, new FactChange(partitions, null), token);
        await views.DropEarlierAsync(token);
        return erased;

        RunTables TablesOf(ClickHouseClient node) => new(node, engines, extract, all, [], run);
    }

    /// <summary>Erases the sites of which the source has no row any longer.</summary>
    /// <param name="extract">The extract.</param>
    /// <param name="replica">
    /// The source: found to be what it was, and in the snapshot in which what is new was loaded before, so that no site is here which it
    /// has only later.
    /// </param>
    /// <param name="force">Whether however many may be gone.</param>
    /// <param name="token">Cancels it.</param>
    /// <returns>What was erased.</returns>
    /// <exception cref="WarehouseException">So many are gone at once that it looks like a fault of the source.</exception>
    public async Task<IReadOnlyList<SiteRows>> EraseVanishedAsync(
        ExtractDefinition extract,
        Replica replica,
        bool force,
        CancellationToken token
    )
    {
        var there = await SitesAsync(extract, replica, token);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var fact in Of(extract, project.Facts()))
        {
            foreach (var node in nodes)
            {
                known.UnionWith(
                    (
                        await node.QueryAsync(
                            $"SELECT DISTINCT toString({fact.SiteColumn}) FROM {fact.Name} WHERE {fact.SiteColumn} IS NOT NULL",
                            token
                        )
                    ).Texts
                );
            }
        }

        var gone = known.Where(k => !there.Contains(k)).ToList();
        if (gone.Count == 0)
        {
            return [];
        }

        if (!force && gone.Count > Math.Max(FewSites, known.Count * Publisher.MostLoss))
        {
            throw new WarehouseException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{extract.Name}: the source has no row of {gone.Count} of {known.Count} sites any longer, too many at once to be their wish; nothing was erased — `make verify EXTRACT={extract.Name} HEAL=1 FORCE=1` follows the source nevertheless"
                )
            );
        }

        var salt = await ForgottenSites.SaltAsync(nodes[0], token);
        var hashes = string.Join(", ", gone.Select(g => $"'{ForgottenSites.Hash(salt, g)}'"));
        return await EraseAsync(extract, c => $"{ForgottenSites.HashSql(salt, c)} IN ({hashes})", token);
    }

    private static async Task<HashSet<string>> SitesAsync(ExtractDefinition extract, Replica replica, CancellationToken token)
    {
        using var transaction = await replica.BeginAsync(token);
        var column = $"\"{(extract.ShardBy ?? extract.Key[0]).Replace("\"", "\"\"", StringComparison.Ordinal)}\"::text";
        var all = await transaction.TextAsync($"SELECT string_agg(DISTINCT {column}, chr(1)) FROM (\n{extract.Select}\n) AS source", token);
        return (all ?? "").Split('\u0001').ToHashSet(StringComparer.Ordinal);
    }
}
