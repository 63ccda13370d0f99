/*---
title: Hypervisors of environments
asks: Which hypervisors do environments in use run on?
shared: installer
params:
  release:
chart: {type: bar, x: hypervisor, y: environments}
columns:
  hypervisor: {is: "in lower case; unknown where the site named none"}
  environments: {format: integer, is: "environments that are operational or in error"}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    coalesce(nullIf(lower(e.hypervisor), ''), 'unknown') AS hypervisor
  FROM fuel_environment_current AS e
  WHERE lower(e.status) IN ('operational', 'error')
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
)
SELECT
  hypervisor,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM environment
GROUP BY hypervisor
ORDER BY environments DESC, hypervisor
