using Collector.Fuel;
using Npgsql;

namespace Collector;

/// <summary>Loads generated rows into a collector's tables. PostgreSQL numbers them, in the order in which they come.</summary>
public static class CollectorLoader
{
    internal const string ActionLogs = "fuel.action_logs";
    internal const string InstallationStructures = "fuel.installation_structures";

    private const string ActionLogColumns = "master_node_uid, external_id, body, action_type, action_name";
    private const string StructureColumns = "master_node_uid, structure, creation_date, modification_date, is_filtered, release";

    /// <summary>Fills both tables of fuel at once, over a connection each; each table gets all its rows or none.</summary>
    /// <param name="connectionString">Where the tables are; any search path will do.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Outcome after every block of about a megabyte, by either table's task.</param>
    /// <param name="append">Adds to what is there instead of refusing; needs another seed than the one that made it.</param>
    /// <param name="cancellationToken">Stops; nothing of an unfinished table remains.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">A table is missing, not empty, or holds the same installations already.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        FuelOptions options,
        IProgress<FillProgress>? progress = null,
        bool append = false,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var connection = await source.OpenConnectionAsync(cancellationToken))
        {
            foreach (var table in (string[])[ActionLogs, InstallationStructures])
            {
                await SystemFill.CheckAsync(
                    connection,
                    table,
                    cancellationToken,
                    append ? null : "empty it, or add to it with --append and another --seed"
                );
            }
        }
        var generator = await Task.Run(() => new FuelGenerator(options), cancellationToken);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await Task.WhenAll(
            StopOthersOnFailure(
                CopyAsync(
                    source,
                    ActionLogs,
                    ActionLogColumns,
                    ActionLogFill(generator, options),
                    progress,
                    generator.ActionLogCount,
                    either.Token
                )
            ),
            StopOthersOnFailure(
                CopyAsync(
                    source,
                    InstallationStructures,
                    StructureColumns,
                    StructureFill(generator, options),
                    progress,
                    generator.InstallationStructureCount,
                    either.Token
                )
            )
        );

        async Task<FillResult> StopOthersOnFailure(Task<FillResult> copy)
        {
            try
            {
                return await copy;
            }
            catch
            {
                await either.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>Adds these action logs in one transaction, as a collector does with a late batch.</summary>
    /// <exception cref="CollectorException">The table is missing, or holds one of the operations already.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<FillResult> AddAsync(
        string connectionString,
        IEnumerable<ActionLog> rows,
        CancellationToken cancellationToken = default
    )
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        using var reader = rows.GetEnumerator();
        return await CopyAsync(source, ActionLogs, ActionLogColumns, Fill, null, null, cancellationToken);

        bool Fill(CopyBlock block)
        {
            if (!reader.MoveNext())
            {
                return false;
            }
            var row = reader.Current;
            block.BeginRow(5);
            block.WriteText(row.MasterNodeUid);
            block.WriteInt(row.ExternalId);
            block.WriteBytes(row.Body.Span);
            block.WriteText(row.ActionType);
            block.WriteText(row.ActionName);
            return true;
        }
    }

    // Documents go straight into the block: no row exists as an object on the way.
    private static Func<CopyBlock, bool> ActionLogFill(FuelGenerator generator, FuelOptions options)
    {
        var document = new ActionLogDocument(options.Seed);
        var next = 0;
        return block =>
        {
            if (next == generator.ActionLogCount)
            {
                return false;
            }
            ref readonly var action = ref generator.Actions[next++];
            var installation = generator.InstallationOf(action);
            var isNamed = generator.IsNamed(action);
            block.BeginRow(5);
            block.WriteText(installation.Uid);
            block.WriteInt(action.ExternalId);
            var start = block.BeginValue();
            document.Write(action, installation, block);
            block.EndValue(start);
            block.WriteText(isNamed ? action.Operation.Type() : null);
            block.WriteText(isNamed ? action.Operation.Name() : null);
            return true;
        };
    }

    private static Func<CopyBlock, bool> StructureFill(FuelGenerator generator, FuelOptions options)
    {
        var document = new StructureDocument(options);
        var next = 0;
        return block =>
        {
            if (next == generator.InstallationStructureCount)
            {
                return false;
            }
            var installation = generator.Structures[next++];
            var (created, modified) = generator.StructureDates(installation);
            block.BeginRow(6);
            block.WriteText(installation.Uid);
            var start = block.BeginValue();
            document.Write(installation, block);
            block.EndValue(start);
            block.WriteTimestamp(created);
            block.WriteTimestamp(modified);
            block.WriteBoolean(installation.IsFiltered);
            block.WriteText(generator.ReleaseColumn(installation));
            return true;
        };
    }

    private static async Task<FillResult> CopyAsync(
        NpgsqlDataSource source,
        string table,
        string columns,
        Func<CopyBlock, bool> fill,
        IProgress<FillProgress>? progress,
        int? rowsExpected,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return await CopyStream.CopyAsync(connection, table, columns, fill, progress, rowsExpected, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new CollectorException($"{table} already holds some of these rows; nothing was added to it, use another --seed", e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new CollectorException($"{table} doesn't exist; create it with `collector schema`", e);
        }
    }
}

/// <summary>The collector's database isn't in the state that the request needs; the message says what to do.</summary>
public sealed class CollectorException(string message, Exception? inner = null) : Exception(message, inner);
