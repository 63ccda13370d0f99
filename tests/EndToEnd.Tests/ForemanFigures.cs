namespace EndToEnd.Tests;

/// <summary>
/// The questions about foreman in PostgreSQL's SQL over the collector's own tables, written from what is said about the collector and
/// not from the warehouse's SQL. @from, @to, @version and @plugin are the reports' parameters. What the source has overwritten is in
/// foreman.every_upload (uuid, uploaded), where the test keeps it.
/// </summary>
internal static class ForemanFigures
{
    /// <summary>Sites that have a name, as they uploaded last, where that was in the period.</summary>
    private const string Recent = """
        recent AS (
          SELECT *
          FROM (
            SELECT id, uuid, coalesce(updated_at, created_at, to_timestamp(0)) AT TIME ZONE 'UTC' AS uploaded,
              coalesce(substring(btrim(core_version) FROM '^\d+(?:\.\d+)?'), nullif(btrim(core_version), ''), 'unknown') AS version
            FROM uploads WHERE uuid IS NOT NULL) AS latest
          WHERE uploaded >= @from AND uploaded < @to)
        """;

    /// <summary>Those of one version, where one is given.</summary>
    private const string Chosen = $"{Recent}, chosen AS (SELECT * FROM recent WHERE @version = '' OR version = @version)";

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>
        {
            ["foreman/active-sites"] = """
                WITH active AS (SELECT DISTINCT uuid, date_trunc('month', uploaded)::date AS month FROM foreman.every_upload WHERE uploaded > '1970-01-01'),
                counted AS (
                  SELECT month, count(*) AS sites,
                    count(*) FILTER (WHERE NOT EXISTS (SELECT FROM active AS b WHERE b.uuid = a.uuid AND b.month < a.month)) AS new_sites
                  FROM active AS a GROUP BY month)
                SELECT month, sites, new_sites,
                  (sites - (SELECT b.sites FROM counted AS b WHERE b.month + '1 month'::interval = c.month))::float8
                    / (SELECT b.sites FROM counted AS b WHERE b.month + '1 month'::interval = c.month) AS growth
                FROM counted AS c WHERE month >= date_trunc('month', @from) AND month < @to ORDER BY month
                """,
            ["foreman/compute-resources"] = $"""
                WITH {Chosen}
                SELECT coalesce(type, 'unknown') AS type, count(*) AS resources, count(DISTINCT uuid) AS sites, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share
                FROM chosen JOIN compute_resources ON upload_id = chosen.id
                GROUP BY 1 ORDER BY resources DESC, coalesce(type, 'unknown') COLLATE "C"
                """,
            [
                "foreman/core-versions"
            ] = $"""
                WITH {Recent}
                SELECT version, count(*) AS sites, count(*)::float8 / sum(count(*)) OVER ()::float8 AS share
                FROM recent GROUP BY version ORDER BY {PulpFigures.VersionOrder.Replace(
                    "version",
                    "recent.version",
                    StringComparison.Ordinal
                )}
                """,
            [
                "foreman/plugin-versions"
            ] = $"""
                WITH {Chosen},
                installed AS (
                  SELECT DISTINCT uuid, coalesce(nullif(name, ''), 'unknown') AS plugin, coalesce(nullif(p.version, ''), 'unknown') AS version
                  FROM chosen JOIN plugins AS p ON upload_id = chosen.id)
                SELECT plugin, version, count(*) AS sites, count(*)::float8 / sum(count(*)) OVER (PARTITION BY plugin)::float8 AS share
                FROM installed WHERE @plugin = '' OR plugin = @plugin
                GROUP BY plugin, version ORDER BY plugin COLLATE "C", {PulpFigures.VersionOrder.Replace(
                    "version",
                    "installed.version",
                    StringComparison.Ordinal
                )}
                """,
            ["foreman/plugins"] = $"""
                WITH {Chosen}
                SELECT coalesce(nullif(name, ''), 'unknown') AS plugin, count(DISTINCT uuid) AS sites, count(DISTINCT uuid)::float8 / (SELECT count(*) FROM chosen) AS share
                FROM chosen JOIN plugins AS p ON upload_id = chosen.id
                GROUP BY 1 ORDER BY sites DESC, coalesce(nullif(name, ''), 'unknown') COLLATE "C"
                """,
            ["foreman/proxies-per-site"] = $"""
                WITH {Chosen},
                counted AS (SELECT (SELECT count(*) FROM proxies WHERE upload_id = chosen.id) AS proxies FROM chosen)
                SELECT proxies, count(*) AS sites, count(*)::float8 / (SELECT count(*) FROM chosen) AS share
                FROM counted GROUP BY proxies ORDER BY proxies
                """,
            ["foreman/proxy-features"] = $"""
                WITH {Chosen},
                proxy AS (SELECT uuid, p.id, features FROM chosen JOIN proxies AS p ON upload_id = chosen.id)
                SELECT feature, count(DISTINCT id) AS proxies, count(DISTINCT uuid) AS sites, count(DISTINCT id)::float8 / (SELECT count(*) FROM proxy) AS share
                FROM proxy, unnest(features) AS feature WHERE feature != ''
                GROUP BY feature ORDER BY proxies DESC, feature COLLATE "C"
                """,
            ["foreman/versions-behind"] = $"""
                WITH {Recent},
                numbered AS (SELECT uuid, CASE WHEN version ~ '^\d' THEN string_to_array(version, '.')::int[] END AS release FROM recent),
                behind AS (
                  SELECT CASE WHEN release IS NOT NULL THEN (SELECT count(DISTINCT newer.release) FROM numbered AS newer WHERE newer.release > numbered.release) END AS releases_behind
                  FROM numbered)
                SELECT releases_behind, count(*) AS sites, count(*)::float8 / (SELECT count(*) FROM recent) AS share
                FROM behind GROUP BY releases_behind ORDER BY releases_behind NULLS LAST
                """,
        };
}
