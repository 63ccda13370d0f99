using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Etl.Source;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;

namespace Etl.Loading;

/// <summary>The tables of one run on one node: landing, counts, and a staging table for each fact and for the quarantine.</summary>
/// <remarks>
/// What several facts need of a row, and whether it can be understood at all, is computed once, by the INSERT's own SELECT. Landing
/// keeps nothing (engine Null); materialized views turn what arrives there into staged rows.
/// </remarks>
internal sealed class RunTables(
    ClickHouseClient client,
    TableEngines engines,
    ExtractDefinition extract,
    IReadOnlyList<FactDefinition> facts,
    IReadOnlyList<SourceColumn> columns,
    ulong run
)
{
    /// <summary>Where unreadable rows are noted.</summary>
    public const string Quarantine = "etl_quarantine";

    /// <summary>What the name of every run's table begins with.</summary>
    public const string Prefix = "_run_";

    /// <summary>
    /// So many parts are merged before more come: a part in memory is some ten kilobytes, and a block makes one in each partition that it
    /// has rows of.
    /// </summary>
    public const int MostParts = 5_000;

    private const int MostInStatement = 100;

    private static readonly TimeSpan StatementsEnd = TimeSpan.FromSeconds(25);
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Flat(extract.Name)}_{run}_");

    /// <summary>The node.</summary>
    public ClickHouseClient Client => client;

    /// <summary>What the facts' partitions held when they were last published to.</summary>
    public PartitionCounts Counts { get; } = new(client, [.. facts.Select(f => f.Name)], run);

    /// <summary>Retention of the facts that aren't kept for good: rows of days that are gone don't come again.</summary>
    public IReadOnlyDictionary<string, Kept> Kept { get; init; } = new Dictionary<string, Kept>();

    /// <summary>Sites whose rows are left out; null: nobody asked for it.</summary>
    public ForgottenSites? Forgotten { get; init; }

    /// <summary>The tables that a run publishes into: its facts and the quarantine.</summary>
    public IEnumerable<string> Targets => [.. facts.Select(f => f.Name), Quarantine];

    /// <summary>The statement that lands rows.</summary>
    public string Insert => $"INSERT INTO {Landing} SELECT {ParseList()} FROM input({Structure}) FORMAT Native";

    private string Landing => prefix + "landing";

    // The columns that arrive, as an argument of a table function.
    private string Structure => SqlText.Quote(string.Join(", ", columns.Select(c => $"{Quote(c.Name)} {c.WarehouseType}")));

    /// <summary>The number that the cursor has to exceed for a row to be new; null: not known, or every row is.</summary>
    public string? After { get; init; }

    private string Landed => prefix + "counts";

    private string Late => prefix + "late";

    private IEnumerable<FactDefinition> Closed => facts.Where(f => GoneBefore(f) is not null);

    /// <summary>The staging table of a target.</summary>
    public string Staging(string target) => prefix + target;

    /// <summary>The table that is to take a target's place.</summary>
    public string Next(string target) => prefix + target + "_next";

    /// <summary>Drops the tables that killed runs of this extract left, but those of run <paramref name="kept"/>.</summary>
    public Task DropOrphansAsync(ulong? kept, CancellationToken token) =>
        DropAsync(
            $"^{Prefix}{Flat(extract.Name)}_[0-9]+_",
            kept is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Flat(extract.Name)}_{kept}_"),
            token
        );

    /// <summary>Drops the tables of this extract's runs that began before <paramref name="run"/>: what failed backfills staged are rows too.</summary>
    public async Task DropBeforeAsync(ulong run, CancellationToken token)
    {
        var old = await client.QueryAsync(
            "SELECT DISTINCT n FROM (SELECT toUInt64OrZero(extract(name, {pattern:String})) AS n FROM system.tables WHERE database = currentDatabase()) WHERE n > 0 AND n < {run:UInt64}",
            token,
            QueryOptions.With(("pattern", $"^{Prefix}{Flat(extract.Name)}_([0-9]+)_"), ("run", run.ToString(CultureInfo.InvariantCulture)))
        );
        foreach (var number in old.Rows)
        {
            await DropAsync($"^{Prefix}{Flat(extract.Name)}_{number[0]}_", "", token);
        }
    }

    /// <summary>Drops this run's tables.</summary>
    /// <param name="brokeOff">Whether statements on them may have been broken off.</param>
    /// <param name="token">Cancels it.</param>
    public async Task DropAsync(bool brokeOff, CancellationToken token)
    {
        if (brokeOff)
        {
            await WaitForStatementsAsync(token);
        }

        await DropAsync("^" + prefix, "", token);
    }

    /// <summary>Whether this run's tables are there, all of them.</summary>
    public async Task<bool> ExistAsync(CancellationToken token)
    {
        var found = await client.QueryAsync(
            "SELECT count() FROM system.tables WHERE database = {database:String} AND startsWith(name, {prefix:String}) AND NOT endsWith(name, '_next')",
            token,
            QueryOptions.With(("database", client.Database), ("prefix", prefix))
        );
        // Landing; counts and each target, with their views.
        return found.Scalar.GetInt64() == 1 + (2 * (1 + Targets.Count())) + (Closed.Any() ? 1 + Closed.Count() : 0);
    }

    /// <summary>Sees to it that nobody has dropped them: what is published of tables that are gone would be nothing.</summary>
    /// <exception cref="ReplacedException">Somebody has.</exception>
    public async Task EnsureAsync(CancellationToken token)
    {
        if (!await ExistAsync(token))
        {
            throw new ReplacedException(extract.Name);
        }
    }

    /// <summary>Makes the tables.</summary>
    /// <exception cref="DefinitionException">A fact's SELECT doesn't fit the extract's columns or the fact's table.</exception>
    public async Task CreateAsync(CancellationToken token)
    {
        await DefineAsync(
            extract.Path,
            $"CREATE TABLE {Landing} ENGINE = Null EMPTY AS SELECT {ParseList()} FROM null({Structure})",
            token
        );
        await client.ExecuteAsync(engines.Expand($"CREATE TABLE {Landed} (read_rows UInt64) ENGINE = MergeTree ORDER BY ()"), token);
        await ViewAsync(Landed, $"SELECT count() AS read_rows FROM {Landing}", extract.Path, token);
        if (Closed.Any())
        {
            await client.ExecuteAsync($"CREATE TABLE {Late} (fact String, rows UInt64) ENGINE = MergeTree ORDER BY ()", token);
        }

        foreach (var target in Targets)
        {
            await client.ExecuteAsync($"CREATE TABLE {Staging(target)} AS {target}", token);
        }

        var tables = await FactColumns.OfTablesAsync(client, facts, token);
        foreach (var fact in facts)
        {
            var select = SelectOf(fact, "");
            await FactColumns.CheckAsync(client, fact, select, extract, columns, [.. tables[fact.Name]], token);
            await ViewAsync(
                Staging(fact.Name),
                string.Create(CultureInfo.InvariantCulture, $"SELECT *, toUInt64({run}) AS _run FROM ({select}){Open(fact)}"),
                fact.Path,
                token
            );
            if (GoneBefore(fact) is { } before)
            {
                // What earlier loads had read was counted before it went.
                var late = SelectOf(fact, After is null ? "" : $" AND {Quote(extract.Cursor)} > {After}");
                await DefineAsync(
                    fact.Path,
                    $"CREATE MATERIALIZED VIEW {Late}_{fact.Name} TO {Late} AS SELECT '{fact.Name}' AS fact, count() AS rows FROM ({late}) WHERE {Retention.Older(fact, before)}{(NotForgotten(fact) is { } known ? " AND " + known : "")}",
                    token
                );
            }
        }

        var key = string.Join(", ", extract.Key.Select(k => $"ifNull(toString({Quote(k)}), 'NULL')"));
        await ViewAsync(
            Staging(Quarantine),
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT '{extract.Name}' AS extract, [{key}] AS key, toString({Quote(extract.Cursor)}) AS cursor, _unreadable AS reason, toUInt64({run}) AS _run FROM {Landing} WHERE _unreadable != ''{(Forgotten is null ? "" : $" AND NOT {Forgotten.HasOneOf("key")}")}"
            ),
            extract.Path,
            token
        );
    }

    /// <summary>
    /// The rows that are new, and of days whose rows retention had removed already: by fact, where there are any. They are in no figure.
    /// </summary>
    public async Task<IReadOnlyList<(string Fact, long Rows)>> LateAsync(CancellationToken token)
    {
        if (!Closed.Any())
        {
            return [];
        }

        var late = await client.QueryAsync(
            $"SELECT fact, sum(rows) AS late FROM {Late} GROUP BY fact HAVING late > 0 ORDER BY fact",
            token
        );
        return [.. late.Rows.Select(r => (r[0].GetString()!, r[1].GetInt64()))];
    }

    /// <summary>Makes the tables of a run that failed fit to go on.</summary>
    public async Task GoOnAsync(CancellationToken token)
    {
        await DropAsync($"^{prefix}.*_next$", "", token);
        await StopMergesAsync(token);
    }

    /// <summary>Rows that the node has landed, and how many of them it could not understand.</summary>
    public async Task<(long Read, long Unreadable)> CountsAsync(CancellationToken token)
    {
        var counts = await client.QueryAsync($"SELECT sum(read_rows), (SELECT count() FROM {Staging(Quarantine)}) FROM {Landed}", token);
        return (counts.Rows[0][0].GetInt64(), counts.Rows[0][1].GetInt64());
    }

    /// <summary>Stages rows for the quarantine that can't be landed.</summary>
    public async Task QuarantineAsync(IReadOnlyCollection<RefusedRow> rows, CancellationToken token)
    {
        if (rows.Count > 0)
        {
            await client.InsertAsync(
                Forgotten is null
                    ? $"INSERT INTO {Staging(Quarantine)} FORMAT JSONEachRow"
                    : $"INSERT INTO {Staging(Quarantine)} SELECT * FROM input() WHERE NOT {Forgotten.HasOneOf("key")} FORMAT JSONEachRow",
                async (stream, t) =>
                {
                    foreach (var row in rows)
                    {
                        await JsonSerializer.SerializeAsync(
                            stream,
                            new
                            {
                                extract = extract.Name,
                                key = row.Key,
                                cursor = row.Cursor,
                                reason = row.Reason,
                                _run = run,
                            },
                            cancellationToken: t
                        );
                    }
                },
                token,
                RangeStream.LandingSettings
            );
        }
    }

    /// <summary>
    /// Merges what is staged where rows of very many partitions made too many parts of it. Not while a range may still be taken back.
    /// </summary>
    public async Task CompactAsync(CancellationToken token)
    {
        foreach (var table in (await PartsAsync(token)).GroupBy(p => p.Table).Where(g => g.Count() > MostParts).Select(g => g.Key))
        {
            await client.ExecuteAsync($"SYSTEM START MERGES {client.Database}.{table}", token);
            await client.ExecuteAsync(
                $"OPTIMIZE TABLE {table} FINAL",
                token,
                new QueryOptions
                {
                    Timeout = TimeSpan.FromDays(1),
                    Settings = new Dictionary<string, string> { ["optimize_skip_merged_partitions"] = "1" },
                }
            );
            await client.ExecuteAsync($"SYSTEM STOP MERGES {client.Database}.{table}", token);
        }
    }

    /// <summary>How many parts each table has by now: where <see cref="RewindAsync"/> goes back to.</summary>
    public async Task<IReadOnlyDictionary<string, long>> MarkAsync(CancellationToken token)
    {
        var parts = await PartsAsync(token);
        return parts.GroupBy(p => p.Table).ToDictionary(g => g.Key, g => g.Max(p => p.Last));
    }

    /// <summary>
    /// Takes back what arrived since <paramref name="mark"/> (null: everything), once the server has ended the INSERTs that were broken off.
    /// </summary>
    /// <exception cref="WarehouseException">
    /// Parts were merged over the mark, as after a restart of the server; or an INSERT doesn't end.
    /// </exception>
    public async Task RewindAsync(IReadOnlyDictionary<string, long>? mark, CancellationToken token)
    {
        await WaitForStatementsAsync(token);
        await StopMergesAsync(token);
        foreach (var (table, part, first, last) in await PartsAsync(token))
        {
            var kept = mark?.GetValueOrDefault(table, -1) ?? -1;
            if (first <= kept && last > kept)
            {
                throw new WarehouseException(
                    $"{extract.Name}: part {part} of {table} holds rows of a range that has to be taken back and of earlier ones, so nothing was published; run the load again"
                );
            }

            if (last > kept)
            {
                await client.ExecuteAsync($"ALTER TABLE {table} DROP PART '{part}'", token);
            }
        }
    }

    private string SelectOf(FactDefinition fact, string more) =>
        fact.Select.Replace(
            "{landing}",
            $"(SELECT * EXCEPT (_unreadable) FROM {Landing} WHERE _unreadable = ''{more})",
            StringComparison.Ordinal
        );

    private DateOnly? GoneBefore(FactDefinition fact) => Kept.GetValueOrDefault(fact.Name)?.Before;

    private string Open(FactDefinition fact)
    {
        string?[] conditions =
        [
            GoneBefore(fact) is { } before ? $"NOT ifNull({Retention.Older(fact, before)}, false)" : null,
            NotForgotten(fact),
        ];
        var where = string.Join(" AND ", conditions.OfType<string>());
        return where.Length > 0 ? " WHERE " + where : "";
    }

    private string? NotForgotten(FactDefinition fact) =>
        Forgotten is not null && fact.SiteColumn is { } site ? "NOT " + Forgotten.Has(site) : null;

    private static string Flat(string name) => name.Replace('/', '_');

    private static string Quote(string name) => "`" + name.Replace("`", "``", StringComparison.Ordinal) + "`";

    // What landing gets of the columns that arrive: those that facts name, the key and the cursor, and what is computed of them. A document
    // that is parsed once is not carried on from view to view: that cost as much as parsing it.
    private string ParseList()
    {
        HashSet<string> named = [.. extract.Key, extract.Cursor, .. facts.SelectMany(f => SqlParameters.Identifiers(f.Select))];
        HashSet<string> used = [.. named, .. extract.Parse.Values.Append(extract.Unreadable).SelectMany(SqlParameters.Identifiers)];
        return string.Join(
            ", ",
            [
                .. columns.Where(c => named.Contains(c.Name)).Select(c => Quote(c.Name)),
                .. extract.Parse.Where(p => used.Contains(p.Key)).Select(p => $"{p.Value} AS {Quote(p.Key)}"),
                $"{extract.Unreadable} AS _unreadable",
            ]
        );
    }

    private async Task<List<(string Table, string Part, long First, long Last)>> PartsAsync(CancellationToken token)
    {
        var parts = await client.QueryAsync(
            "SELECT table, name, min_block_number, max_block_number FROM system.parts WHERE database = {database:String} AND startsWith(table, {prefix:String}) AND active",
            token,
            QueryOptions.With(("database", client.Database), ("prefix", prefix))
        );
        return [.. parts.Rows.Select(r => (r[0].GetString()!, r[1].GetString()!, r[2].GetInt64(), r[3].GetInt64()))];
    }

    // A request that is broken off ends here at once, but its statement on the server only when it has seen that: until then it may
    // make a table, or write a part.
    private async Task WaitForStatementsAsync(CancellationToken token)
    {
        for (var wait = Stopwatch.StartNew(); wait.Elapsed < StatementsEnd; await Task.Delay(20, token))
        {
            var going = await client.QueryAsync(
                "SELECT count() FROM system.processes WHERE position(query, {prefix:String}) > 0 AND query_id != queryID()",
                token,
                QueryOptions.With(("prefix", prefix))
            );
            if (going.Scalar.GetInt64() == 0)
            {
                return;
            }
        }

        throw new WarehouseException(
            $"{extract.Name}: ClickHouse still runs a statement that was broken off {StatementsEnd.TotalSeconds:0} s ago, so nothing was published; run the load again"
        );
    }

    /// <summary>
    /// From now on a part stays what one block made of it until it is published, so that a further range that breaks off can be taken back;
    /// of the first one everything is.
    /// </summary>
    public async Task StopMergesAsync(CancellationToken token)
    {
        foreach (var table in Targets.Select(Staging).Append(Landed).Concat(Closed.Any() ? [Late] : []))
        {
            await client.ExecuteAsync($"SYSTEM STOP MERGES {client.Database}.{table}", token);
        }
    }

    private Task ViewAsync(string target, string select, string path, CancellationToken token) =>
        DefineAsync(path, $"CREATE MATERIALIZED VIEW {target}_view TO {target} AS {select}", token);

    private async Task DefineAsync(string path, string statement, CancellationToken token)
    {
        try
        {
            await client.ExecuteAsync(statement, token);
        }
        catch (WarehouseException e) when (e.Code is not 0 and not 60 and not 81)
        {
            throw new DefinitionException(path, 0, e.Message, e);
        }
    }

    // Views first: a table that a view still writes to can't be dropped without breaking an INSERT that a killed run left behind.
    private async Task DropAsync(string pattern, string kept, CancellationToken token)
    {
        var tables = await client.QueryAsync(
            "SELECT name FROM system.tables WHERE database = {database:String} AND match(name, {pattern:String}) AND ({kept:String} = '' OR NOT startsWith(name, {kept:String})) ORDER BY engine != 'MaterializedView', engine != 'Null', name",
            token,
            QueryOptions.With(("database", client.Database), ("pattern", pattern), ("kept", kept))
        );
        foreach (var some in tables.Texts.Chunk(MostInStatement))
        {
            await client.ExecuteAsync($"DROP TABLE IF EXISTS {string.Join(", ", some)} SYNC", token);
        }
    }
}
