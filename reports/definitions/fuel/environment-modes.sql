/*---
title: Modes of environments
asks: Are environments deployed for high availability?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: mode, y: environments}
columns:
  mode: {is: "ha_compact keeps several controllers, multinode one"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    coalesce(nullIf(lower(e.mode), ''), 'unknown') AS mode
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
)
SELECT
  mode,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM environment
GROUP BY mode
ORDER BY environments DESC, mode
