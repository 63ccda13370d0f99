using System.Globalization;
using System.Text.RegularExpressions;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace WarehouseSql.Migrations;

/// <summary>Brings a node to the state that <c>warehouse-sql/</c> describes: migrations, then functions, then views.</summary>
/// <param name="client">The node, with the warehouse's database.</param>
/// <param name="project">The project whose <c>warehouse-sql/</c> is meant.</param>
/// <param name="engines">What the placeholders of table engines stand for.</param>
public sealed partial class Migrator(ClickHouseClient client, Project project, TableEngines engines)
{
    private static readonly QueryOptions AsReports = new() { Settings = SharedSql.Settings };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Applies what is missing. Safe when two run at once: the second waits, and then finds nothing to do.</summary>
    /// <returns>The names of the migrations that this call applied.</returns>
    /// <exception cref="DefinitionException">
    /// An applied migration was changed or is gone, a new one comes before an applied one, or a statement fails.
    /// </exception>
    /// <exception cref="WarehouseException">The node failed, or another migration held the lock for over a minute.</exception>
    public async Task<IReadOnlyList<string>> ApplyAsync(Action<string> progress, CancellationToken token)
    {
        var files = MigrationFile.ReadAll(MigrationFile.FolderIn(project));
        using var server = client.WithDatabase("");
        await server.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS {client.Database}", token);

        var taken =
            await QueryLock.TakeAsync(client, $"migrate {client.Database}", Patience, token)
            ?? throw new WarehouseException(
                $"another migration of database {client.Database} has been running for over {Patience.TotalSeconds:0} s; wait for it, or end it: KILL QUERY WHERE query_id = 'migrate {client.Database}'"
            );
        await using (taken)
        {
            await client.ExecuteAsync(
                engines.Expand(
                    "CREATE TABLE IF NOT EXISTS schema_migration (number UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = {ReplacingMergeTree} ORDER BY number"
                ),
                token
            );
            var pending = Pending(files, await AppliedAsync(token));
            foreach (var file in pending)
            {
                progress($"migration {file.Name}");
                await ApplyAsync(file, token);
            }

            await RunAsync(project.PathOf("warehouse-sql", "functions", "clickhouse.sql"), token);
            await RunAsync(project.PathOf("warehouse-sql", "functions", "facts.sql"), token);
            var (views, checksum) = project.ViewSet();
            var kept = pending.Count == 0 ? await KeptAsync(checksum, token) : [];
            foreach (var view in views.Where(v => !kept.Contains(v.Name)))
            {
                if (view.Outlives is not null)
                {
                    await RunAsync(new SqlStatement(PastOf(view), view.BodyLine), view.Path, token, AsReports);
                }

                await RunAsync(new SqlStatement(view.Create, view.BodyLine), view.Path, token);
            }

            return [.. pending.Select(f => f.Name)];
        }
    }

    /// <summary>The names of the migrations that <see cref="ApplyAsync"/> would apply now.</summary>
    /// <exception cref="DefinitionException">As there.</exception>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken token)
    {
        using var server = client.WithDatabase("");
        var known = await server.QueryAsync(
            "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'schema_migration'",
            token,
            QueryOptions.With(("database", client.Database))
        );
        var applied = known.Scalar.GetInt64() > 0 ? await AppliedAsync(token) : [];
        return [.. Pending(MigrationFile.ReadAll(MigrationFile.FolderIn(project)), applied).Select(f => f.Name)];
    }

    // The views that read rows which a load kept of them, as they are in the files now: made anew, they would read their facts again, and
    // answer more slowly until the next load.
    private async Task<HashSet<string>> KeptAsync(string checksum, CancellationToken token)
    {
        var kept = await client.QueryAsync(
            """
            SELECT view.name
            FROM (
              SELECT name, extract(as_select, '\\b_kept_[0-9]+_\\w+') AS rows
              FROM system.tables
              WHERE database = currentDatabase() AND engine = 'View') AS view
            JOIN (
              SELECT name
              FROM system.tables
              WHERE database = currentDatabase() AND startsWith(name, '_kept_') AND comment = {checksum:String}) AS kept
              ON kept.name = view.rows
            """,
            token,
            QueryOptions.With(("checksum", checksum))
        );
        return [.. kept.Texts];
    }

