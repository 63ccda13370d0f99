using Npgsql;
using NpgsqlTypes;

namespace Collector.Fuel;

/// <summary>Loads generated rows into fuel.tasks_history.</summary>
public static class TaskHistoryLoader
{
    private const string Table = "fuel.tasks_history";

    private const string Columns =
        "master_node_uid, deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status, summary";

    private static readonly NpgsqlDbType[] s_types =
    [
        NpgsqlDbType.Varchar,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Timestamp,
        NpgsqlDbType.Timestamp,
        NpgsqlDbType.Text,
        NpgsqlDbType.Json,
    ];

    /// <summary>Fills the table, whole or not at all.</summary>
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
        await SystemFill.CheckAsync(connection, Table, cancellationToken);
        return
        [
            await RowCopy.CopyAsync(
                connection,
                Table,
                Columns,
                s_types,
                new TaskHistory(options).Rows().Select(Values),
                progress,
                cancellationToken
            ),
        ];
    }

    private static object?[] Values(TaskRow row) =>
        [
            row.MasterNodeUid,
            row.DeploymentTaskId,
            row.ClusterId,
            row.TaskName,
            row.NodeId,
            Unspecified(row.TimeStart),
            Unspecified(row.TimeEnd),
            row.Status,
            row.Summary,
        ];

    // Npgsql takes no UTC for a timestamp without zone.
    private static DateTime? Unspecified(DateTime? time) => time is { } t ? DateTime.SpecifyKind(t, DateTimeKind.Unspecified) : null;
}
