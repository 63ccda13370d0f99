using Npgsql;

namespace Collector.Pulp;

/// <summary>Fills the empty tables of the system pulp with believable rows.</summary>
public static class PulpLoader
{
    /// <summary>Fills both tables in one transaction.</summary>
    /// <param name="connectionString">Where the tables are; any search path will do.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Outcome after every block of about a megabyte.</param>
    /// <param name="cancellationToken">Stops; nothing remains.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">A table is missing or not empty.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        PulpOptions options,
        IProgress<FillProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var checkIns = await Task.Run(() => PulpGenerator.CheckIns(options), cancellationToken);
        (long CheckIn, ComponentVersion Component)[] components =
        [
            .. checkIns.SelectMany((checkIn, i) => checkIn.Components.Select(component => (i + 1L, component))),
        ];
        return await SystemFill.FillAsync(
            connectionString,
            [
                new TableRows(
                    "pulp.pulpanalytics_system",
                    "id, system_id, created, first_seen, postgresql_version, users, groups, domains, custom_access_policies, custom_roles, "
                        + "content_app_processes, content_app_hosts, worker_processes, worker_hosts",
                    checkIns.Count,
                    (block, i) => Write(block, i + 1, checkIns[i])
                ),
                new TableRows(
                    "pulp.pulpanalytics_component",
                    "id, name, version, system_id",
                    components.Length,
                    (block, i) => Write(block, i + 1, components[i].CheckIn, components[i].Component)
                ),
            ],
            progress,
            cancellationToken
        );
    }

    private static void Write(CopyBlock block, long id, CheckIn checkIn)
    {
        block.BeginRow(14);
        block.WriteLong(id);
        block.WriteUuid(checkIn.System);
        block.WriteTimestamp(checkIn.CreatedAt);
        block.WriteTimestamp(checkIn.FirstSeenAt);
        block.WriteInt(checkIn.PostgresqlVersion);
        block.WriteIntOrNull(checkIn.Access.Users);
        block.WriteIntOrNull(checkIn.Access.Groups);
        block.WriteIntOrNull(checkIn.Access.Domains);
        block.WriteIntOrNull(checkIn.Access.Policies);
        block.WriteIntOrNull(checkIn.Access.Roles);
        block.WriteIntOrNull(checkIn.Size.ContentProcesses);
        block.WriteIntOrNull(checkIn.Size.ContentHosts);
        block.WriteIntOrNull(checkIn.Size.WorkerProcesses);
        block.WriteIntOrNull(checkIn.Size.WorkerHosts);
    }

    private static void Write(CopyBlock block, long id, long checkIn, ComponentVersion component)
    {
        block.BeginRow(4);
        block.WriteLong(id);
        block.WriteText(component.Name);
        block.WriteText(component.Version);
        block.WriteLong(checkIn);
    }
}
