using System.Collections.Concurrent;
using Engines;
using Etl.Loading;
using Npgsql;
using WarehouseSql.ClickHouse;
using WarehouseSql.Definitions;

namespace EndToEnd.Tests;

/// <summary>
/// Databases whose tests have ended, emptied for the next one: to make a source and a warehouse takes a second of both cores, to empty
/// them a tenth. One whose tables, views or settings a test has changed isn't used again.
/// </summary>
internal sealed class UsedDatabases(EngineSet engines)
{
    // Everything that a test could change but rows: relations and their columns, constraints, functions, types, triggers, rights, settings.
    private const string SourceShape = """
        WITH own AS (SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname != 'information_schema')
        SELECT md5(string_agg(what, ';' ORDER BY what)) FROM (
          SELECT concat_ws(' ', n.nspname, n.nspacl, c.relname, c.relkind, c.relacl, c.reloptions, c.relrowsecurity, (
            SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)), ',' ORDER BY a.attnum)
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS what
          FROM pg_class c JOIN own n ON n.oid = c.relnamespace
          UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(c.oid)) FROM pg_constraint c JOIN own n ON n.oid = c.connamespace
          UNION ALL SELECT concat_ws(' ', p.oid::regprocedure, md5(p.prosrc)) FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
          UNION ALL SELECT concat_ws(' ', t.typname, t.typtype) FROM pg_type t JOIN own n ON n.oid = t.typnamespace
          UNION ALL SELECT concat_ws(' ', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal
          UNION ALL SELECT n.nspname FROM own n
          UNION ALL SELECT concat_ws(' ', setrole, setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
        ) AS shape
        """;

    private const string EmptySource = """
        DO $$
        DECLARE t text;
        BEGIN
          FOR t IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname != 'information_schema' AND pg_relation_size(c.oid) > 0 LOOP
            EXECUTE 'TRUNCATE ' || t || ' CASCADE';
          END LOOP;
          PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
        END $$
        """;

    private const string WarehouseShape = """
        SELECT toString(groupBitXor(cityHash64(name, replaceAll(create_table_query, concat(database, '.'), ''))))
          || (SELECT toString(groupBitXor(cityHash64(number, name, checksum))) FROM schema_migration FINAL)
        FROM system.tables
        WHERE database = currentDatabase()
        """;

    private readonly ConcurrentBag<string> sources = [];
    private readonly ConcurrentBag<string> warehouses = [];
    private string? sourceShape;
    private string? warehouseShape;

    /// <summary>A source is free.</summary>
    public void GiveSource(string name) => sources.Add(name);

    /// <summary>A warehouse is free.</summary>
    public void GiveWarehouse(string name) => warehouses.Add(name);

    /// <summary>What new sources are like.</summary>
    public async Task NoteNewSourceAsync(string name, CancellationToken token) =>
        sourceShape ??= (string?)await engines.Primary.ExecuteAsync(name, SourceShape, token);

    /// <summary>What new warehouses are like.</summary>
    public async Task NoteNewWarehouseAsync(ClickHouseClient client, CancellationToken token) =>
        warehouseShape ??= (await client.QueryAsync(WarehouseShape, token)).Scalar.GetString();

    /// <summary>An empty source with the collector's tables; null: there is none.</summary>
    public async Task<string?> TakeSourceAsync(CancellationToken token)
    {
        while (sources.TryTake(out var name))
        {
            try
            {
                await engines.Primary.ExecuteAsync(name, EmptySource, token);
                if ((string?)await engines.Primary.ExecuteAsync(name, SourceShape, token) == sourceShape)
                {
                    return name;
                }
            }
            catch (NpgsqlException) { }
        }

        return null;
    }

    /// <summary>An empty warehouse, migrated; null: there is none.</summary>
    public async Task<string?> TakeWarehouseAsync(CancellationToken token)
    {
        while (warehouses.TryTake(out var name))
        {
            using var client = new ClickHouseClient(new WarehouseOptions { Url = engines.ClickHouse.Url, Database = name });
            try
            {
                await EmptyAsync(client, token);
                if ((await client.QueryAsync(WarehouseShape, token)).Scalar.GetString() == warehouseShape)
                {
                    return name;
                }
            }
            catch (WarehouseException) { }
        }

        return null;
    }

    private static async Task EmptyAsync(ClickHouseClient client, CancellationToken token)
    {
        var kept = await client.QueryAsync(
            $"SELECT name FROM system.tables WHERE database = currentDatabase() AND position(as_select, '{KeptViews.Prefix}') > 0 AND engine = 'View'",
            token
        );
        foreach (var view in Project.Here.Views().Where(v => kept.Texts.Contains(v.Name)))
        {
            await client.ExecuteAsync(view.Create, token);
        }

        var tables = await client.QueryAsync(
            $"""
            SELECT if(match(name, '^({RunTables.Prefix}|{KeptViews.Prefix})'), 'DROP TABLE ', 'TRUNCATE TABLE ') || name || if(startsWith(name, '_'), ' SYNC', '')
            FROM system.tables
            WHERE database = currentDatabase() AND name != 'schema_migration' AND (match(name, '^({RunTables.Prefix}|{KeptViews.Prefix})') OR total_rows > 0)
            ORDER BY engine != 'MaterializedView', name
            """,
            token
        );
        foreach (var statement in tables.Texts)
        {
            await client.ExecuteAsync(statement, token);
        }
    }
}
