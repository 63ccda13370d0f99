using System.Globalization;
using Etl.Loading;
using Microsoft.Extensions.Configuration;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;
using WarehouseSql.Migrations;
using WarehouseSql.Programs;
using WarehouseSql.Runs;

namespace Etl.Backups;

/// <summary>Brings a backup back into an empty database, and makes sure that it is what was backed up.</summary>
internal sealed class Restore(IConfiguration configuration, Project project, TimeProvider time)
{
    // What a check restores into, for as long as it lasts.
    private const string Scratch = "_check";
    private const string Manifest = "_" + Backup.Manifest;
    private readonly WarehouseOptions options = WarehouseOptions.Read(configuration);

    /// <summary>Restores it for use: loads go on from there.</summary>
    /// <param name="name">The backup.</param>
    /// <param name="into">The database; null: the warehouse's own. It must have no tables.</param>
    /// <param name="progress">Is told what is done.</param>
    /// <param name="token">Cancels it; the database is to be dropped then.</param>
    /// <returns>How many rows were restored, and the time (UTC) whose rows they are.</returns>
    /// <exception cref="UserException">
    /// There is no such backup, the database isn't empty, or what came back differs from what was backed up.
    /// </exception>
    public async Task<(long Rows, DateTime At)> RunAsync(string name, string? into, Action<string> progress, CancellationToken token)
    {
        var target = options with { Database = string.IsNullOrEmpty(into) ? options.Database : into };
        var rows = await BringAsync(name, target.Database, progress, token);
        await WarehouseNodes.MigrateAsync(target, project, TableEngines.Read(configuration), progress, token);
        var nodes = ClickHouseClient.OfNodes(target);
        try
        {
            // What is there was compared, so nothing is lost; what was published since the ledger's moment was never noted.
            var run = await new RunLedger(nodes[0], time).NextRunAsync(token);
            foreach (var node in nodes)
            {
                await new PartitionCounts(node, [.. project.FactNames()], run).NoteAllAsync(token);
            }

            var own = (await BackupLog.ReadAsync(nodes[0], token)).FirstOrDefault(b => b.Name == name && b.Kind != "restore");
            var at = own?.At ?? time.GetUtcNow().UtcDateTime;
            if (own is not null)
            {
                await BackupLog.WriteAsync(nodes[0], own with { Outcome = "good", Rows = rows, FinishedAt = own.FinishedAt ?? at }, token);
            }

            var now = time.GetUtcNow().UtcDateTime;
            await BackupLog.WriteAsync(
                nodes[0],
                new BackupEntry(name, "restore", "", at)
                {
                    FinishedAt = now,
                    Outcome = "good",
                    Rows = rows,
                },
                token
            );
            return (rows, at);
        }
        finally
        {
            foreach (var node in nodes)
            {
                node.Dispose();
            }
        }
    }

    /// <summary>Restores it into a database for the moment, and compares all tables with what was backed up.</summary>
    /// <returns>How many rows were compared.</returns>
    /// <exception cref="UserException">As <see cref="RunAsync"/>.</exception>
    public async Task<long> CheckAsync(string name, Action<string> progress, CancellationToken token)
    {
        var scratch = options.Database + Scratch;
        await DropAsync(scratch, token);
        try
        {
            return await BringAsync(name, scratch, progress, token);
        }
        finally
        {
            await DropAsync(scratch, CancellationToken.None);
        }
    }

    private async Task<long> BringAsync(string name, string database, Action<string> progress, CancellationToken token)
    {
        var place = BackupPlace.Read(configuration, options.Nodes.Count);
        BackupPlace.Check(name);
        foreach (var url in options.Nodes)
        {
            using var server = new ClickHouseClient(options with { Database = "" }, url);
            await server.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS {database}", token);
            var tables = await server.QueryAsync(
                $"SELECT count() FROM system.tables WHERE database = '{database}' AND name NOT LIKE '\\_%'",
                token
            );
            if (tables.Scalar.GetInt64() > 0)
            {
                throw new UserException(
                    $"the database {database} of {url.Authority} isn't empty, and nothing is restored over what is there: name another one with INTO=, or drop it"
                );
            }
        }

        var rows = 0L;
        foreach (var (number, url) in options.Nodes.Index())
        {
            using var node = new ClickHouseClient(options with { Database = database }, url);
            var from = place.Of(name, number + 1);
            try
            {
                await node.ExecuteAsync(
                    $"RESTORE TABLE {Backup.Database}.{Backup.Manifest} AS {database}.{Manifest} FROM {from}",
                    token,
                    Backup.Whole
                );
            }
            catch (WarehouseException e) when (e.Code == 599)
            {
                throw new UserException($"there is no backup {name} where Warehouse__Backups says, or it isn't whole: {e.Message}", e);
            }

            var noted = await node.QueryAsync($"SELECT name, rows, toString(checksum) FROM {Manifest} ORDER BY name", token);
            progress($"{url.Authority}: restoring {noted.Rows.Count} tables into {database}");
            var list = string.Join(
                ", ",
                noted.Rows.Select(r => $"TABLE {Backup.Database}.{r[0].GetString()} AS {database}.{r[0].GetString()}")
            );
            await node.ExecuteAsync($"RESTORE {list} FROM {from}", token, Backup.Whole);
            foreach (var table in noted.Rows)
            {
                var expected = (table[1].GetInt64(), ulong.Parse(table[2].GetString()!, CultureInfo.InvariantCulture));
                var found = await Backup.CountAsync(node, table[0].GetString()!, token);
                rows += found.Rows;
                if (found != expected)
                {
                    throw new UserException(
                        $"the backup {name} is damaged: {table[0].GetString()} on {url.Authority} came back with {found.Rows} rows, and {expected.Item1} were backed up, or with other ones"
                    );
                }
            }

            await node.ExecuteAsync($"DROP TABLE {Manifest} SYNC", token);
        }

        return rows;
    }

    private async Task DropAsync(string database, CancellationToken token)
    {
        foreach (var url in options.Nodes)
        {
            using var server = new ClickHouseClient(options with { Database = "" }, url);
            await server.ExecuteAsync($"DROP DATABASE IF EXISTS {database} SYNC", token);
        }
    }
}
