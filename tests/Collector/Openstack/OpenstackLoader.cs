using Npgsql;
using NpgsqlTypes;

namespace Collector.Openstack;

/// <summary>Loads a generated cloud's accounting into a collector's tables.</summary>
public static class OpenstackLoader
{
    private const NpgsqlDbType Id = NpgsqlDbType.Bigint,
        Whole = NpgsqlDbType.Integer,
        Text = NpgsqlDbType.Text,
        Instant = NpgsqlDbType.Timestamp;

    /// <summary>Fills the system's empty tables by binary COPY, all of them or none.</summary>
    /// <param name="connectionString">Where the tables are; any search path will do.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Outcome now and then.</param>
    /// <param name="cancellationToken">Stops; nothing remains.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CollectorException">A table is missing or not empty.</exception>
    /// <exception cref="NpgsqlException">The server refused, or isn't there.</exception>
    public static async Task<IReadOnlyList<FillResult>> FillAsync(
        string connectionString,
        OpenstackOptions options,
        IProgress<FillProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var generator = await Task.Run(() => new OpenstackGenerator(options), cancellationToken);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        List<FillResult> results = [];
        foreach (var (table, columns, types, rows) in Tables(generator))
        {
            await SystemFill.CheckAsync(connection, table, cancellationToken);
            results.Add(await RowCopy.CopyAsync(connection, table, columns, types, rows, progress, cancellationToken));
        }
        await transaction.CommitAsync(cancellationToken);
        return results;
    }

    // In an order in which each row finds what it refers to.
    private static IEnumerable<(string Table, string Columns, NpgsqlDbType[] Types, IEnumerable<object?[]> Rows)> Tables(
        OpenstackGenerator g
    ) =>
        [
            (
                "openstack.institution",
                "institution_id, institution_name",
                [Id, Text],
                g.Institutions.Select(i => new object?[] { i.Id, i.Name })
            ),
            (
                "openstack.moc_project",
                "moc_project_id, project_name, parent_moc_project_id",
                [Id, Text, Id],
                g.MocProjects.Select(p => new object?[] { p.Id, p.Name, p.ParentId })
            ),
            (
                "openstack.institution2moc_project",
                "moc_project_id, institution_id, percent_owned",
                [Id, Id, Whole],
                g.Ownerships.Select(o => new object?[] { o.MocProjectId, o.InstitutionId, o.PercentOwned })
            ),
            (
                "openstack.project",
                "project_id, moc_project_id, service_id, project_uuid",
                [Id, Id, Id, Text],
                g.Projects.Select(p => new object?[] { p.Id, p.MocProjectId, p.ServiceId, p.Uuid })
            ),
            (
                "openstack.poc",
                "poc_id, username, first_name, last_name, email, phone",
                [Id, Text, Text, Text, Text, Text],
                g.People.Select(p => new object?[] { p.Id, p.Username, p.FirstName, p.LastName, p.Email, p.Phone })
            ),
            (
                "openstack.poc2project",
                "project_id, poc_id, role_id",
                [Id, Id, Id],
                g.ProjectRoles.Select(r => new object?[] { r.OtherId, r.PocId, r.RoleId })
            ),
            (
                "openstack.poc2institution",
                "poc_id, institution_id, role_id",
                [Id, Id, Id],
                g.InstitutionRoles.Select(r => new object?[] { r.PocId, r.OtherId, r.RoleId })
            ),
            (
                "openstack.item_type",
                "item_type_id, item_definition, item_desc",
                [Id, Text, Text],
                g.Catalog.Types.Select(t => new object?[] { t.Id, t.Definition, t.Description })
            ),
            (
                "openstack.catalog_item",
                "catalog_item_id, item_type_id, create_ts, price, vcpus, ram_mb, disk_gb",
                [Id, Id, Instant, Whole, Whole, Whole, Whole],
                g.Catalog.Flavours.Select(f => new object?[] { f.Id, f.ItemTypeId, f.CreatedAt, f.Price, f.Vcpus, f.RamMb, f.DiskGb })
            ),
            (
                "openstack.item",
                "item_id, project_id, poc_id, item_name, item_uid, item_type_id",
                [Id, Id, Id, Text, Text, Id],
                g.Items.Select(i => new object?[] { i.Id, i.ProjectId, i.PocId, i.Name, i.Uid, i.ItemTypeId })
            ),
            (
                "openstack.item2item",
                "primary_item, secondary_item",
                [Id, Id],
                g.Links.Select(l => new object?[] { l.PrimaryId, l.SecondaryId })
            ),
            (
                "openstack.raw_item_ts",
                "item_id, catalog_item_id, state, start_ts, end_ts",
                [Id, Id, Text, Instant, Instant],
                g.Intervals.Select(i => new object?[] { i.ItemId, i.CatalogItemId, i.State, i.StartedAt, i.EndedAt })
            ),
        ];
}
