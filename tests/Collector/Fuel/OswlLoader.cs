using Npgsql;
using NpgsqlTypes;

namespace Collector.Fuel;

/// <summary>Loads generated rows into fuel.oswl_stats. PostgreSQL numbers them, in the order in which they come.</summary>
public static class OswlLoader
{
    internal const string OswlStats = "fuel.oswl_stats";

    private const string Columns =
        "master_node_uid, external_id, cluster_id, created_date, updated_time, resource_type, resource_data, resource_checksum, version_info";

    private static readonly NpgsqlDbType[] s_types =
    [
        NpgsqlDbType.Text,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Date,
        NpgsqlDbType.Time,
        NpgsqlDbType.Text,
        NpgsqlDbType.Json,
        NpgsqlDbType.Text,
        NpgsqlDbType.Json,
    ];

    /// <summary>
    /// Fills the empty table with what ran inside environments of the installations that <see cref="CollectorLoader"/> makes of the same
    /// options.
    /// </summary>
    /// <param name="connectionString">Where the table is; any search path will do.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Outcome now and then.</param>
    /// <param name="cancellationToken">Stops; nothing remains of what was added.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">The table is missing or not empty.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        FuelOptions options,
        IProgress<FillProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await SystemFill.CheckAsync(connection, OswlStats, cancellationToken, "empty it");
        var rows = await Task.Run(new OswlGenerator(options).Rows, cancellationToken);
        return [await RowCopy.CopyAsync(connection, OswlStats, Columns, s_types, rows.Select(Values), progress, cancellationToken)];
    }

    private static object?[] Values(OswlRow row) =>
        [
            row.MasterNodeUid,
            row.ExternalId,
            row.ClusterId,
            row.CreatedDate,
            row.UpdatedTime,
            row.ResourceType,
            row.ResourceData,
            row.ResourceChecksum,
            row.VersionInfo,
        ];
}
