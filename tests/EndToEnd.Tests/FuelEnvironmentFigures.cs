namespace EndToEnd.Tests;

/// <summary>
/// The questions about installations' present environments and nodes in PostgreSQL's SQL over the collector's own tables, written from
/// what is said about the collector and not from the warehouse's SQL. The reports' parameters are @release, @status … ('' for all).
/// </summary>
internal static class FuelEnvironmentFigures
{
    /// <summary>Installations that aren't set aside, with what they sent.</summary>
    public const string Site = """
        site AS MATERIALIZED (
          SELECT master_node_uid AS uid, structure::jsonb AS said, coalesce(modification_date, creation_date) AS changed,
            coalesce(nullif(coalesce(release, structure::jsonb#>>'{fuel_release,release}'), ''), 'unknown') AS release
          FROM installation_structures WHERE is_filtered IS NOT TRUE)
        """;

    private const string Cluster = $"""
        {Site},
        cluster AS MATERIALIZED (
          SELECT uid, c, c->'attributes' AS attributes, c->'network_configuration' AS network
          FROM site, jsonb_array_elements(said->'clusters') AS c
          WHERE @release = '' OR release = @release),
        chosen AS (SELECT * FROM cluster WHERE @status = '' OR lower(c->>'status') = @status),
        used AS (SELECT * FROM cluster WHERE lower(c->>'status') IN ('operational', 'error'))
        """;