    /// <summary>The columns that applied migrations added to tables that were there already.</summary>
    /// <returns>Table, column, and when (microseconds since 1970, as runs are numbered).</returns>
    /// <exception cref="WarehouseException">The server failed, or has no such warehouse.</exception>
    public async Task<IReadOnlyList<(string Table, string Column, long AppliedAt)>> AddedColumnsAsync(CancellationToken token)
    {
        var applied = await client.QueryAsync(
            "SELECT number, toUnixTimestamp64Milli(applied_at) * 1000 FROM schema_migration FINAL",
            token
        );
        var times = applied.Rows.ToDictionary(r => r[0].GetInt32(), r => r[1].GetInt64());
        return
        [
            .. from file in MigrationFile.ReadAll(MigrationFile.FolderIn(project))
            where times.ContainsKey(file.Number)
            from statement in SqlStatements.Split(file.Text)
            let table = Altered().Match(statement.Sql)
            where table.Success
            from Match column in Added().Matches(statement.Sql)
            select (table.Groups[1].Value, column.Groups[1].Value, times[file.Number]),
        ];
    }

    private string PastOf(ViewDefinition view) =>
        engines.Expand(
            $"CREATE TABLE IF NOT EXISTS {view.PastTable} ENGINE = {{MergeTree}} PARTITION BY toYYYYMM({view.OutlivedBy}) ORDER BY {view.OutlivedBy} EMPTY AS {view.Sql}"
        );

    private static List<MigrationFile> Pending(IReadOnlyList<MigrationFile> files, Dictionary<int, (string Name, string Checksum)> applied)
    {
        var faults = new List<DefinitionException>();
        foreach (var (number, (name, checksum)) in applied)
        {
            if (files.FirstOrDefault(f => f.Number == number) is not { } file)
            {
                faults.Add(
                    new DefinitionException(
                        $"warehouse-sql/migrations/{name}.sql",
                        0,
                        "was applied to this warehouse, but the file is gone; is this checkout older than the warehouse?"
                    )
                );
            }
            else if (file.Checksum != checksum)
            {
                faults.Add(
                    new DefinitionException(
                        file.Path,
                        0,
                        "was changed after it was applied to this warehouse; take the change back, and put it into a new migration"
                    )
                );
            }
        }

        var last = applied.Count == 0 ? 0 : applied.Keys.Max();
        var pending = files.Where(f => !applied.ContainsKey(f.Number)).ToList();
        faults.AddRange(
            pending
                .Where(f => f.Number < last)
                .Select(f => new DefinitionException(
                    f.Path,
                    0,
                    $"comes before {last:0000}, which was applied already; give it a higher number"
                ))
        );
        return DefinitionException.Of(faults) is { } fault ? throw fault : pending;
    }

    private async Task<Dictionary<int, (string Name, string Checksum)>> AppliedAsync(CancellationToken token)
    {
        var table = await client.QueryAsync("SELECT number, name, checksum FROM schema_migration FINAL ORDER BY number", token);
        return table.Rows.ToDictionary(r => r[0].GetInt32(), r => (r[1].GetString()!, r[2].GetString()!));
    }

    // ClickHouse has no transactional DDL: a migration that fails half-way is applied again from its start, so its statements say IF [NOT]
    // EXISTS.
    private async Task ApplyAsync(MigrationFile file, CancellationToken token)
    {
        foreach (var statement in SqlStatements.Split(file.Text))
        {
            if (Creation().IsMatch(statement.Sql) && !statement.Sql.Contains("EXISTS", StringComparison.OrdinalIgnoreCase))
            {
                throw new DefinitionException(
                    file.Path,
                    statement.Line,
                    "expected CREATE … IF NOT EXISTS or DROP … IF EXISTS, so that the migration can be repeated after a failure; found neither"
                );
            }

            await RunAsync(statement, file.Path, token);
        }

        await client.ExecuteAsync(
            "INSERT INTO schema_migration (number, name, checksum) SELECT {number:UInt32}, {name:String}, {checksum:String}",
            token,
            QueryOptions.With(
                ("number", file.Number.ToString(CultureInfo.InvariantCulture)),
                ("name", file.Name),
                ("checksum", file.Checksum)
            )
        );
    }

    private async Task RunAsync(string path, CancellationToken token)
    {
        if (File.Exists(path))
        {
            foreach (var statement in SqlStatements.Split(await File.ReadAllTextAsync(path, token)))
            {
                await RunAsync(statement, path, token);
            }
        }
    }

    private async Task RunAsync(SqlStatement statement, string path, CancellationToken token, QueryOptions? options = null)
    {
        try
        {
            await client.ExecuteAsync(engines.Expand(statement.Sql), token, options);
        }
        catch (WarehouseException e) when (e.Code != 0)
        {
            throw new DefinitionException(path, statement.Line, e.Message, e);
        }
    }

    [GeneratedRegex(@"^\s*(?:--[^\n]*\n\s*)*ALTER\s+TABLE\s+(\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex Altered();

    [GeneratedRegex(@"\bADD\s+COLUMN\s+IF\s+NOT\s+EXISTS\s+(\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex Added();

    [GeneratedRegex(@"^\s*(--[^\n]*\n\s*)*(CREATE\s+TABLE|DROP)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Creation();
}
