using System.Globalization;
using Etl.Loading;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;

namespace Etl.Backups;

/// <summary>Backups of a whole warehouse: facts, what outlives them, quarantine, the ledgers of loads and of mails.</summary>
/// <remarks>
/// What is backed up are clones, which ClickHouse makes of links within a moment: first the ledgers' tables, then the facts', with nothing
/// removed meanwhile. A load that publishes in between is in the facts and not in the ledger: after a restore it is read again, and its
/// rows collapse on their keys. What is computed (views, functions) is made anew by a restore.
/// </remarks>
internal sealed class Backup(IConfiguration configuration, Project project, TimeProvider time) : IDisposable
{
    /// <summary>The database that tables are in within a backup, whatever the warehouse's is called.</summary>
    public const string Database = "warehouse";

    /// <summary>What was in each table of a node: a table of the backup's own.</summary>
    public const string Manifest = "etl_manifest";

    private const string Prefix = "_backup_";
    private const int FullDays = 30;

    // A lock that was given back is free within about a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>No limit of time, and rows as readers see them.</summary>
    public static readonly QueryOptions Whole = new()
    {
        Timeout = TimeSpan.FromDays(1),
        Settings = new Dictionary<string, string>
        {
            ["final"] = "1",
            ["max_execution_time"] = "0",
            ["async_insert"] = "0",
        },
    };

    private readonly WarehouseOptions options = WarehouseOptions.Read(configuration);
    private IReadOnlyList<ClickHouseClient>? clients;

    private IReadOnlyList<ClickHouseClient> Nodes => clients ??= ClickHouseClient.OfNodes(options);

