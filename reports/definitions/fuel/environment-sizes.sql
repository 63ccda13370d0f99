/*---
title: Sizes of environments
asks: How many nodes do environments in use have?
shared: installer
params:
  release:
chart: {type: bar, x: size, y: environments}
columns:
  size: {is: number of nodes}
  environments: {format: integer, is: "environments that are operational or in error"}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    coalesce(e.nodes, e.nodes_sent) AS nodes
  FROM fuel_environment_current AS e
  WHERE lower(e.status) IN ('operational', 'error')
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
),
sized AS (
  SELECT
    installation_uid,
    CASE WHEN nodes < 1 THEN 0 WHEN nodes < 5 THEN 1 WHEN nodes < 10 THEN 5 WHEN nodes < 20 THEN 10 WHEN nodes < 50 THEN 20
      WHEN nodes < 100 THEN 50 ELSE 100 END AS least
  FROM environment
)
SELECT
  CASE least WHEN 0 THEN '0' WHEN 1 THEN '1–4' WHEN 5 THEN '5–9' WHEN 10 THEN '10–19' WHEN 20 THEN '20–49'
    WHEN 50 THEN '50–99' ELSE '100+' END AS size,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM sized
GROUP BY least
ORDER BY least
