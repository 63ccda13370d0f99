using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Collector.Fuel;

/// <summary>Loads generated rows into fuel.tasks_history.</summary>
public static class TaskHistoryLoader
{
    private const string Table = "fuel.tasks_history";

    /// <summary>Fills the table, whole or not at all.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString, FuelOptions options, IProgress<FillProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var watch = Stopwatch.StartNew();
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync(
            $"COPY {Table} (master_node_uid, deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status, summary) FROM STDIN (FORMAT binary)",
            cancellationToken);
        var (rows, bytes) = (0L, 0L);
        foreach (var row in new TaskHistory(options).Rows())
        {
            await WriteAsync(copy, row, cancellationToken);
            bytes += row.Summary?.Length ?? 0;
            if (++rows % 10_000 == 0)
            {
                progress?.Report(new FillProgress(Table, rows, bytes, null));
            }
        }

        await copy.CompleteAsync(cancellationToken);
        return [new FillResult(Table, rows, bytes, watch.Elapsed)];
    }

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, TaskRow row, CancellationToken token)
    {
        await copy.StartRowAsync(token);
        await copy.WriteAsync(row.MasterNodeUid, NpgsqlDbType.Varchar, token);
        await copy.WriteAsync(row.DeploymentTaskId, NpgsqlDbType.Integer, token);
        await copy.WriteAsync(row.ClusterId, NpgsqlDbType.Integer, token);
        await copy.WriteAsync(row.TaskName, NpgsqlDbType.Text, token);
        await copy.WriteAsync(row.NodeId, NpgsqlDbType.Text, token);
        await copy.WriteAsync(Unspecified(row.TimeStart), NpgsqlDbType.Timestamp, token);
        await copy.WriteAsync(Unspecified(row.TimeEnd), NpgsqlDbType.Timestamp, token);
        await copy.WriteAsync(row.Status, NpgsqlDbType.Text, token);
        await copy.WriteAsync(row.Summary, NpgsqlDbType.Json, token);
    }

    // Npgsql takes no UTC for a timestamp without zone.
    private static DateTime? Unspecified(DateTime? time) => time is { } t ? DateTime.SpecifyKind(t, DateTimeKind.Unspecified) : null;
}