    /// <summary>Makes one.</summary>
    /// <param name="name">Its name; null: of the time.</param>
    /// <param name="full">Whether it has everything, also where an earlier one could be gone on from.</param>
    /// <param name="progress">Is told what is done.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="UserException">
    /// Another one goes on, the warehouse failed or isn't what it is taken for, or the place isn't one that it may write to.
    /// </exception>
    public async Task<BackupEntry> RunAsync(string? name, bool full, Action<string> progress, CancellationToken token)
    {
        var place = BackupPlace.Read(configuration, Nodes.Count);
        await WarehouseNodes.CheckAsync(Nodes, project, token);
        await using var held =
            await QueryLock.TakeAsync(Nodes[0], $"backup {options.Database}", Patience, token)
            ?? throw new WarehouseException("a backup is being made already; run it again when that has ended");
        var (began, at) = (time.GetTimestamp(), time.GetUtcNow().UtcDateTime);
        var known = await BackupLog.ReadAsync(Nodes[0], token);
        var from = full
            ? null
            : known.FirstOrDefault(b => b is { Kind: "full", IsGoodBackup: true } && at - b.At < TimeSpan.FromDays(FullDays));
        var entry = new BackupEntry(
            BackupPlace.Check(name ?? at.ToString("yyyy-MM-dd'T'HHmmss", CultureInfo.InvariantCulture)),
            from is null ? "full" : "incremental",
            from?.Name ?? "",
            at
        );
        if (known.Any(b => b.Name == entry.Name && b.IsGoodBackup))
        {
            throw new UserException($"there is a backup {entry.Name} already");
        }

        await BackupLog.WriteAsync(Nodes[0], entry, token);
        try
        {
            entry = entry with { Rows = await CopyAsync(place, entry, progress, token), Outcome = "good" };
        }
        catch (Exception e)
        {
            entry = entry with { Outcome = "failed", Error = e is OperationCanceledException ? "stopped" : CleanText.Line(e.Message) };
            throw;
        }
        finally
        {
            entry = entry with { FinishedAt = time.GetUtcNow().UtcDateTime, Seconds = time.GetElapsedTime(began).TotalSeconds };
            await BackupLog.WriteAsync(Nodes[0], entry, CancellationToken.None);
        }

        return entry;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var node in clients ?? [])
        {
            node.Dispose();
        }
    }

    /// <summary>How many rows a table has, and a checksum of all of them.</summary>
    /// <exception cref="WarehouseException">The node failed.</exception>
    public static async Task<(long Rows, ulong Sum)> CountAsync(ClickHouseClient node, string table, CancellationToken token)
    {
        var found = await node.QueryAsync($"SELECT count(), toString(sum(cityHash64(*))) FROM {table}", token, Whole);
        return (
            found.Rows[0][0].GetInt64(),
            ulong.Parse(found.Rows[0][1].GetString() is { Length: > 0 } sum ? sum : "0", CultureInfo.InvariantCulture)
        );
    }

    private async Task<long> CopyAsync(BackupPlace place, BackupEntry entry, Action<string> progress, CancellationToken token)
    {
        var tables = new List<IReadOnlyList<string>>();
        foreach (var node in Nodes)
        {
            await DropClonesAsync(node, token);
            tables.Add([
                .. (
                    await node.QueryAsync(
                        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE '\\_%' ORDER BY name",
                        token
                    )
                ).Texts.Select(t => t!),
            ]);
        }

        try
        {
            await CloneAsync(tables, token);
            var rows = 0L;
            foreach (var (number, node) in Nodes.Index())
            {
                rows += await NoteAsync(node, tables[number], token);
                progress(
                    $"{node.Url.Authority}: {ProgressLine.Number(rows)} rows of {tables[number].Count} tables are copied to {entry.Name}"
                );
                var list = string.Join(", ", tables[number].Append(Manifest).Select(t => $"TABLE {Prefix}{t} AS {Database}.{t}"));
                var settings = entry.Base.Length == 0 ? "" : $" SETTINGS base_backup = {place.Of(entry.Base, number + 1)}";
                await node.ExecuteAsync($"BACKUP {list} TO {place.Of(entry.Name, number + 1)}{settings}", token, Whole);
            }

            return rows;
        }
        finally
        {
            foreach (var node in Nodes)
            {
                await DropClonesAsync(node, CancellationToken.None);
            }
        }
    }

    // Ledgers first: what is published meanwhile is then only read again.
    private async Task CloneAsync(List<IReadOnlyList<string>> tables, CancellationToken token)
    {
        var facts = project.Facts();
        HashSet<string> second =
        [
            .. facts.Keys,
            "etl_retention",
            .. project.Views().Where(v => v.Outlives is not null).Select(v => v.PastTable),
        ];
        for (var i = 0; i < Nodes.Count; i++)
        {
            await CloneAsync(Nodes[i], tables[i].Where(t => !second.Contains(t)), token);
        }

        // What is removed in between would be neither in the rows nor in their sums.
        var kept = await new Retention(Nodes, TableEngines.Read(configuration), project, time).OfAsync(facts.Values, token);
        var locks = new List<IAsyncDisposable>();
        try
        {
            foreach (var extract in project.Extracts().Where(e => e.Facts.Any(kept.ContainsKey)))
            {
                locks.Add(await Retention.LockAsync(Nodes[0], extract, token));
            }

            for (var i = 0; i < Nodes.Count; i++)
            {
                await CloneAsync(Nodes[i], tables[i].Where(second.Contains), token);
            }
        }
        finally
        {
            await Task.WhenAll(locks.Select(l => l.DisposeAsync().AsTask()));
        }
    }

    private static async Task CloneAsync(ClickHouseClient node, IEnumerable<string> tables, CancellationToken token)
    {
        foreach (var table in tables)
        {
            await node.ExecuteAsync($"CREATE TABLE {Prefix}{table} CLONE AS {table}", token);
        }
    }

    private static async Task<long> NoteAsync(ClickHouseClient node, IReadOnlyList<string> tables, CancellationToken token)
    {
        var all = 0L;
        await node.ExecuteAsync(
            $"CREATE TABLE {Prefix}{Manifest} (name String, rows UInt64, checksum UInt64) ENGINE = MergeTree ORDER BY name",
            token
        );
        foreach (var table in tables)
        {
            var (rows, sum) = await CountAsync(node, Prefix + table, token);
            all += rows;
            await node.ExecuteAsync(
                string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {Prefix}{Manifest} VALUES ('{table}', {rows}, {sum})"),
                token,
                Whole
            );
        }

        return all;
    }

    private static async Task DropClonesAsync(ClickHouseClient node, CancellationToken token)
    {
        var left = await node.QueryAsync(
            $"SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '{Prefix}')",
            token
        );
        foreach (var table in left.Texts)
        {
            await node.ExecuteAsync($"DROP TABLE IF EXISTS {table} SYNC", token);
        }
    }
}
