using System.Globalization;
using Etl.Source;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl.Loading;

/// <summary>Rows of a site that were erased from a table, or would be.</summary>
/// <param name="System">The system whose extracts load them.</param>
/// <param name="Table">A fact, or the quarantine.</param>
/// <param name="Rows">How many, as readers see them; on all nodes.</param>
internal sealed record SiteRows(string System, string Table, long Rows);

/// <summary>Erases a site that asked for it, and has loads leave out what it still reports or the source still has.</summary>
/// <remarks>
/// First the wish is noted, as a salted hash: loads that begin from then on leave the site out. Then, extract by extract, with loads kept
/// away, its rows are erased by that hash, what loads staged is dropped, and what views keep is computed anew. Killed anywhere, the next
/// attempt goes on. No statement names the site, so that no log does.
/// </remarks>
internal sealed class Forgetting(IConfiguration configuration, Project project, TimeProvider time) : IDisposable
{
    // Other loads write to these meanwhile, so that they can't be put in place of others.
    private static readonly string[] s_mutated = [RunTables.Quarantine, "etl_run"];
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TableEngines engines = TableEngines.Read(configuration);
    private readonly IReadOnlyList<ClickHouseClient> nodes = ClickHouseClient.OfNodes(WarehouseOptions.Read(configuration));
    private readonly IReadOnlyDictionary<string, FactDefinition> facts = project.Facts();

    /// <summary>The rows that a site has, where it has any.</summary>
    /// <param name="site">As reports and facts name it.</param>
    /// <param name="system">Only of this system; null: of all.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="UserException">There is no such system, or none of its facts names sites.</exception>
    public async Task<IReadOnlyList<SiteRows>> FindAsync(string site, string? system, CancellationToken token)
    {
        await WarehouseNodes.CheckAsync(nodes, project, token);
        var wish = new Wish(site, await ForgottenSites.SaltAsync(nodes[0], token));
        var found = new List<SiteRows>();
        foreach (var name in Systems(system))
        {
            foreach (var fact in SitesOf(name).SelectMany(e => SiteErasure.Of(e, facts)))
            {
                found.Add(new SiteRows(name, fact.Name, await CountAsync(fact.Name, wish.Is(fact.SiteColumn!), token)));
            }

            found.Add(new SiteRows(name, RunTables.Quarantine, await CountAsync(RunTables.Quarantine, Quarantined(name, wish), token)));
        }

        return [.. found.GroupBy(f => (f.System, f.Table)).Select(g => g.First()).Where(f => f.Rows > 0)];
    }

    /// <summary>Notes that a site is to be forgotten by these systems, and erases its rows.</summary>
    /// <param name="site">As reports and facts name it.</param>
    /// <param name="systems">The systems.</param>
    /// <param name="who">Who wants it.</param>
    /// <param name="progress">Is told what is being done.</param>
    /// <param name="token">Cancels it; doing it again goes on.</param>
    /// <returns>What was erased.</returns>
    /// <exception cref="UserException">A load is running, its source can't be held meanwhile, or a server failed.</exception>
    public async Task<IReadOnlyList<SiteRows>> ForgetAsync(
        string site,
        IReadOnlyCollection<string> systems,
        string who,
        Action<string> progress,
        CancellationToken token
    )
    {
        await WarehouseNodes.CheckAsync(nodes, project, token);
        var wish = new Wish(site, await ForgottenSites.SaltAsync(nodes[0], token));
        var erased = new List<SiteRows>();
        foreach (var system in systems)
        {
            await NoteWishAsync(system, wish, who, token);
            foreach (var extract in SitesOf(system))
            {
                progress(extract.Name);
                await AddAsync(await EraseAsync(extract, wish, token));
            }

            // The condition names all extracts of the system.
            var quarantined = await Erasure.DeleteAsync(nodes, RunTables.Quarantine, Quarantined(system, wish), token);
            await AddAsync([new SiteRows(system, RunTables.Quarantine, quarantined)]);
        }

        progress("old parts");
        await Task.WhenAll(nodes.Select(n => Erasure.WaitAsync(n, s_mutated, s_patience, token)));
        return erased;

        // At once: killed later, the next attempt finds these rows no more.
        async Task AddAsync(IEnumerable<SiteRows> gone)
        {
            foreach (var rows in gone.Where(g => g.Rows > 0))
            {
                await NoteAsync(nodes[0], rows.System, wish, who, rows.Table, rows.Rows, token);
                erased.Add(rows);
            }
        }
    }