    private const string Node = $"""
        {Cluster},
        node AS MATERIALIZED (SELECT uid, n FROM cluster, jsonb_array_elements(c->'nodes') AS n)
        """;

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>
        {
            ["fuel/environment-status"] = $"""
                WITH {Cluster}
                SELECT coalesce(nullif(lower(c->>'status'), ''), 'unknown') AS status, count(*) AS environments
                FROM cluster GROUP BY 1 ORDER BY 2 DESC, (coalesce(nullif(lower(c->>'status'), ''), 'unknown')) COLLATE "C"
                """,
            ["fuel/environments-per-installation"] = $"""
                WITH {Site}
                SELECT coalesce((said->>'clusters_num')::int, 0) AS environments, count(*) AS installations
                FROM site WHERE @release = '' OR release = @release GROUP BY 1 ORDER BY 1
                """,
            ["fuel/installations"] = $"""
                WITH {Cluster}
                SELECT count(*) AS installations, coalesce(sum((said->>'clusters_num')::int), 0) AS environments, (SELECT count(*) FROM used) AS operable_environments
                FROM site WHERE @release = '' OR release = @release
                """,
            ["fuel/environment-sizes"] = $"""
                WITH {Cluster}, sized AS (
                  SELECT uid, width_bucket(coalesce((c->>'nodes_num')::int, jsonb_array_length(c->'nodes')), ARRAY[1, 5, 10, 20, 50, 100]) AS class FROM used)
                SELECT (ARRAY['0', '1–4', '5–9', '10–19', '20–49', '50–99', '100+'])[class + 1] AS size, {Shares}
                FROM sized GROUP BY class ORDER BY class
                """,
            ["fuel/hypervisors"] = Distribution("hypervisor", "attributes->>'libvirt_type'", "used"),
            ["fuel/environment-modes"] = Distribution("mode", "c->>'mode'", "chosen"),
            ["fuel/openstack-releases"] = Distribution("openstack_release", "c#>>'{release,version}'", "chosen"),
            ["fuel/customized-environments"] = Distribution(
                "customized",
                "CASE (c->>'is_customized')::bool WHEN true THEN 'yes' WHEN false THEN 'no' END",
                "chosen"
            ),
            ["fuel/network-types"] = $"""
                WITH {Cluster}
                SELECT network_type, managed_by, {Shares}
                FROM (
                  SELECT uid, coalesce(lower(c->>'net_provider'), 'unknown') || ', ' || coalesce(lower(network->>'segmentation_type'), 'unknown') AS network_type,
                    coalesce(lower(network->>CASE c->>'net_provider' WHEN 'nova_network' THEN 'net_manager' ELSE 'net_l23_provider' END), 'unknown') AS managed_by
                  FROM chosen) AS environment
                GROUP BY 1, 2 ORDER BY environments DESC, network_type COLLATE "C", managed_by COLLATE "C"
                """,
            ["fuel/storage-options"] = Listed(
                "storage_option",
                "SELECT uid, o.key AS storage_option FROM chosen, jsonb_each(attributes) AS o WHERE (o.key LIKE '%\\_ceph' OR o.key = 'volumes_lvm') AND o.value = 'true'"
            ),
            ["fuel/related-projects"] = Listed(
                "project",
                "SELECT uid, p AS project FROM chosen, unnest(ARRAY['sahara', 'murano', 'heat', 'ceilometer', 'ironic', 'mongo']) AS p WHERE (attributes->>p)::bool"
            ),
            ["fuel/kernel-parameters"] = Listed(
                "parameter",
                """
                SELECT DISTINCT uid, c->>'id', CASE WHEN p LIKE '%=%' OR p = 'nomodeset' THEN split_part(p, '=', 1) ELSE 'other' END AS parameter
                FROM chosen, regexp_split_to_table(attributes->>'kernel_params', '\s+') AS p WHERE p != ''
                """
            ),
            ["fuel/plugins"] = $"""
                WITH {Cluster}, installed AS (
                  SELECT DISTINCT uid, c->>'id' AS id, p->>'name' AS plugin, p->>'version' AS version FROM chosen, jsonb_array_elements(c->'installed_plugins') AS p)
                SELECT plugin, count(DISTINCT (uid, id)) AS environments, count(DISTINCT uid) AS installations, count(DISTINCT version) AS versions,
                  count(DISTINCT (uid, id))::float8 / (SELECT count(*) FROM chosen) AS share
                FROM installed GROUP BY 1 ORDER BY 2 DESC, plugin COLLATE "C"
                """,
            ["fuel/plugin-versions"] = $"""
                WITH {Cluster}
                SELECT p->>'name' AS plugin, p->>'version' AS version, count(*) AS environments, count(DISTINCT uid) AS installations,
                  count(*)::float8 / sum(count(*)) OVER (PARTITION BY p->>'name')::float8 AS share
                FROM chosen, jsonb_array_elements(c->'installed_plugins') AS p WHERE @plugin = '' OR p->>'name' = @plugin
                GROUP BY 1, 2 ORDER BY (p->>'name') COLLATE "C", string_to_array(p->>'version', '.')::int[]
                """,
            ["fuel/node-single-roles"] = $"""
                WITH {Node}
                SELECT role, count(*) AS nodes, count(DISTINCT uid) AS installations, count(*)::float8 / (SELECT count(*) FROM node) AS share
                FROM (
                  SELECT uid, jsonb_array_elements_text(CASE n->'roles' WHEN '[]' THEN '["none"]' ELSE n->'roles' END) AS role FROM node) AS r
                GROUP BY 1 ORDER BY 2 DESC, role COLLATE "C"
                """,
            ["fuel/virtual-nodes"] = $"""
                WITH {Node}
                SELECT CASE WHEN is_virtual THEN 'virtual' ELSE 'bare metal' END AS machine, count(*) AS nodes, count(DISTINCT uid) AS installations,
                  count(*)::float8 / sum(count(*)) OVER ()::float8 AS share
                FROM (
                  SELECT uid, concat(n->>'manufacturer', ' ', n#>>'{"{meta,system,manufacturer}"}', ' ', n#>>'{"{meta,system,product}"}')
                    ~* 'qemu|kvm|vmware|virtualbox|innotek|bochs|openstack|standard pc' AS is_virtual
                  FROM node) AS r
                GROUP BY is_virtual ORDER BY nodes DESC, machine
                """,
            ["fuel/node-hardware"] = $"""
                WITH {Node}, quantity AS (
                  SELECT uid, measure, unit, quantity
                  FROM node, LATERAL (VALUES
                    ('processors', 'sockets', (n#>>'{"{meta,cpu,real}"}')::float8),
                    ('logical processors', 'threads', (n#>>'{"{meta,cpu,total}"}')::float8),
                    ('memory', 'GiB', (n#>>'{"{meta,memory,total}"}')::float8 / 2 ^ 30),
                    ('disks', 'disks', coalesce(jsonb_array_length(n#>'{"{meta,disks}"}'), 0)),
                    ('disk space', 'TB', (SELECT sum((d->>'size')::float8) / 1e12 FROM jsonb_array_elements(n#>'{"{meta,disks}"}') AS d)),
                    ('network interfaces', 'interfaces', coalesce(jsonb_array_length(n#>'{"{meta,interfaces}"}'), 0))) AS measured(measure, unit, quantity)
                  WHERE @measure = '' OR measure = @measure),
                stepped AS (
                  SELECT *, (SELECT min(s) FROM (SELECT 0 AS s UNION ALL SELECT (2 ^ generate_series(0, 10))::int) AS steps WHERE s >= quantity) AS step FROM quantity)
                SELECT measure,
                  CASE WHEN quantity IS NULL THEN 'unknown' WHEN step IS NULL THEN 'more than 1024 ' || unit WHEN step = 0 THEN 'no ' || unit ELSE format('up to %s %s', step, CASE step WHEN 1 THEN rtrim(unit, 's') ELSE unit END) END AS amount,
                  count(*) AS nodes, count(DISTINCT uid) AS installations, count(*)::float8 / sum(count(*)) OVER (PARTITION BY measure)::float8 AS share
                FROM stepped GROUP BY 1, 2, step, quantity IS NULL ORDER BY 1, quantity IS NULL, step
                """,
        };

    private const string Shares =
        "count(*) AS environments, count(DISTINCT uid) AS installations, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share";

    private static string Distribution(string column, string value, string of) =>
        $"""
            WITH {Cluster}
            SELECT {column}, {Shares}
            FROM (SELECT uid, coalesce(nullif(lower({value}), ''), 'unknown') AS {column} FROM {of}) AS environment
            GROUP BY 1 ORDER BY 2 DESC, {column} COLLATE "C"
            """;

    private static string Listed(string column, string items) =>
        $"""
            WITH {Cluster}
            SELECT {column}, count(*) AS environments, count(DISTINCT uid) AS installations, count(*)::float8 / (SELECT count(*) FROM chosen) AS share
            FROM ({items}) AS listed
            GROUP BY 1 ORDER BY 2 DESC, {column} COLLATE "C"
            """;
}
