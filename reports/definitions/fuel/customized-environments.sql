/*---
title: Customised environments
asks: In how many environments did the site change the deployment itself?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: customized, y: environments}
columns:
  customized: {is: "whether the site changed the deployment's own files; unknown where it didn't say"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    CASE WHEN e.is_customized THEN 'yes' WHEN NOT e.is_customized THEN 'no' ELSE 'unknown' END AS customized
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
)
SELECT
  customized,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM environment
GROUP BY customized
ORDER BY environments DESC, customized
