/*---
title: Failed deployments before the first success
asks: How often does a deployment fail before an environment is deployed for the first time?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which deployments started}
  to: {type: Date, default: today, is: the day before which they started}
  release:
columns:
  environments: {format: integer, is: those that reached a successful deployment}
  avg_failures: {title: Failures on average, format: decimal(2), is: failed deployments of such an environment before its first success}
  max_failures: {title: Failures at most, format: integer}
  never_succeeded: {title: Never succeeded, format: integer, is: environments whose deployments all failed}
---*/
WITH environment AS (
  SELECT
    installation_uid,
    environment_id,
    count_before(in_order(started_at, operation_id), status = 'error', status = 'ready') AS failures,
    countIf(status = 'error') AS failed
  FROM fuel_deployment_counted
  WHERE environment_id IS NOT NULL
    AND started_at >= {from:DateTime('UTC')}
    AND started_at < {to:DateTime('UTC')}
  GROUP BY installation_uid, environment_id
)
SELECT
  count(e.failures) AS environments,
  avg(e.failures) AS avg_failures,
  max(e.failures) AS max_failures,
  countIf(e.failures IS NULL AND e.failed > 0) AS never_succeeded
FROM environment AS e
LEFT JOIN fuel_installation_current AS i ON i.installation_uid = e.installation_uid
WHERE {release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String}
ORDER BY environments