    /// <summary>
    /// What ClickHouse has still on its disks of tables that loads had dropped before, and of rewritten ledgers, and removes by itself
    /// within minutes; empty: nothing.
    /// </summary>
    public async Task<IReadOnlyList<string>> LeavingAsync(CancellationToken token)
    {
        var leaving = new List<string>();
        foreach (var node in nodes)
        {
            var dropped = await node.QueryAsync(
                "SELECT table FROM system.dropped_tables WHERE database = currentDatabase() ORDER BY 1",
                token
            );
            leaving.AddRange(dropped.Texts);
            leaving.AddRange(await Erasure.WaitAsync(node, s_mutated, TimeSpan.Zero, token));
        }

        return leaving;
    }

    public void Dispose()
    {
        foreach (var node in nodes)
        {
            node.Dispose();
        }
    }

    private List<string> Systems(string? system)
    {
        var all = project.Extracts().Select(e => e.SystemName).Distinct().ToList();
        if (system is not null && !all.Contains(system))
        {
            throw new UserException($"there is no system '{system}'; known: {string.Join(", ", all)}");
        }

        var with = all.Where(s => (system is null || s == system) && SitesOf(s).Count > 0).ToList();
        return with.Count > 0 ? with : throw new UserException($"no fact of {system} has a column that `identifies: site`");
    }

    private List<ExtractDefinition> SitesOf(string system) =>
        [.. project.Extracts().Where(e => e.SystemName == system && SiteErasure.Of(e, facts).Count > 0)];

    private static string Quarantined(string system, Wish wish) =>
        $"startsWith(extract, {SqlText.Quote(system + "/")}) AND arrayExists(k -> {wish.Is("k")}, key)";

    private async Task<long> CountAsync(string table, string condition, CancellationToken token) =>
        (await Task.WhenAll(nodes.Select(n => Erasure.CountAsync(n, table, condition, token)))).Sum();

    private async Task NoteWishAsync(string system, Wish wish, string who, CancellationToken token)
    {
        foreach (var node in nodes)
        {
            var noted = await node.QueryAsync(
                $"SELECT count() FROM etl_forgotten WHERE system = {SqlText.Quote(system)} AND site = '{wish.Hash}' AND fact = ''",
                token
            );
            if (noted.Scalar.GetInt64() == 0)
            {
                await NoteAsync(node, system, wish, who, "", 0, token);
            }
        }
    }

    private static Task NoteAsync(
        ClickHouseClient node,
        string system,
        Wish wish,
        string who,
        string fact,
        long rows,
        CancellationToken token
    ) =>
        node.ExecuteAsync(
            "INSERT INTO etl_forgotten (system, salt, site, who, fact, rows) SELECT {system:String}, {salt:String}, {site:String}, {who:String}, {fact:String}, {rows:UInt64}",
            token,
            QueryOptions.With(
                ("system", system),
                ("salt", wish.Salt),
                ("site", wish.Hash),
                ("who", who),
                ("fact", fact),
                ("rows", rows.ToString(CultureInfo.InvariantCulture))
            ) with
            {
                Settings = QueryOptions.Insert.Settings,
            }
        );

    private async Task<IReadOnlyList<SiteRows>> EraseAsync(ExtractDefinition extract, Wish wish, CancellationToken token)
    {
        if (configuration.GetConnectionString(extract.Source) is null)
        {
            throw new UserException(
                $"{extract.Name}: loads have to be kept away meanwhile, and the lock for that is on the source: set ConnectionStrings__{extract.Source}"
            );
        }

        await using var held = await HeldExtract.TakeAsync(configuration, nodes[0], extract, token);
        await ForgetWordsAsync(extract, wish, token);
        return await new SiteErasure(nodes, engines, project, time).EraseAsync(extract, wish.Is, token);
    }

    // What a load said of a row that it could not read may name the site. Before the rows go: by these a further attempt knows that it has
    // to go on.
    private async Task ForgetWordsAsync(ExtractDefinition extract, Wish wish, CancellationToken token)
    {
        var named = $"arrayExists(w -> {wish.Is("w")}, splitByRegexp('[\\\\s,;()\\\\[\\\\]\\'\"`]+', concat(error, ' ', warning)))";
        var condition = $"extract = {SqlText.Quote(extract.Name)} AND {named}";
        if ((await nodes[0].QueryAsync($"SELECT count() FROM etl_run WHERE {condition}", token)).Scalar.GetInt64() > 0)
        {
            await nodes[0]
                .ExecuteAsync(
                    $"ALTER TABLE etl_run UPDATE error = if(error = '', '', 'it named a site that was forgotten'), warning = '' WHERE {condition}",
                    token,
                    Erasure.Options
                );
        }
    }

    // The site itself stays in this process.
    private sealed class Wish(string site, string salt)
    {
        public string Salt => salt;

        public string Hash { get; } = ForgottenSites.Hash(salt, site);

        public string Is(string expression) => $"{ForgottenSites.HashSql(salt, expression)} = '{Hash}'";
    }
}
