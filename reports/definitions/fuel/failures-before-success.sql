/*---
title: Failed deployments before the first success
asks: How often does a deployment fail before an environment is deployed for the first time?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which deployments started}
  to: {type: Date, default: today, is: the day before which they started}
  release: {type: String, default: '', is: "a release of the installer, or unknown; empty means all"}
columns:
  environments: {format: integer, is: those that reached a successful deployment}
  avg_failures: {title: Failures on average, format: decimal(2), is: failed deployments of such an environment before its first success}
  max_failures: {title: Failures at most, format: integer}
  never_succeeded: {title: Never succeeded, format: integer, is: environments whose deployments all failed}
---*/
WITH deployment AS (
  SELECT
    a.installation_uid AS installation_uid,
    a.environment_id AS environment_id,
    a.status AS status,
    sum(CASE WHEN a.status = 'error' THEN 1 ELSE 0 END) OVER (
      PARTITION BY a.installation_uid, a.environment_id
      ORDER BY a.started_at, a.operation_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS failures_so_far
  FROM fuel_deployment_counted AS a
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = a.installation_uid
  WHERE a.environment_id IS NOT NULL
    AND a.started_at >= {from:DateTime('UTC')}
    AND a.started_at < {to:DateTime('UTC')}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
),
environment AS (
  SELECT
    installation_uid,
    environment_id,
    -- The count never falls, so its least value at a success is that at the first one; NULL where there is none.
    minIf(failures_so_far, status = 'ready') AS failures,
    countIf(status = 'error') AS failed
  FROM deployment
  GROUP BY installation_uid, environment_id
)
SELECT
  count(failures) AS environments,
  avg(failures) AS avg_failures,
  max(failures) AS max_failures,
  countIf(failures IS NULL AND failed > 0) AS never_succeeded
FROM environment
ORDER BY environments
