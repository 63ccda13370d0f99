namespace EndToEnd.Tests;

/// <summary>
/// The questions about the shared cloud in PostgreSQL's SQL over the collector's own tables, written from what is said about the
/// collector and not from the warehouse's SQL. @from, @to, @institution, @project and @user ('' for all) are the reports' parameters.
/// </summary>
internal static class OpenstackFigures
{
    private const string Tree = """
        tree AS (
          SELECT moc_project_id AS id, project_name AS path, ARRAY[moc_project_id] AS line FROM moc_project WHERE parent_moc_project_id IS NULL
          UNION ALL
          SELECT c.moc_project_id, t.path || ' / ' || coalesce(c.project_name, 'project ' || c.moc_project_id), t.line || c.moc_project_id
          FROM moc_project AS c JOIN tree AS t ON t.id = c.parent_moc_project_id),
        asked AS (
          SELECT DISTINCT below.id FROM tree AS below, tree AS above
          WHERE above.id = ANY (below.line) AND @project IN ('', above.path, above.id::text))
        """;

    private const string Share = """
        root AS (SELECT moc_project_id AS id, project_name AS name FROM moc_project WHERE parent_moc_project_id IS NULL),
        owner AS (
          SELECT o.moc_project_id AS id, i.institution_name AS name, o.percent_owned / 100.0 AS part
          FROM institution2moc_project AS o JOIN institution AS i USING (institution_id)),
        root_owner AS (
          SELECT name, part FROM owner WHERE id = (SELECT id FROM root)
          UNION ALL
          SELECT name, 1 - coalesce((SELECT sum(part) FROM owner WHERE id = (SELECT id FROM root)), 0) FROM root),
        share AS (
          SELECT id, name, sum(part) AS part
          FROM (
            SELECT id, name, part FROM owner WHERE id != (SELECT id FROM root)
            UNION ALL
            SELECT t.id, r.name, r.part * (1 - coalesce((SELECT sum(o.part) FROM owner AS o WHERE o.id = t.id AND o.id != (SELECT id FROM root)), 0))
            FROM tree AS t, root_owner AS r) AS parts
          WHERE part != 0 AND @institution IN ('', name)
          GROUP BY id, name HAVING sum(part) != 0)
        """;

    private const string Used = """
        month AS (SELECT m AS first, m + interval '1 month' AS next FROM generate_series(date_trunc('month', @from::timestamp), @to::timestamp - interval '1 day', '1 month') AS m),
        used AS MATERIALIZED (
          SELECT m.first::date AS month, p.moc_project_id AS id, coalesce(u.username, 'unknown') AS username, t.item_definition AS kind,
            c.vcpus, c.ram_mb, c.disk_gb, c.price,
            extract(epoch FROM
              date_trunc('second', least(r.end_ts, m.next, @to::timestamp, CASE WHEN r.end_ts IS NULL THEN now() AT TIME ZONE 'UTC' END))
              - date_trunc('second', greatest(r.start_ts, m.first, @from::timestamp))) / 3600.0 AS hours
          FROM raw_item_ts AS r
          JOIN month AS m ON r.start_ts < m.next AND (r.end_ts > m.first OR r.end_ts IS NULL)
          JOIN item AS i USING (item_id)
          JOIN item_type AS t USING (item_type_id)
          JOIN project AS p USING (project_id)
          LEFT JOIN catalog_item AS c USING (catalog_item_id)
          LEFT JOIN poc AS u USING (poc_id)
          WHERE r.state = 'ACTIVE' AND p.moc_project_id IN (SELECT id FROM asked) AND @user IN ('', coalesce(u.username, 'unknown')))
        """;

    private const string Sums = """
        sum(CASE WHEN kind = 'VM' THEN hours * part ELSE 0 END)::float8 AS vm_hours,
        sum(CASE WHEN kind = 'VM' THEN hours * part * coalesce(vcpus, 0) ELSE 0 END)::float8 AS vcpu_hours,
        sum(CASE WHEN kind = 'VM' THEN hours * part * coalesce(ram_mb, 0) / 1024 ELSE 0 END)::float8 AS memory_gb_hours,
        sum(CASE WHEN kind = 'Volume' THEN hours * part * coalesce(disk_gb, 0) ELSE 0 END)::float8 AS volume_gb_hours,
        sum(hours * part * coalesce(price, 0) / 100)::float8 AS cost
        """;

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>
        {
            ["openstack/usage-by-institution"] = $"""
                WITH RECURSIVE {Tree}, {Share}, {Used}
                SELECT month, name AS institution, {Sums}
                FROM used JOIN share USING (id) WHERE hours > 0
                GROUP BY month, name ORDER BY month, name COLLATE "C"
                """,
            ["openstack/usage-by-project"] = $"""
                WITH RECURSIVE {Tree}, {Share}, {Used}
                SELECT month, above.path AS project, {Sums}
                FROM used JOIN share USING (id) JOIN tree AS own USING (id) JOIN tree AS above ON above.id = ANY (own.line)
                WHERE hours > 0 AND above.id IN (SELECT id FROM asked)
                GROUP BY month, above.path ORDER BY month, above.path COLLATE "C"
                """,
            ["openstack/usage-by-user"] = $"""
                WITH RECURSIVE {Tree}, {Share}, {Used}
                SELECT month, username AS user, {Sums}
                FROM used JOIN share USING (id) WHERE hours > 0
                GROUP BY month, username ORDER BY month, username COLLATE "C"
                """,
        };
}
