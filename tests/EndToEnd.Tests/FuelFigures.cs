namespace EndToEnd.Tests;

/// <summary>
/// The questions about what sites do and what runs inside their environments, in PostgreSQL's SQL over the collector's own tables, written
/// from what is said about the collector and not from the warehouse's SQL. @from, @to, @release … are the reports' parameters.
/// </summary>
internal static class FuelFigures
{
    private const string Action = $"""
        {FuelEnvironmentFigures.Site},
        document AS MATERIALIZED (
          SELECT master_node_uid AS uid, CASE WHEN pg_input_is_valid(body, 'jsonb') THEN body::jsonb END AS body FROM action_logs),
        readable AS MATERIALIZED (
          SELECT uid, body, (body->>'start_timestamp')::timestamp AS began
          FROM (SELECT * FROM document WHERE jsonb_typeof(body) = 'object' AND pg_input_is_valid(body->>'start_timestamp', 'timestamp') OFFSET 0) AS d),
        action AS MATERIALIZED (
          SELECT r.uid, r.body, coalesce(site.release, 'unknown') AS release, extract(epoch FROM (r.body->>'end_timestamp')::timestamp - r.began)::float8 AS seconds
          FROM readable AS r LEFT JOIN site USING (uid)
          WHERE r.uid NOT IN (SELECT master_node_uid FROM installation_structures WHERE is_filtered) AND began >= @from AND began < @to
            AND (@release = '' OR coalesce(site.release, 'unknown') = @release))
        """;

    private const string Active = $"""
        {Action},
        heard AS MATERIALIZED (
          SELECT uid, said, release, changed >= @from AND changed < @to OR uid IN (SELECT uid FROM readable WHERE began >= @from AND began < @to) AS is_active
          FROM site WHERE @release = '' OR release = @release)
        """;

