using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Collector.Fuel;

/// <summary>Loads generated rows into fuel.oswl_stats. PostgreSQL numbers them, in the order in which they come.</summary>
public static class OswlLoader
{
    internal const string OswlStats = "fuel.oswl_stats";

    private const string Columns =
        "master_node_uid, external_id, cluster_id, created_date, updated_time, resource_type, resource_data, resource_checksum, version_info";

    private const int RowsPerReport = 5_000;

    /// <summary>Fills the empty table with what ran inside environments of the installations that <see cref="CollectorLoader"/> makes of the same options.</summary>
    /// <param name="connectionString">Where the table is; any search path will do.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Stops; nothing remains of what was added.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">The table is missing or not empty.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString, FuelOptions options, IProgress<FillProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var watch = Stopwatch.StartNew();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await CheckAsync(connection, cancellationToken);
        var rows = await Task.Run(new OswlGenerator(options).Rows, cancellationToken);
        long bytes = 0;
        await using (var import = await connection.BeginBinaryImportAsync($"COPY {OswlStats} ({Columns}) FROM STDIN (FORMAT binary)", cancellationToken))
        {
            for (var i = 0; i < rows.Count; i++)
            {
                bytes += await WriteAsync(import, rows[i], cancellationToken);
                if (i % RowsPerReport == RowsPerReport - 1)
                {
                    progress?.Report(new FillProgress(OswlStats, i + 1, bytes, rows.Count));
                }
            }
            await import.CompleteAsync(cancellationToken);
        }
        progress?.Report(new FillProgress(OswlStats, rows.Count, bytes, rows.Count));
        return [new FillResult(OswlStats, rows.Count, bytes, watch.Elapsed)];
    }

    // Returns about how many bytes went over.
    private static async Task<long> WriteAsync(NpgsqlBinaryImporter import, OswlRow row, CancellationToken cancellationToken)
    {
        await import.StartRowAsync(cancellationToken);
        await import.WriteAsync(row.MasterNodeUid, NpgsqlDbType.Text, cancellationToken);
        await import.WriteAsync(row.ExternalId, NpgsqlDbType.Integer, cancellationToken);
        await import.WriteAsync(row.ClusterId, NpgsqlDbType.Integer, cancellationToken);
        await import.WriteAsync(row.CreatedDate, NpgsqlDbType.Date, cancellationToken);
        await import.WriteAsync(row.UpdatedTime, NpgsqlDbType.Time, cancellationToken);
        await import.WriteAsync(row.ResourceType, NpgsqlDbType.Text, cancellationToken);
        await WriteDocumentAsync(import, row.ResourceData, cancellationToken);
        await import.WriteAsync(row.ResourceChecksum, NpgsqlDbType.Text, cancellationToken);
        await WriteDocumentAsync(import, row.VersionInfo, cancellationToken);
        return 100 + (row.ResourceData?.Length ?? 0) + (row.VersionInfo?.Length ?? 0);
    }

    private static Task WriteDocumentAsync(NpgsqlBinaryImporter import, string? document, CancellationToken cancellationToken) =>
        document is null ? import.WriteNullAsync(cancellationToken) : import.WriteAsync(document, NpgsqlDbType.Json, cancellationToken);

    private static async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM {OswlStats})", connection);
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                throw new CollectorException($"{OswlStats} is not empty; empty it");
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new CollectorException($"{OswlStats} doesn't exist; create it with `collector schema`", e);
        }
    }
}
