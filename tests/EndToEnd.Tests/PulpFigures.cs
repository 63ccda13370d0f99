namespace EndToEnd.Tests;

/// <summary>
/// The questions about pulp in PostgreSQL's SQL over the collector's own tables, written from what is said about the collector and
/// not from the warehouse's SQL. @from, @to, @min_age_days, @bucket, @component and @measure are the reports' parameters.
/// </summary>
internal static class PulpFigures
{
    /// <summary>Every check-in in the period, with its day and the system's age on it.</summary>
    private const string Seen = """
        dated AS (
          SELECT s.*, (created AT TIME ZONE 'UTC')::date AS day, (created AT TIME ZONE 'UTC')::date - (first_seen AT TIME ZONE 'UTC')::date AS age
          FROM pulpanalytics_system AS s),
        seen AS (SELECT * FROM dated WHERE day >= @from AND day < @to),
        persistent AS (SELECT * FROM seen WHERE age >= @min_age_days)
        """;

    /// <summary>Numbers first and as numbers; words by the length of what stands before the first point, then by letters.</summary>
    public const string VersionOrder = """
        CASE WHEN version = '' THEN 0 WHEN version ~ '^[0-9]' THEN 1 ELSE 2 END,
        CASE WHEN version ~ '^[0-9]' THEN string_to_array(version, '.')::int[] END,
        length(split_part(version, '.', 1)), version COLLATE "C"
        """;

    /// <summary>The questions by report.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        new Dictionary<string, string>
        {
            ["pulp/access-control"] = $"""
                WITH {Seen}
                SELECT day, measure, number, count(*) AS systems
                FROM persistent, LATERAL (VALUES
                  ('users', users), ('groups', groups), ('domains', domains),
                  ('custom_access_policies', custom_access_policies), ('custom_roles', custom_roles)) AS told (measure, number)
                WHERE number IS NOT NULL AND (@measure = '' OR measure = @measure)
                GROUP BY 1, 2, 3 ORDER BY day, measure COLLATE "C", number
                """,
            ["pulp/active-systems"] = $"""
                WITH {Seen}
                SELECT day, count(*) AS systems, count(*) FILTER (WHERE age >= @min_age_days) AS persistent_systems
                FROM seen GROUP BY day ORDER BY day
                """,
            ["pulp/component-releases"] = Components("release", "^[0-9]+(?:\\.[0-9]+){0,2}"),
            ["pulp/component-versions"] = Components("version", "^[0-9]+(?:\\.[0-9]+)?"),
            ["pulp/deployment-size"] = $"""
                WITH {Seen}
                SELECT day, avg(worker_processes)::float8 AS worker_processes, avg(worker_hosts)::float8 AS worker_hosts,
                  avg(content_app_processes)::float8 AS content_app_processes, avg(content_app_hosts)::float8 AS content_app_hosts, count(*) AS systems
                FROM persistent GROUP BY day ORDER BY day
                """,
            ["pulp/postgresql-versions"] = $"""
                WITH {Seen}
                SELECT day, version, count(*) AS systems
                FROM (
                  SELECT day, CASE
                    WHEN postgresql_version = 0 THEN 'unknown'
                    WHEN postgresql_version >= 100000 THEN format('%s.%s', postgresql_version / 10000, mod(postgresql_version, 10000))
                    ELSE format('%s.%s.%s', substr(digits, 1, 2)::int, substr(digits, 3, 2)::int, substr(digits, 5, 2)::int) END AS version
                  FROM (SELECT *, lpad(postgresql_version::text, 6, '0') AS digits FROM persistent) AS written) AS named
                GROUP BY day, version ORDER BY day, {VersionOrder}
                """,
            ["pulp/systems-by-age"] = $"""
                WITH {Seen},
                bucket AS (SELECT CASE WHEN k = 0 THEN 0 ELSE (2 ^ (k - 1))::int + 1 END AS low, (2 ^ k)::int AS high FROM generate_series(0, 20) AS k)
                SELECT day, CASE WHEN NOT @bucket THEN age::text WHEN low = high THEN low::text ELSE low || '–' || high END AS age_days, count(*) AS systems
                FROM seen LEFT JOIN bucket ON @bucket AND age BETWEEN low AND high
                GROUP BY day, 2, high, CASE WHEN NOT @bucket THEN age END
                ORDER BY day, high, CASE WHEN NOT @bucket THEN age END
                """,
        };

    private static string Components(string column, string form) =>
        $"""
            WITH {Seen},
            component AS (
              SELECT p.day, c.name AS component, coalesce(substring(c.version FROM '{form}'), c.version) AS version
              FROM persistent AS p JOIN pulpanalytics_component AS c ON c.system_id = p.id
              WHERE @component = '' OR c.name = @component)
            SELECT day, component, version AS {column}, count(*) AS systems
            FROM component GROUP BY day, component, component.version ORDER BY day, component COLLATE "C", {VersionOrder.Replace(
                "version",
                "component.version",
                StringComparison.Ordinal
            )}
            """;
}
