using Npgsql;

namespace Collector.Foreman;

/// <summary>Fills the empty tables of the system foreman with believable rows.</summary>
public static class ForemanLoader
{
    /// <summary>Fills all four tables in one transaction.</summary>
    /// <param name="connectionString">Where the tables are; any search path will do.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Outcome after every block of about a megabyte.</param>
    /// <param name="cancellationToken">Stops; nothing remains.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">A table is missing or not empty.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        ForemanOptions options,
        IProgress<FillProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var uploads = await Task.Run(() => ForemanGenerator.Uploads(options), cancellationToken);
        var proxies = Children(uploads, u => u.Proxies);
        var plugins = Children(uploads, u => u.Plugins);
        var resources = Children(uploads, u => u.ComputeResources);
        return await SystemFill.FillAsync(
            connectionString,
            [
                new TableRows(
                    "foreman.uploads",
                    "id, uuid, core_version, created_at, updated_at",
                    uploads.Count,
                    (block, i) => Write(block, i + 1, uploads[i])
                ),
                new TableRows(
                    "foreman.proxies",
                    "id, upload_id, version, features",
                    proxies.Length,
                    (block, i) => Write(block, i + 1, proxies[i])
                ),
                new TableRows(
                    "foreman.plugins",
                    "id, upload_id, name, version",
                    plugins.Length,
                    (block, i) => Write(block, i + 1, plugins[i])
                ),
                new TableRows(
                    "foreman.compute_resources",
                    "id, upload_id, type",
                    resources.Length,
                    (block, i) => Write(block, i + 1, resources[i])
                ),
            ],
            progress,
            cancellationToken
        );
    }

    private static (int Upload, T Child)[] Children<T>(IReadOnlyList<Upload> uploads, Func<Upload, IReadOnlyList<T>> children) =>
        [.. uploads.SelectMany((upload, i) => children(upload).Select(child => (i + 1, child)))];

    private static void Write(CopyBlock block, int id, Upload upload)
    {
        block.BeginRow(5);
        block.WriteInt(id);
        block.WriteText(upload.Uuid);
        block.WriteText(upload.CoreVersion);
        block.WriteTimestamp(upload.CreatedAt);
        block.WriteTimestamp(upload.UpdatedAt);
    }

    private static void Write(CopyBlock block, int id, (int Upload, Proxy Child) proxy)
    {
        block.BeginRow(4);
        block.WriteInt(id);
        block.WriteInt(proxy.Upload);
        block.WriteText(proxy.Child.Version);
        block.WriteTexts(proxy.Child.Features);
    }

    private static void Write(CopyBlock block, int id, (int Upload, Plugin Child) plugin)
    {
        block.BeginRow(4);
        block.WriteInt(id);
        block.WriteInt(plugin.Upload);
        block.WriteText(plugin.Child.Name);
        block.WriteText(plugin.Child.Version);
    }

    private static void Write(CopyBlock block, int id, (int Upload, string? Child) resource)
    {
        block.BeginRow(3);
        block.WriteInt(id);
        block.WriteInt(resource.Upload);
        block.WriteText(resource.Child);
    }
}
