namespace TestKit;

/// <summary>
/// The seven questions in PostgreSQL's SQL over the collector's own tables, written from what is said about the collector and
/// not from the warehouse's SQL. @from, @to and @release ('' for all) are the reports' parameters.
/// </summary>
public static class SourceFigures
{
    /// <summary>
    /// An installation that isn't set aside, with its release. Without what it sent, which is too much to go through for each action.
    /// </summary>
    private const string Installation = """
        installation AS MATERIALIZED (
          SELECT master_node_uid AS uid, coalesce(nullif(coalesce(release, structure::jsonb#>>'{fuel_release,release}'), ''), 'unknown') AS release
          FROM installation_structures WHERE is_filtered IS NOT TRUE)
        """;

    private const string Environment = $"""
        {Installation},
        environment AS (
          SELECT uid, cluster
          FROM installation JOIN installation_structures ON master_node_uid = uid, jsonb_array_elements(structure::jsonb->'clusters') AS cluster
          WHERE @release = '' OR installation.release = @release)
        """;

    /// <summary>What sites did in the period, of installations that aren't set aside, as far as it can be read.</summary>
    private const string Action = $"""
        {Installation},
        document AS MATERIALIZED (
          SELECT master_node_uid AS uid, external_id, CASE WHEN pg_input_is_valid(body, 'jsonb') THEN body::jsonb END AS body FROM action_logs),
        action AS MATERIALIZED (
          SELECT d.uid, d.external_id, d.body, coalesce(i.release, 'unknown') AS release, (d.body->>'start_timestamp')::timestamp AS began
          FROM (SELECT * FROM document WHERE jsonb_typeof(body) = 'object' AND pg_input_is_valid(body->>'start_timestamp', 'timestamp') OFFSET 0) AS d
          LEFT JOIN installation AS i ON i.uid = d.uid
          WHERE d.uid NOT IN (SELECT master_node_uid FROM installation_structures WHERE is_filtered)
            AND (@release = '' OR coalesce(i.release, 'unknown') = @release)
            AND (d.body->>'start_timestamp')::timestamp >= @from AND (d.body->>'start_timestamp')::timestamp < @to),
        deployment AS MATERIALIZED (
          SELECT uid, external_id, release, began, (body->>'cluster_id')::int AS cluster, body#>>'{"{additional_info,ended_with_status}"}' AS status,
            extract(epoch FROM (body->>'end_timestamp')::timestamp - began)::float8 AS seconds
          FROM action WHERE body->>'action_type' = 'nailgun_task' AND body->>'action_name' IN ('deploy', 'deployment'))
        """;

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>
        {
            ["fuel/os-distribution"] = $"""
                WITH {Environment}
                SELECT os, count(*) AS environments, count(DISTINCT uid) AS installations, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share
                FROM (
                  SELECT uid, coalesce(nullif(lower(cluster#>>'{"{release,os}"}'), ''), 'unknown') AS os
                  FROM environment WHERE cluster->>'status' IN ('operational', 'error')) AS used
                GROUP BY os ORDER BY environments DESC, os COLLATE "C"
                """,
            ["fuel/release-distribution"] = $"""
                WITH {Installation}
                SELECT release, count(*) AS installations, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share
                FROM installation GROUP BY release ORDER BY installations DESC, release COLLATE "C"
                """,
            ["fuel/deployment-time"] = $"""
                WITH {Action}
                SELECT release, count(*) AS deployments, avg(seconds) AS avg_s,
                  percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_s, percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_s
                FROM deployment WHERE status = 'ready' GROUP BY release
                ORDER BY string_to_array(substring(release FROM '^[0-9.]+'), '.')::int[] NULLS LAST, release COLLATE "C"
                """,
            ["fuel/server-types"] = $"""
                WITH {Environment}
                SELECT manufacturer, product,
                  lower(manufacturer || ' ' || product) SIMILAR TO '%(qemu|kvm|vmware|virtualbox|innotek|bochs|openstack|standard pc)%' AS is_virtual,
                  count(*) AS nodes, count(DISTINCT uid) AS installations
                FROM (
                  SELECT uid,
                    coalesce(nullif(trim(node->>'manufacturer'), ''), nullif(trim(node#>>'{"{meta,system,manufacturer}"}'), ''), 'unknown') AS manufacturer,
                    coalesce(nullif(trim(node#>>'{"{meta,system,product}"}'), ''), 'unknown') AS product
                  FROM environment, jsonb_array_elements(cluster->'nodes') AS node) AS machine
                GROUP BY 1, 2, 3 ORDER BY nodes DESC, manufacturer COLLATE "C", product COLLATE "C"
                """,
            ["fuel/failures-before-success"] = $"""
                WITH {Action},
                environment AS (
                  SELECT uid, cluster, (SELECT (s.began, s.external_id) FROM deployment s WHERE (s.uid, s.cluster, s.status) = (d.uid, d.cluster, 'ready') ORDER BY s.began, s.external_id LIMIT 1) AS success
                  FROM deployment d WHERE cluster IS NOT NULL GROUP BY uid, cluster),
                counted AS (
                  SELECT success IS NOT NULL AS succeeded, (
                    SELECT count(*) FROM deployment f
                    WHERE (f.uid, f.cluster, f.status) = (e.uid, e.cluster, 'error') AND (success IS NULL OR (f.began, f.external_id) < success)) AS failures
                  FROM environment e)
                SELECT count(*) FILTER (WHERE succeeded) AS environments, (avg(failures) FILTER (WHERE succeeded))::float8 AS avg_failures,
                  max(failures) FILTER (WHERE succeeded) AS max_failures, count(*) FILTER (WHERE NOT succeeded AND failures > 0) AS never_succeeded
                FROM counted
                """,
            ["fuel/node-roles"] = $"""
                WITH {Environment}
                SELECT roles, count(*) AS nodes, count(DISTINCT uid) AS installations, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share
                FROM (
                  SELECT uid, coalesce((SELECT string_agg(role, '+' ORDER BY role COLLATE "C") FROM (SELECT DISTINCT jsonb_array_elements_text(node->'roles') AS role) AS r), 'none') AS roles
                  FROM environment, jsonb_array_elements(cluster->'nodes') AS node) AS machine
                GROUP BY roles ORDER BY nodes DESC, roles COLLATE "C"
                """,
            ["fuel/health-checks"] = $"""
                WITH {Action}
                SELECT testset, test, count(*) AS runs, count(*) FILTER (WHERE status IN ('failure', 'error')) AS failures,
                  count(*) FILTER (WHERE status IN ('failure', 'error'))::float8 / count(*) AS failure_rate, test_id
                FROM (
                  SELECT testrun->>'testset' AS testset, test->>'name' AS test, test->>'id' AS test_id, test->>'status' AS status
                  FROM action, jsonb_array_elements(body#>'{"{additional_info,testruns}"}') AS testrun, jsonb_array_elements(testrun->'tests') AS test
                  WHERE body->>'action_name' = 'ostf') AS run
                WHERE status != 'skipped'
                GROUP BY testset, test, test_id
                ORDER BY failure_rate DESC, failures DESC, testset COLLATE "C", test COLLATE "C", test_id COLLATE "C"
                """,
        };
}
