/*---
title: Operating systems of environments
asks: Which operating systems do environments in use run on?
shared: installer
params:
  release:
chart: {type: bar, x: os, y: environments}
public:
  {of: environment, site: installation_uid, heard: fuel_installation_heard, group: os, sites: installations, min_group: 5, min_age: 30d, round_to: 5,
   cap: {environments: 10}, share: {share: environments}}
columns:
  os: {title: Operating system}
  environments: {format: integer, is: "environments that are operational or in error"}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    coalesce(nullIf(lower(e.os), ''), 'unknown') AS os
  FROM fuel_environment_current AS e
  WHERE lower(e.status) IN ('operational', 'error')
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
)
SELECT
  os,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM environment
GROUP BY os
ORDER BY environments DESC, os