    private const string Report = $"""
        {FuelEnvironmentFigures.Site},
        report AS MATERIALIZED (
          SELECT master_node_uid AS uid, cluster_id, created_date AS day, resource_type AS kind, coalesce(resource_data::jsonb->'current', '[]') AS current
          FROM oswl_stats LEFT JOIN site ON uid = master_node_uid
          WHERE master_node_uid NOT IN (SELECT master_node_uid FROM installation_structures WHERE is_filtered)
            AND created_date >= @from AND created_date < @to AND (@release = '' OR coalesce(site.release, 'unknown') = @release)),
        resource AS MATERIALIZED (SELECT uid, cluster_id, day, kind, r FROM report, jsonb_array_elements(current) AS r)
        """;

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>(FuelEnvironmentFigures.Questions)
        {
            ["fuel/active-installations"] = $"""
                WITH {Active}
                SELECT release, count(*) AS installations, count(*) FILTER (WHERE is_active) AS active_installations, avg(is_active::int)::float8 AS active_share
                FROM heard GROUP BY 1 ORDER BY {InOrder}
                """,
            ["fuel/feature-groups"] = $"""
                WITH {Active}
                SELECT g AS feature_group, count(*) AS installations, count(*) FILTER (WHERE is_active) AS active_installations, count(*)::float8 / (SELECT count(*) FROM heard) AS share
                FROM heard, jsonb_array_elements_text(CASE WHEN jsonb_array_length(said#>'{"{fuel_release,feature_groups}"}') > 0 THEN said#>'{"{fuel_release,feature_groups}"}' ELSE '["none"]' END) AS g
                GROUP BY 1 ORDER BY 2 DESC, g COLLATE "C"
                """,
            ["fuel/operations"] = $"""
                WITH {Action}
                SELECT body->>'action_name' AS action_name, body->>'action_type' AS kind, coalesce(body#>>'{"{additional_info,ended_with_status}"}', 'unknown') AS result,
                  count(*) AS operations, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share, avg(seconds) AS avg_s,
                  percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_s, percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_s
                FROM action GROUP BY 1, 2, 3
                ORDER BY 4 DESC, (body->>'action_name') COLLATE "C", 2, 3
                """,
            ["fuel/network-verification"] = $"""
                WITH {Action},
                counted AS (
                  SELECT release, uid, body->>'action_name' = 'verify_networks' AS verifies, body#>>'{"{additional_info,ended_with_status}"}' AS status FROM action)
                SELECT release, count(DISTINCT uid) AS installations, count(DISTINCT uid) FILTER (WHERE verifies) AS used_by,
                  (count(DISTINCT uid) FILTER (WHERE verifies))::float8 / count(DISTINCT uid) AS used_share, count(*) FILTER (WHERE verifies) AS verifications,
                  count(*) FILTER (WHERE verifies AND status = 'ready') AS passed, count(*) FILTER (WHERE verifies AND status = 'error') AS failed,
                  avg((status = 'ready')::int) FILTER (WHERE verifies AND status != 'running')::float8 AS pass_rate
                FROM counted GROUP BY 1 ORDER BY {InOrder}
                """,
            ["fuel/settings-changed"] = $"""
                WITH {Action},
                request AS (
                  SELECT uid, body#>'{"{additional_info,request_data}"}' AS data FROM action
                  WHERE body->>'action_type' = 'http_request' AND body#>'{"{additional_info,request_data}"}' != '{"{}"}' AND (@action_name = '' OR body->>'action_name' = @action_name))
                SELECT setting, count(*) AS requests, count(DISTINCT uid) AS installations, count(*)::float8 / (SELECT count(*) FROM request) AS share
                FROM request, jsonb_object_keys(data) AS setting GROUP BY 1 ORDER BY 2 DESC, setting COLLATE "C"
                """,
            ["fuel/vms-by-status"] = $"""
                WITH {Report}
                SELECT day, coalesce(lower(r->>'status'), 'unknown') AS status, count(*) AS vms, count(DISTINCT uid) AS installations,
                  count(*)::float8 / sum(count(*)) OVER (PARTITION BY day)::float8 AS share
                FROM resource WHERE kind = 'vm' GROUP BY 1, 2 ORDER BY 1, coalesce(lower(r->>'status'), 'unknown') COLLATE "C"
                """,
            ["fuel/vms-by-size"] = $"""
                WITH {Report},
                sized AS (
                  SELECT vm.day, vm.uid, (f.r->>'vcpus')::int AS vcpus, width_bucket((f.r->>'ram')::int - 1, ARRAY[1024, 2048, 4096, 8192, 16384]) AS class
                  FROM resource AS vm LEFT JOIN resource AS f
                    ON f.kind = 'flavor' AND (f.uid, f.cluster_id, f.day, f.r->>'id') = (vm.uid, vm.cluster_id, vm.day, vm.r->>'flavor_id')
                  WHERE vm.kind = 'vm')
                SELECT day,
                  coalesce((ARRAY['up to 1 GiB', '1 to 2 GiB', '2 to 4 GiB', '4 to 8 GiB', '8 to 16 GiB', 'over 16 GiB'])[class + 1], 'unknown') AS memory,
                  count(*) AS vms, count(DISTINCT uid) AS installations, count(*)::float8 / sum(count(*)) OVER (PARTITION BY day)::float8 AS share, sum(vcpus) AS vcpus
                FROM sized GROUP BY 1, class ORDER BY 1, class
                """,
            ["fuel/volumes"] = Daily(
                "volume",
                $"""
                count(r) AS volumes, count(*) FILTER (WHERE jsonb_array_length(r->'attachments') > 0) AS attached_volumes, count(*) FILTER (WHERE (r->>'bootable_flag')::bool) AS bootable_volumes,
                count(*) FILTER (WHERE (r->>'encrypted_flag')::bool) AS encrypted_volumes, coalesce(sum((r->>'size')::int), 0) AS size_gb, avg((r->>'size')::int)::float8 AS avg_size_gb
                """
            ),
            ["fuel/images"] = Daily(
                "image",
                $"""
                count(r) AS images, count(r)::float8 / environments AS images_per_environment, coalesce(sum((r->>'sizeBytes')::int8), 0) AS size_bytes, avg((r->>'sizeBytes')::int8)::float8 AS avg_size_bytes
                """
            ),
            ["fuel/tenants"] = Daily(
                "tenant",
                $"""
                count(r) AS tenants, count(*) FILTER (WHERE (r->>'enabled_flag')::bool) AS enabled_tenants, count(r)::float8 / environments AS tenants_per_environment,
                coalesce((SELECT sum(jsonb_array_length(current)) FROM report AS u WHERE u.day = d.day AND kind = 'keystone_user'), 0) AS users
                """
            ),
        };

    private const string InOrder = """string_to_array(substring(release FROM '^[0-9.]+'), '.')::int[] NULLS LAST, release COLLATE "C" """;

    private static string Daily(string kind, string figures) =>
        $"""
            WITH {Report},
            d AS (SELECT day, count(*) AS environments FROM report WHERE kind = '{kind}' GROUP BY day)
            SELECT d.day, d.environments, {figures}
            FROM d LEFT JOIN resource ON resource.day = d.day AND kind = '{kind}'
            GROUP BY d.day, d.environments ORDER BY d.day
            """;
}
